"""What the renderers say, in French and in English: words, signs, verdicts, dates, colons.

The words themselves are in `words_fr` and `words_en`, with the same keys.
"""

from __future__ import annotations

import re
from typing import Any

from ess_observatory.words import english as words_en
from ess_observatory.words import french as words_fr
from ess_observatory.words.numbers import is_plural

LANGUAGES = ("fr", "en")
_STATUS_ALIASES = {
    "pass": "ok",
    "passed": "ok",
    "true": "ok",
    "warn": "warning",
    "fail": "failed",
    "false": "failed",
}


def _words(lang: str) -> Any:
    return words_en if lang == "en" else words_fr


def labels(lang: str) -> dict[str, str]:
    """Words of the interface in `lang` ('fr' or 'en')."""
    words: dict[str, str] = _words(lang).INTERFACE
    return words


def workbook_labels(lang: str) -> dict[str, Any]:
    """Words of the workbook, names of its sheets included."""
    words: dict[str, Any] = _words(lang).WORKBOOK
    return words


def unit_word(unit: str, lang: str) -> str:
    """A unit in that language; an unknown one stays as it is."""
    return str(_words(lang).UNITS.get(unit, unit))


def banner(manifest: dict[str, Any], lang: str) -> str:
    """The warning of a synthetic edition, without « Données synthétiques », which is printed before it."""
    declared = manifest.get("banner") if lang == "fr" else manifest.get(f"banner_{lang}")
    text = str(declared or labels(lang)["synthetic_text"])
    rest = re.sub(rf"^{labels(lang)['synthetic']}\s*[:.–-]\s*", "", text, flags=re.IGNORECASE)
    return rest[:1].upper() + rest[1:]


def date_words(value: object, lang: str) -> str:
    """« mai 2012 » for 2012-05, « 3 mai 2012 » for 2012-05-03; other texts as they are."""
    found = re.fullmatch(r"(\d{4})-(\d{2})(?:-(\d{2}))?", str(value or ""))
    if not found:
        return str(value or "")
    year, month, day = found[1], int(found[2]), int(found[3] or 0)
    if not 1 <= month <= 12:
        return str(value)
    name = _words(lang).MONTHS[month - 1]
    first = ("1er" if day == 1 and lang == "fr" else str(day)) if day else ""
    return f"{first} {name} {year}".strip().replace(" ", "\u00a0")


def colon(lang: str) -> str:
    """The colon after a label: « Source : » in French (hard space before), 'Source:' in English."""
    return ": " if lang == "en" else "\u00a0: "


def sign_meanings(lang: str, manifest: dict[str, Any] | None = None) -> dict[str, str]:
    """Meaning of each sign; what the manifest declares (`signs`, or `signs_en`) wins."""
    declared = (manifest or {}).get("signs" if lang == "fr" else f"signs_{lang}")
    return {**_words(lang).SIGNS, **(declared or {})}


def verdict_label(verdict: str | None, lang: str) -> str:
    """A replication verdict in words."""
    return str(_words(lang).VERDICTS.get(verdict or "", verdict or ""))


def plural(word: str, count: int) -> str:
    """The word, French or English, as it stands after a number."""
    lang = "en" if word in words_en.PLURALS else "fr"
    return _words(lang).PLURALS.get(word, word) if is_plural(count, lang) else word


def status_key(status: object) -> str:
    """'ok', 'warning', 'failed' or 'info' for whatever word a check carries."""
    word = str(status).casefold()
    word = _STATUS_ALIASES.get(word, word)
    return word if word in words_fr.STATUSES else "info"


def status_label(status: object, lang: str) -> str:
    """The result of a check in words."""
    return str(_words(lang).STATUSES[status_key(status)])
