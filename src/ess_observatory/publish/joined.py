"""A sentence that joins figures says what each is about: two dates, or two bases of the survey, are both written.

While a text is filled, each figure stands between marks (`marked`). Then each sentence is read: where its figures have not one
date, or name a year that is not theirs, or rest on several bases, what is not said yet is added at its end: « (6 092 : 2009) »,
« (72 % : base 57 ; 69 % : base 42) ». In the main points, that are read apart from any table, each figure says it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ess_observatory.words.dates import dates_words

#: Around a figure in a text that is being filled: its id, then what is printed of it.
_OPEN, _THEN, _SHUT = "\ue000", "\ue001", "\ue002"
_FIGURE = re.compile(f"{_OPEN}(.*?){_THEN}(.*?){_SHUT}", re.DOTALL)
_SENTENCE = re.compile(r"(?<=[.!?…])(?=\s)")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_END = re.compile(r"[\s.!?…]*\Z")
#: A line of the key figures, each of which prints its own source and date.
_LINE = " | "
_WORDS = {
    "fr": (" : ", " ; ", "base", "réponses", " et "),
    "en": (": ", "; ", "base", "answers", " and "),
}


@dataclass(frozen=True)
class Known:
    """What a sentence may have to say of a figure: its dates, and the answers that it rests on.

    `counted`: the number of structures that the figure itself is, which says the base of the others; `is_all`: all the answers.
    """

    dates: tuple[str, ...] = ()
    base: int | None = None
    counted: int | None = None
    is_all: bool = False


def marked(figure_id: str, printed: str) -> str:
    """A printed figure that can be told in its sentence."""
    return f"{_OPEN}{figure_id}{_THEN}{printed}{_SHUT}"


def plain(text: str) -> str:
    """A text without the marks of its figures."""
    return _FIGURE.sub(r"\2", text)


class Joined:
    """Says, in the sentences of one language, what their figures are about."""

    def __init__(self, known: Mapping[str, Known], reference: str, lang: str = "fr") -> None:
        """`reference`: the reference date of the edition, which the main points begin with."""
        self.known, self.reference, self.lang = known, reference, lang
        self.colon, self.then, self.base, self.answers, self.both = _WORDS[lang]

    def said(self, text: str, each: bool = False) -> str:
        """The text without marks, its sentences completed; `each`: as in the main points, every figure says it."""
        return "".join(self._sentence(sentence, each) for sentence in _SENTENCE.split(text))

    def _sentence(self, sentence: str, each: bool) -> str:
        found = [
            (self.known[name], printed)
            for name, printed in _FIGURE.findall(sentence)
            if name in self.known and printed
        ]
        filled = plain(sentence)
        if not found or _LINE in filled:
            return filled
        years = set(_YEAR.findall(_FIGURE.sub("", sentence)))
        told = self._dates(found, years, each) + self._bases(found, each)
        if not told:
            return filled
        end = _END.search(filled)
        at = end.start() if end else len(filled)
        return f"{filled[:at]} ({self.then.join(told)}){filled[at:]}"

    def _dates(self, found: list[tuple[Known, str]], years: set[str], each: bool) -> list[str]:
        dated = [(known.dates, printed) for known, printed in found if known.dates]
        distinct = {dates for dates, _ in dated}
        if not (each or years or len(distinct) > 1):
            return []
        unsaid: dict[tuple[str, ...], list[str]] = {}
        for dates, printed in dated:
            if any(date[:4] not in years and not (each and date == self.reference) for date in dates):
                unsaid.setdefault(dates, []).append(printed)
        if len(distinct) == 1:
            return [dates_words(dates, self.lang) for dates in unsaid]
        return [
            f"{self._listed(printed)}{self.colon}{dates_words(dates, self.lang)}"
            for dates, printed in unsaid.items()
        ]

    def _bases(self, found: list[tuple[Known, str]], each: bool) -> list[str]:
        resting = [(known.base, printed) for known, printed in found if known.base is not None]
        bases = {base for base, _ in resting}
        counted = {known.counted for known, _ in found}
        if not (each or len(bases) > 1 or any(known.is_all for known, _ in found)):
            return []
        unsaid: dict[int, list[str]] = {}
        for base, printed in resting:
            if base not in counted:
                unsaid.setdefault(base, []).append(printed)
        if len(bases) == 1 and len(resting) == len(found):
            return [f"{self.base}{self.colon}{base} {self.answers}" for base in unsaid]
        return [f"{self._listed(printed)}{self.colon}{self.base} {base}" for base, printed in unsaid.items()]

    def _listed(self, printed: list[str]) -> str:
        *first, last = dict.fromkeys(printed)
        return self.both.join(filter(None, (", ".join(first), last)))
