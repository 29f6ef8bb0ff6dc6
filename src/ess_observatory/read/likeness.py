"""Are two headers alike? By what their words mean (`rules/header_words.toml`), never by their letters alone.

« Effectifs 2026 » and « Effectifs 2006 » differ by one letter and by twenty years: numbers are part of the meaning. A label is not a
code. What is found here is a proposal: whoever makes one holds it against the values too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from ess_observatory.read.headers import YEARS, normalise

_YEAR = re.compile("|".join(map(re.escape, YEARS)))

#: `same`: the same words; `near`: one says a word more; `series`: the same words for another year or rank.
Likeness = Literal["same", "near", "series"]


@dataclass(frozen=True)
class Meaning:
    """What a header says: its significant words, what kind of column it is (code, label…), its numbers."""

    words: frozenset[str]
    kinds: frozenset[str]
    numbers: frozenset[str]


class HeaderWords:
    """The declared words of headers, ready to be compared."""

    def __init__(
        self,
        idle: Iterable[str] = (),
        kinds: Iterable[str] = (),
        same: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        self.idle, self.kinds = frozenset(idle), frozenset(kinds)
        phrases = {
            " ".join(map(_stem, normalise(phrase).split())): meaning
            for meaning, known in (same or {}).items()
            for phrase in known
        }
        self._phrases = sorted(phrases.items(), key=lambda item: -len(item[0].split()))

    def meaning(self, header: str) -> Meaning:
        """What a header says."""
        split = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])", " ", _YEAR.sub(" ", header))
        text = f" {' '.join(map(_stem, normalise(split).split()))} "
        for phrase, meaning in self._phrases:
            text = text.replace(f" {phrase} ", f" {meaning} ")
        words = frozenset(text.split()) - self.idle
        numbers = frozenset(word for word in words if any(char.isdigit() for char in word))
        return Meaning(words - numbers - self.kinds, words & self.kinds, numbers)

    def likeness(self, header: str, other: str) -> Likeness | None:
        """How alike two headers are, None when they are not."""
        mine, its = self.meaning(header), self.meaning(other)
        if not mine.words or not its.words or (mine.kinds and its.kinds and mine.kinds != its.kinds):
            return None
        if mine.numbers != its.numbers:
            return "series" if mine.words == its.words and mine.numbers and its.numbers else None
        if mine.words == its.words:
            return "same" if mine.kinds == its.kinds else "near"
        left, other_left = mine.words - its.words, its.words - mine.words
        misspelt = len(left) == len(other_left) and all(_is_misspelt(word, other_left) for word in left)
        return "near" if not left or not other_left or misspelt else None


def _is_misspelt(word: str, known: frozenset[str]) -> bool:
    return len(word) > 4 and bool(get_close_matches(word, known, n=1, cutoff=0.85))


def _stem(word: str) -> str:
    """A word without the mark of its plural."""
    return word[:-1] if len(word) > 3 and word[-1] in "sx" and not word.isdigit() else word
