"""Whether a figure of two editions is the same figure, counted the same way in the same place; if not, why."""

from __future__ import annotations

import re
from typing import NamedTuple

from ess_observatory.declare.breaks import Breaks
from ess_observatory.declare.commune_moves import CommuneMoves
from ess_observatory.publish.comparison import REASON_BREAK, break_between
from ess_observatory.publish.snapshot import Entry, Snapshot

#: A year in a label: a row may be named after the year that it is about.
YEAR = re.compile(r"\b(?:19|20)\d\d\b")
#: How what an edition was read from stands to what the former one was.
NEWER, OLDER, SAME_VINTAGE, SAME_FILES = "newer", "older", "same_vintage", "same_files"


class Reason(NamedTuple):
    """Why figures do not compare, in French and in English."""

    fr: str
    en: str


_OTHER_CONCEPT = Reason(
    "le chiffre ne compte plus la même chose", "the figure no longer counts the same thing"
)
_OTHER_WORDS = Reason(
    "le libellé du chiffre n’est plus le même", "the words of the figure are no longer the same"
)


def apart(a: Snapshot, b: Snapshot, moves: CommuneMoves) -> Reason | None:
    """Why nothing of two editions compares."""
    if a.is_synthetic != b.is_synthetic:
        return Reason(
            "une seule des deux éditions est synthétique", "only one of the two editions is synthetic"
        )
    if not (a.perimeter and a.files):
        return Reason(
            "l’édition précédente ne dit ni son périmètre ni ses sources",
            "the previous edition states neither its perimeter nor its sources",
        )
    if not (a.communes and b.communes):
        if a.territory == b.territory:
            return None
        return Reason(
            "les communes de l’édition précédente ne sont pas connues",
            "the municipalities of the previous edition are not known",
        )
    brought = {moves.became(code, b.communes) or code for code in a.communes}
    back = {code for code in b.communes - brought if moves.restored.get(code) in a.communes}
    if brought | back == b.communes:
        return None
    sizes = len(a.communes), len(b.communes)
    if sizes[0] != sizes[1]:
        return Reason(
            f"le territoire n’est plus le même : {sizes[0]} communes, puis {sizes[1]}",
            f"the territory is no longer the same: {sizes[0]} municipalities, then {sizes[1]}",
        )
    return Reason("le territoire n’est plus le même", "the territory is no longer the same")


def broken(a: Snapshot, b: Snapshot, before: Entry, after: Entry, breaks: Breaks) -> list[Reason]:
    told = break_between(a, b, before, after, breaks)
    if told:
        return [worded(a, b, text, breaks) for text in told.split(REASON_BREAK)]
    if (
        before.concept
        and after.concept
        and (before.figure_id != after.figure_id or before.concept != after.concept)
    ):
        return [] if before.concept == after.concept else [_OTHER_CONCEPT]
    if before.table_id != after.table_id or _words(before) != _words(after):
        return [_OTHER_WORDS]
    return []


def _words(entry: Entry) -> tuple[str, str]:
    """Its labels, years aside: a row may be named after the year that it is about."""

    def plain(text: str) -> str:
        return " ".join(YEAR.sub("", text).split()).casefold()

    return plain(entry.row_label), plain(entry.column_label)


def worded(a: Snapshot, b: Snapshot, text: str, breaks: Breaks) -> Reason:
    """A reason in both languages; one that no declaration words names the sources by their labels."""
    if text in breaks.english:
        return Reason(text, breaks.english[text])
    labels = a.labels | b.labels
    fr, en = (
        re.sub(r"\w+", lambda word, rank=rank: labels.get(word[0], (word[0],) * 2)[rank], text)  # type: ignore[misc]
        for rank in (0, 1)
    )
    if text in breaks.reasons:
        return Reason(text, text)
    for word, twin in (("périmètre : ", "perimeter: "), ("unité : ", "unit: "), ("sources : ", "sources: ")):
        if en.startswith(word):
            return Reason(fr, (twin + en.removeprefix(word)).replace(" puis ", " then "))
    return Reason(fr, "declared break in series")


def twin_of(a: Snapshot, after: Entry) -> Entry | None:
    """The figure of `a` that is this one: of the same id, unless another counts what this one counts."""
    same = a.entries.get(after.figure_id)
    if after.concept is None or (same and same.concept in (None, after.concept)):
        return same
    return next((entry for entry in a.entries.values() if entry.concept == after.concept), same)


def age(a: Snapshot, b: Snapshot, before: Entry, after: Entry) -> str:
    """How what a figure of `b` was read from stands to what that of `a` was, of the sources that both have.

    One older vintage is enough to refuse; figures about the same day or year are of the same vintage.
    """
    ages = set()
    for source in (before.sources | after.sources) & a.files.keys() & b.files.keys():
        former, later = a.vintages.get(source), b.vintages.get(source)
        if a.files[source] == b.files[source]:
            ages.add(SAME_FILES)
        elif former is None or later is None:
            ages.add(NEWER if b.year > a.year else SAME_VINTAGE)
        else:
            ages.add(NEWER if later > former else OLDER if later < former else SAME_VINTAGE)
    if OLDER not in ages and before.date and before.date == after.date:
        return SAME_FILES if ages <= {SAME_FILES} else SAME_VINTAGE
    return next((age for age in (OLDER, NEWER, SAME_VINTAGE, SAME_FILES) if age in ages), SAME_VINTAGE)


def older(a: Snapshot, b: Snapshot, sources: frozenset[str]) -> Reason:
    late = [
        s
        for s in sorted(sources & a.files.keys() & b.files.keys())
        if (b.vintages.get(s) or 0) < (a.vintages.get(s) or 0)
    ]
    fr, en = (
        " ; ".join(f"{b.labels[s][rank]} {link} {a.labels[s][rank]}" for s in late)
        for rank, link in enumerate(("après", "after"))
    )
    return Reason(
        f"millésime antérieur à celui de l’édition précédente ({fr})",
        f"vintage older than that of the previous edition ({en})",
    )
