"""What of two editions may be compared, and what of that has moved: the same measure of the same place, counted the same way.

Only figures that both publications show are looked at, so that nothing hidden can be worked out. A figure is compared when its
words, its unit, its sources and its perimeter are the same, when its source has a newer vintage, and when the territory has kept
its communes. One that was worked out again from the same vintage is revised; it has not evolved. An estimate of the survey has
moved when its interval leaves that of the former one: as it was published, a reader can check it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ess_observatory.declare.breaks import Breaks
from ess_observatory.declare.commune_moves import CommuneMoves
from ess_observatory.publish.comparable import (
    NEWER,
    OLDER,
    SAME_FILES,
    YEAR,
    Reason,
    age,
    apart,
    broken,
    older,
    twin_of,
)
from ess_observatory.publish.comparison import break_between
from ess_observatory.publish.snapshot import Entry, Snapshot
from ess_observatory.words.numbers import round_half_up

#: From this value on, a change is also said in per cent.
RELATIVE_FROM = 30
_HEADLINES = "0"
_UNRELIABLE = "U"


_WORKED_OUT_AGAIN = Reason(
    "autre calcul sur les mêmes fichiers que l’édition précédente",
    "worked out otherwise from the same files as the previous edition",
)
_NO_MARGIN = Reason(
    "résultats de l’enquête sans marge d’erreur, ou sur une base trop étroite",
    "survey results without a margin of error, or on too small a base",
)


@dataclass(frozen=True)
class Moved:
    """A figure that both editions show, with two values."""

    before: Entry
    after: Entry

    @property
    def values(self) -> tuple[float, float]:
        """Both values as they are printed."""
        return _printed(self.before, self.after), _printed(self.after, self.after)

    @property
    def difference(self) -> float:
        """After minus before, of the printed values."""
        before, after = self.values
        return float(round_half_up(after - before, self.after.decimals))

    @property
    def relative(self) -> float | None:
        """The difference in per cent of the former value; None for a percentage, and where that value is small."""
        before, _ = self.values
        return None if self.after.unit == "%" or before < RELATIVE_FROM else 100 * self.difference / before

    @property
    def is_estimate(self) -> bool:
        """Whether it comes with a margin of error."""
        return self.after.interval is not None


@dataclass
class Evolutions:
    """What two editions say together. `apart`: why nothing of them compares, when nothing does.

    `moved`: in order of importance. `compared`: how many figures were. `within`: estimates that stay in their margin of error.
    `broken`: reason → numbers of the tables. `kept`: sources whose files are those of the former edition. `revised`: figures of a
    day, a year or a vintage that was already published, with another value. `extremes`: of the rows that are counted in the unit of
    the first headline, the one that rose the most and the one that fell the most, where a single one did. `added`, `dropped`: numbers
    of the tables that only the later edition has, or only the former.
    """

    apart: Reason | None = None
    moved: list[Moved] = field(default_factory=list)
    compared: int = 0
    within: int = 0
    broken: dict[Reason, list[str]] = field(default_factory=dict)
    kept: dict[str, None] = field(default_factory=dict)
    revised: list[Moved] = field(default_factory=list)
    extremes: list[Moved] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)


def evolutions(
    a: Snapshot,
    b: Snapshot,
    breaks: Breaks,
    moves: CommuneMoves,
    key_figures: Sequence[str] = (),
    surveys: frozenset[str] = frozenset(),
) -> Evolutions:
    """What `b` says since `a`: headlines and key figures first, then totals, then estimates of the survey.

    `key_figures`: ids of `b`; `surveys`: ids of the sources that are surveys.
    """
    found = Evolutions(apart=apart(a, b, moves))
    if found.apart:
        return found
    chosen = dict.fromkeys(
        [figure for figure, entry in b.entries.items() if entry.chapter == _HEADLINES] + list(key_figures)
    )
    totals, estimates = [], []
    for figure, entry in b.entries.items():
        if figure in chosen or not entry.chapter.isdigit():
            continue
        if entry.interval is not None:
            estimates.append(figure)
        elif entry.row_kind == "total" and not (entry.sources and entry.sources <= surveys):
            totals.append(figure)
    first = list(_compared(found, a, b, breaks, chosen))
    others = list(_compared(found, a, b, breaks, dict.fromkeys(totals)))
    guessed = list(_compared(found, a, b, breaks, dict.fromkeys(estimates)))
    certain = [pair for pair in [*first, *others] if not pair.is_estimate or _beyond(pair) > 1]
    sure = sorted((pair for pair in guessed if _beyond(pair) > 1), key=_beyond, reverse=True)
    found.compared = len(first) + len(others) + len(guessed)
    found.within = sum(pair.is_estimate for pair in [*first, *others, *guessed])
    found.within -= sum(pair.is_estimate for pair in certain) + len(sure)
    moved = [pair for pair in certain if pair.difference]
    head = [pair for pair in moved if pair.after.figure_id in chosen]
    rest = sorted((pair for pair in moved if pair not in head), key=lambda pair: -abs(pair.relative or 0))
    found.moved = _once([*head, *rest, *sure])
    found.revised = _once([*found.revised, *_revised_years(a, b, breaks)])
    found.extremes = _extremes(a, b, breaks, chosen)
    found.added, found.dropped = _only_in(b, a), _only_in(a, b)
    return found


def _extremes(a: Snapshot, b: Snapshot, breaks: Breaks, chosen: Iterable[str]) -> list[Moved]:
    """The row that rose the most, and the one that fell the most, of those that compare and count what the first headline counts."""
    unit = next((b.entries[figure].unit for figure in chosen if figure in b.entries), "")
    rows = {
        figure: None
        for figure, entry in b.entries.items()
        if (entry.row_kind, entry.unit) == ("data", unit)
        and entry.chapter not in ("", _HEADLINES)
        and entry.interval is None
        and entry.base_n is None
        and not YEAR.search(entry.row_label)
    }
    moved: dict[str, Moved] = {}
    for pair in _compared(Evolutions(), a, b, breaks, rows):
        known = moved.get(pair.after.row_label)
        if known is None or abs(pair.difference) > abs(known.difference):
            moved[pair.after.row_label] = pair
    found = []
    for sign in (1, -1):
        ranked = sorted(moved.values(), key=lambda pair: -sign * pair.difference)
        if len(ranked) > 1 and sign * ranked[0].difference > max(0, sign * ranked[1].difference):
            found.append(ranked[0])
    return found


def _only_in(one: Snapshot, other: Snapshot) -> list[str]:
    """Numbers of the tables of an edition that the other does not have, in order; those of method are left out."""
    known = {entry.table_id for entry in other.entries.values()}
    return list(
        dict.fromkeys(
            e.table_number for e in one.entries.values() if e.chapter.isdigit() and e.table_id not in known
        )
    )


def _compared(
    found: Evolutions, a: Snapshot, b: Snapshot, breaks: Breaks, figures: dict[str, None]
) -> Iterator[Moved]:
    """The figures that compare; those that do not are told in `found`, with the reason."""
    for figure in figures:
        after = b.entries.get(figure)
        before = twin_of(a, after) if after else None
        if not (before and after and before.is_shown and after.is_shown):
            continue
        if after.table_id in breaks.not_compared:
            continue
        if reasons := broken(a, b, before, after, breaks):
            _tell(found, reasons, after)
            continue
        standing = age(a, b, before, after)
        pair = Moved(before, after)
        if standing == OLDER:
            _tell(found, [older(a, b, after.sources)], after)
        elif standing == SAME_FILES and not pair.difference:
            found.kept |= dict.fromkeys(sorted(after.sources & a.files.keys() & b.files.keys()))
        elif standing == SAME_FILES and not before.date:
            _tell(found, [_WORKED_OUT_AGAIN], after)
        elif standing != NEWER:
            found.revised += [pair] if pair.difference else []
        elif _has_no_margin(before, after):
            _tell(found, [_NO_MARGIN], after)
        else:
            yield pair


def _tell(found: Evolutions, reasons: Sequence[Reason], figure: Entry) -> None:
    for reason in reasons:
        tables = found.broken.setdefault(reason, [])
        if figure.table_number not in tables:
            tables.append(figure.table_number)


def _has_no_margin(before: Entry, after: Entry) -> bool:
    """Whether it is a result of the survey that no margin of error goes with, or one too thin to be relied on."""
    if _UNRELIABLE in (before.obs_status, after.obs_status):
        return True
    both = before.interval is not None and after.interval is not None
    one = before.interval is not None or after.interval is not None
    return not both and (one or before.base_n is not None or after.base_n is not None)


def _beyond(pair: Moved) -> float:
    """The difference of two estimates over both margins of error: more than 1 when their intervals have nothing in common."""
    x, y = pair.before.value, pair.after.value
    former, later = pair.before.interval or (0.0, 0.0), pair.after.interval or (0.0, 0.0)
    assert x is not None and y is not None
    margin = (former[1] - x) + (y - later[0]) if y > x else (x - former[0]) + (later[1] - y)
    return abs(y - x) / margin if margin else 2.0 * (x != y)


def _revised_years(a: Snapshot, b: Snapshot, breaks: Breaks) -> Iterator[Moved]:
    """Figures of rows that are years, published by both for the same year with two values."""

    def of_years(snapshot: Snapshot) -> dict[tuple[str, str, str], Entry]:
        return {
            (entry.table_id, entry.row_label, entry.column_label): entry
            for entry in snapshot.entries.values()
            if entry.is_shown and YEAR.fullmatch(entry.row_label) and entry.chapter.isdigit()
        }

    former = of_years(a)
    for key, after in of_years(b).items():
        before = former.get(key)
        if (
            before
            and before.table_id not in breaks.not_compared
            and not break_between(a, b, before, after, breaks)
        ):
            pair = Moved(before, after)
            if pair.difference:
                yield pair


def _once(pairs: Sequence[Moved]) -> list[Moved]:
    """The same two values of the same unit are one figure, told where it comes first."""
    told: dict[tuple[tuple[float, float], str], Moved] = {}
    for pair in pairs:
        told.setdefault((pair.values, pair.after.unit), pair)
    return list(told.values())


def _printed(entry: Entry, as_of: Entry) -> float:
    assert entry.value is not None
    return float(round_half_up(entry.value, as_of.decimals))
