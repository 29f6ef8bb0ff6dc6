"""Two publications side by side: every figure that changed, appeared or disappeared."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

from ess_observatory.declare.breaks import Breaks
from ess_observatory.publish.snapshot import Entry, Snapshot
from ess_observatory.words.numbers import MINUS, format_value

CHANGED, APPEARED, DISAPPEARED = "changed", "appeared", "disappeared"
WORDS = {CHANGED: "modifié", APPEARED: "apparu", DISAPPEARED: "disparu"}
REASON_BREAK = " ; "
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Change:
    """One figure that is not the same in A and in B. A value is None when it is not shown, or not there."""

    figure_id: str
    kind: str
    table_id: str
    table_number: str
    label: str
    unit: str
    decimals: int
    value_a: float | None
    value_b: float | None
    difference: float | None
    status_a: str | None
    status_b: str | None
    obs_status_a: str | None
    obs_status_b: str | None
    conf_status_a: str | None
    conf_status_b: str | None
    break_in_series: str | None
    reason: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The change as plain data."""
        return asdict(self)

    @property
    def shown_a(self) -> str:
        """A as printed: the value or its sign, « – » when the figure is not there."""
        return self._shown(self.value_a, self.status_a)

    @property
    def shown_b(self) -> str:
        """B as printed."""
        return self._shown(self.value_b, self.status_b)

    @property
    def shown_difference(self) -> str:
        """B minus A as printed, with its sign; a difference of percentages is in points."""
        if self.difference is None:
            return "–"
        text = format_value(self.difference, None if self.unit == "%" else self.unit, self.decimals)
        return text if self.difference <= 0 or text.startswith(("+", MINUS)) else f"+{text}"

    def _shown(self, value: float | None, status: str | None) -> str:
        if status is None:
            return "–"
        text = format_value(value, self.unit, self.decimals) if value is not None else ""
        return " ".join(part for part in (text, f"({status})" if text and status else status) if part)


def compare(a: Snapshot, b: Snapshot, breaks: Breaks | None = None) -> list[Change]:
    """Every figure whose value or status differs between `a` and `b`: those of `a` in print order, then the new ones.

    `breaks`: the declared breaks in series (`Breaks.load`), which give their words to the reasons.
    """
    breaks = breaks or Breaks.load(None)
    changes = []
    for figure_id in dict.fromkeys([*a.entries, *b.entries]):
        before, after = a.entries.get(figure_id), b.entries.get(figure_id)
        if not (before and after and _same(before, after)):
            changes.append(_change(a, b, before, after, breaks))
    return changes


def _same(before: Entry, after: Entry) -> bool:
    x, y = before.value, after.value
    same_value = x is y if x is None or y is None else abs(x - y) <= _TOLERANCE * max(1.0, abs(x), abs(y))
    return same_value and (before.obs_status, before.conf_status) == (after.obs_status, after.conf_status)


def _change(a: Snapshot, b: Snapshot, before: Entry | None, after: Entry | None, breaks: Breaks) -> Change:
    known = after or before
    assert known is not None
    x, y = before.value if before else None, after.value if after else None
    broken = break_between(a, b, before, after, breaks) if before and after else None
    return Change(
        figure_id=known.figure_id,
        kind=CHANGED if before and after else APPEARED if after else DISAPPEARED,
        table_id=known.table_id,
        table_number=known.table_number,
        label=known.label,
        unit=known.unit,
        decimals=known.decimals,
        value_a=x,
        value_b=y,
        difference=None if x is None or y is None or broken else y - x,
        status_a=before.status if before else None,
        status_b=after.status if after else None,
        obs_status_a=before.obs_status if before else None,
        obs_status_b=after.obs_status if after else None,
        conf_status_a=before.conf_status if before else None,
        conf_status_b=after.conf_status if after else None,
        break_in_series=broken,
        reason=None if broken else _revision(a, b, known),
    )


def break_between(a: Snapshot, b: Snapshot, before: Entry, after: Entry, breaks: Breaks) -> str | None:
    """Why two values of a figure do not compare: another unit, other sources, another perimeter or nomenclature; None when they do."""
    if before.unit != after.unit:
        return f"unité : {before.unit or 'sans'} puis {after.unit or 'sans'}"
    if after.obs_status == "B":
        return "rupture de série déclarée"
    told = [
        breaks.of_sources(before.sources, after.sources),
        breaks.of_perimeters(a.perimeter, b.perimeter, before.sources | after.sources),
        breaks.of_nomenclatures(a.nomenclature, b.nomenclature, after.table_id),
    ]
    return REASON_BREAK.join(reason for reason in told if reason) or None


def _revision(a: Snapshot, b: Snapshot, figure: Entry) -> str | None:
    """Why a figure of the same edition is not what it was: the declared reason, else what is known to have moved."""
    if a.edition != b.edition:
        return None
    for declared in b.revisions:
        if any(fnmatchcase(figure.figure_id, pattern) for pattern in declared["figures"]):
            return str(declared["reason"])
    if not (a.files and b.files):
        return None
    revised = sorted(s for s in figure.sources if a.files.get(s) != b.files.get(s))
    return f"fichiers révisés : {', '.join(revised)}" if revised else "règle, requête ou programme modifié"
