"""A sentence that joins figures says what each is about: two dates, or two bases of the survey, are both written.

While a text is filled, each figure stands between marks (`marked`). Then each sentence is read: where its figures have not one
date, or name a year that is not theirs, or rest on several bases, what is not said yet is added where it belongs, at the end of
the words that the figure counts: « 449 établissements (31 décembre 2011), 6 092 postes (2009) ». In the main points, that are read
apart from any table, each figure says it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ess_observatory.words.dates import dates_words
from ess_observatory.words.numbers import is_plural

#: Around a figure in a text that is being filled: its id, then what is printed of it.
_OPEN, _THEN, _SHUT = "\ue000", "\ue001", "\ue002"
_FIGURE = re.compile(f"{_OPEN}(.*?){_THEN}(.*?){_SHUT}", re.DOTALL)
_SENTENCE = re.compile(r"(?<=[.!?…])(?=\s)")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_END = re.compile(r"[\s.!?…]*\Z")
#: Where the words that a figure counts may end before the next figure, the likeliest first: a parenthesis that shuts or opens, a
#: stop, a comma, a word that joins right before the figure.
_ENDS = (
    re.compile(r"(?P<shut>)\)|(?P<open>)\s*\((?=[^()]*\Z)"),
    re.compile(r"\s*[;:](?=\s)|,(?=\s)"),
    re.compile(r"\s(?=(?:et|and|sur|out of|mais|but|contre|against)\s(?:\S+\s){0,2}\Z)"),
)
#: Where they end after the last figure, when not with the sentence.
_LAST = re.compile(r"(?P<shut>)\)|\s*[;:](?=\s)")
#: A line of the key figures, each of which prints its own source and date.
_LINE = " | "
_WORDS = {
    "fr": (" : ", " ; ", "base", "réponse", "réponses"),
    "en": (": ", "; ", "base", "answer", "answers"),
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


@dataclass(frozen=True)
class _Said:
    """A figure in a sentence without marks: from where to where it is printed."""

    known: Known
    start: int
    end: int


class Joined:
    """Says, in the sentences of one language, what their figures are about."""

    def __init__(self, known: Mapping[str, Known], reference: str, lang: str = "fr") -> None:
        """`reference`: the reference date of the edition, which the main points begin with."""
        self.known, self.reference, self.lang = known, reference, lang
        self.colon, self.then, self.base, self.answer, self.answers = _WORDS[lang]

    def said(self, text: str, each: bool = False) -> str:
        """The text without marks, its sentences completed; `each`: as in the main points, every figure says it."""
        return "".join(self._sentence(sentence, each) for sentence in _SENTENCE.split(text))

    def _sentence(self, sentence: str, each: bool) -> str:
        found, filled = self._found(sentence)
        if not found or _LINE in filled:
            return filled
        years = set(_YEAR.findall(_FIGURE.sub("", sentence)))
        dates, bases = self._dates(found, years, each), self._bases(found, each)
        notes = [self.then.join(filter(None, both)) for both in zip(dates, bases, strict=True)]
        end = _END.search(filled)
        stop = end.start() if end else len(filled)
        for rank in reversed(range(len(found))):
            last = rank == len(found) - 1
            if notes[rank] and (last or notes[rank] != notes[rank + 1]):
                after = found[rank].end
                alone = not any(note for note in notes if note != notes[rank])
                until = stop if last else found[rank + 1].start
                filled = self._added(filled, notes[rank], after, until, last, alone)
        return filled

    def _found(self, sentence: str) -> tuple[list[_Said], str]:
        """The figures of a sentence that something is known of, and the sentence without marks."""
        found, filled, done = [], "", 0
        for match in _FIGURE.finditer(sentence):
            filled += sentence[done : match.start()]
            known = self.known.get(match[1])
            if known and match[2] and (known.dates or known.base is not None or known.counted is not None):
                found.append(_Said(known, len(filled), len(filled) + len(match[2])))
            filled += match[2]
            done = match.end()
        return found, filled + sentence[done:]

    def _added(self, filled: str, note: str, after: int, until: int, last: bool, alone: bool) -> str:
        """A sentence in which a note follows the words that a figure counts: after it, and before the next one or the end."""
        gap = filled[after:until]
        if not last:
            for pattern in _ENDS:
                if ends := list(pattern.finditer(gap)):
                    at = after + ends[-1].start()
                    if ends[-1].groupdict().get("shut") is not None:
                        return f"{filled[:at]}, {note}{filled[at:]}"
                    if ends[-1].groupdict().get("open") is not None:
                        inside = after + ends[-1].end()
                        return f"{filled[:inside]}{note}{self.then}{filled[inside:]}"
                    return f"{filled[:at]} ({note}){filled[at:]}"
            return f"{filled[:after]} ({note}){filled[after:]}"
        ends_here = None if alone and ")" not in gap else _LAST.search(gap)
        at = after + ends_here.start() if ends_here else until
        if filled[:at].count("(") > filled[:at].count(")"):
            return f"{filled[:at]}, {note}{filled[at:]}"
        return f"{filled[:at]} ({note}){filled[at:]}"

    def _dates(self, found: list[_Said], years: set[str], each: bool) -> list[str]:
        """For each figure, its dates if they are to be said."""
        distinct = {said.known.dates for said in found if said.known.dates}
        if not (each or years or len(distinct) > 1):
            return [""] * len(found)
        return [
            dates_words(said.known.dates, self.lang)
            if any(
                date[:4] not in years and not (each and date == self.reference) for date in said.known.dates
            )
            else ""
            for said in found
        ]

    def _bases(self, found: list[_Said], each: bool) -> list[str]:
        """For each figure, the answers that it rests on if they are to be said."""
        bases = {said.known.base for said in found if said.known.base is not None}
        counted = {said.known.counted for said in found}
        if not (each or len(bases) > 1 or any(said.known.is_all for said in found)):
            return [""] * len(found)
        return [
            ""
            if said.known.base is None or said.known.base in counted
            else f"{self.base}{self.colon}{said.known.base} {self._answers(said.known.base)}"
            for said in found
        ]

    def _answers(self, base: int) -> str:
        return self.answers if is_plural(base, self.lang) else self.answer
