"""The spacing and apostrophes of prose, in French and in English."""

from __future__ import annotations

import re
from collections.abc import Callable


def typography(lang: str) -> Callable[[str], str]:
    """The spacing and apostrophes of prose in a language."""
    return (lambda text: glued(french(text))) if lang == "fr" else english


def english(text: str) -> str:
    """English needs typographic apostrophes only."""
    return re.sub(r"(?<=\w)'(?=\w)", "’", text)


def french(text: str) -> str:
    """French spacing: hard spaces before : % € and inside « », narrow ones before ; ! ?, typographic apostrophes."""
    text = re.sub(r"(?<=\w)'(?=\w)", "’", text)
    text = re.sub(r"«[ \u00a0\u202f]?", "«\u00a0", text)
    text = re.sub(r"[ \u00a0\u202f]?»", "\u00a0»", text)
    text = re.sub(r" (?=[:%€](?:\s|$|[.,)]))", "\u00a0", text)
    return re.sub(r"[ \u00a0](?=[;!?](?:\s|$))", "\u202f", text)


def glued(text: str) -> str:
    """Prose whose numbers never end a line: a hard space between a number and the word that it counts."""
    return re.sub(r"(?<=\d) (?=[^\W\d_])", "\u00a0", text)
