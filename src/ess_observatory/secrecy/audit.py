"""The audit: attack a publication with nothing but what it publishes, alone or beside an earlier one.

Run inside the build (where the true values say how far the attacker still is) and by `ess secrecy audit` on any folder.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.secrecy.attack import INFINITY, Bounds, Equation, Known, bounds
from ess_observatory.secrecy.constraints import Structure, read_structure
from ess_observatory.secrecy.editions import together
from ess_observatory.secrecy.insiders import known_better
from ess_observatory.secrecy.links import Key
from ess_observatory.secrecy.protect import Protected
from ess_observatory.secrecy.rules import AT_SOURCE
from ess_observatory.secrecy.shown import Shown, read_figures

SAFE, NARROW, FOUND = "safe", "narrow", "found"
_EARLIER = "édition précédente : "


@dataclass(frozen=True)
class Finding:
    """What the attacker knows of one hidden figure (all the ids under which it is published).

    `is_whole`: it is a whole number, as all figures that its column shows; bounds are then whole as well.
    """

    figures: tuple[str, ...]
    low: float
    high: float
    verdict: str
    is_whole: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The finding as plain data (no infinity)."""
        return {
            "figures": list(self.figures),
            "low": None if self.low == -INFINITY else self.low,
            "high": None if self.high == INFINITY else self.high,
            "verdict": self.verdict,
        }


class Attack:
    """Published figures and their structure, ready for the attacker."""

    def __init__(self, figures: dict[str, Shown], structure: Structure) -> None:
        self.figures, self.structure = figures, structure
        self.name: dict[str, str] = {figure: figure for figure in figures}
        for group in structure.same:
            known = [self.name_of(figure) for figure in group if figure in self.name]
            for figure in known[1:]:
                self.name[self.name_of(figure)] = self.name_of(known[0])
        self.members: dict[str, list[str]] = defaultdict(list)
        for figure in figures:
            self.members[self.name_of(figure)].append(figure)
        self.known = self._known()
        self.whole = self._whole()

    def name_of(self, figure: str) -> str:
        """The name of a figure, the same wherever it is published."""
        while self.name[figure] != figure:
            figure = self.name[figure]
        return figure

    def _whole(self) -> set[tuple[str, str]]:
        """Columns (table, column) that only show whole numbers: anyone takes what they hide for whole too."""
        shown: dict[tuple[str, str], bool] = {}
        for one in self.figures.values():
            if one.value is not None and not one.is_hidden:
                column = (one.table, one.column)
                is_whole = one.decimals == 0 and abs(one.value - round(one.value)) <= 1e-9
                shown[column] = shown.get(column, True) and is_whole
        return {column for column, is_whole in shown.items() if is_whole}

    def _tight(self, name: str, interval: Bounds) -> tuple[Bounds, bool]:
        """The interval of a whole number ends on whole numbers (in linked tables the exact ends may be closer still)."""
        is_whole = any(
            (self.figures[f].table, self.figures[f].column) in self.whole for f in self.members[name]
        )
        if not is_whole:
            return interval, False
        low, high = (
            end if abs(end) == INFINITY else float(way(end - sign * 1e-6))
            for end, way, sign in ((interval.low, math.ceil, 1), (interval.high, math.floor, -1))
        )
        return Bounds(low, high), True

    def _known(self) -> Known:
        shown: dict[str, float] = {}
        unknown: list[str] = []
        for name, figures in self.members.items():
            values = [
                v
                for v in (self.figures[f].value for f in figures if not self.figures[f].is_hidden)
                if v is not None
            ]
            if values:
                shown[name] = values[0]
            else:
                unknown.append(name)
        equations: list[Equation] = []
        least: dict[str, float] = {}
        for said in self.structure.sums:
            parts = [self.name_of(part) for part in said["parts"] if part in self.name]
            if len(parts) < len(said["parts"]):
                continue
            if rest := said.get("rest"):
                parts.append(rest)
                unknown.append(rest)
                least[rest] = sum(
                    shown.get(self.name_of(f), 0.0) for f in said.get("bounded", ()) if f in self.name
                )
            equations += self._ceiling(said)
            whole, scale = said["whole"], _tolerance([shown.get(part, 0.0) for part in parts])
            if isinstance(whole, str):
                if whole in self.name:
                    own = _tolerance([shown.get(self.name_of(whole), 0.0)])
                    equations.append(_loose(Equation.total(self.name_of(whole), parts), max(scale, own)))
            else:
                equations.append(Equation(tuple((part, 1.0) for part in parts), whole - scale, whole + scale))
        equations += self._ratios()
        signed = {self.name_of(figure) for figure in self.structure.signed if figure in self.name}
        return Known(
            shown, list(dict.fromkeys(unknown)), equations, {**least, **dict.fromkeys(signed, -INFINITY)}
        )

    def _ceiling(self, said: dict[str, Any]) -> Iterable[Equation]:
        """What is unknown of a bounded whole is no more than its ceiling leaves."""
        whole = self.figures.get(said["whole"]) if isinstance(said["whole"], str) else None
        hidden = [self.name_of(figure) for figure in said.get("unknown", ()) if figure in self.name]
        if whole is not None and whole.high is not None and whole.value is not None and hidden:
            yield Equation(tuple((name, 1.0) for name in hidden), 0.0, whole.high - whole.value)

    def _ratios(self) -> Iterable[Equation]:
        """A published ratio holds its parts in a band as narrow as its printing."""
        for said in self.structure.ratios:
            cell = self.figures.get(said["figure"])
            top, bottom = said["numerator"], said["denominator"]
            if cell is None or cell.is_hidden or top not in self.name:
                continue
            if cell.numerator is not None:
                yield Equation(((self.name_of(top), 1.0),), cell.numerator, cell.numerator)
            if bottom not in self.name:
                continue
            if cell.denominator is not None:
                yield Equation(((self.name_of(bottom), 1.0),), cell.denominator, cell.denominator)
            if cell.value is not None:
                half = (
                    0.5 * 10.0 ** -said["decimals"]
                    if "decimals" in said
                    else 1e-9 * max(1.0, abs(cell.value))
                )
                names = (self.name_of(top), self.name_of(bottom))
                yield Equation(((names[0], said["scale"]), (names[1], -(cell.value - half))), 0.0, INFINITY)
                yield Equation(((names[0], said["scale"]), (names[1], -(cell.value + half))), -INFINITY, 0.0)

    def findings(self) -> list[Finding]:
        """The interval of every hidden figure, the best known first."""
        hidden = {
            name: [f for f in figures if self.figures[f].is_hidden] for name, figures in self.members.items()
        }
        found = []
        wanted = [name for name, figures in hidden.items() if figures and name not in self.known.shown]
        for name, interval in bounds(self.known, only=wanted).items():
            tight, is_whole = self._tight(name, interval)
            verdict = FOUND if tight.high <= tight.low else self._judge(name, interval)
            found.append(Finding(tuple(hidden[name]), tight.low, tight.high, verdict, is_whole))
        for name, figures in hidden.items():
            if figures and name in self.known.shown:
                value = self.known.shown[name]
                found.append(Finding(tuple(figures), value, value, FOUND))
        order = {FOUND: 0, NARROW: 1, SAFE: 2}
        return sorted(found, key=lambda f: (order[f.verdict], f.high - f.low, f.figures))

    def _judge(self, name: str, interval: Bounds) -> str:
        """What can be said without the true value: an interval that no protected value could have is narrow."""
        if interval.is_found():
            return FOUND
        declared = self.structure.declared
        rate, least = (
            declared["rate"],
            declared["minimum"] * 10.0 ** -self.figures[self.members[name][0]].decimals,
        )
        narrow = interval.width < (2 * least if interval.low > 1e-6 else least) * (1 - 1e-6)
        narrow |= interval.low > 0 and interval.high < interval.low * (1 + rate) / (1 - rate) * (1 - 1e-9)
        return NARROW if narrow else SAFE


def _tolerance(values: Iterable[float]) -> float:
    return 1e-12 * max([1.0, *(abs(value) for value in values)])


def _loose(equation: Equation, tolerance: float) -> Equation:
    return Equation(equation.terms, -tolerance, tolerance)


def audit_folder(folder: Path, previous: Path | None = None) -> list[Finding]:
    """Attack a publication folder, with what an earlier one also says when given (see `editions.py`)."""
    structure = read_structure(folder)
    figures = read_figures(folder)
    if previous is not None:
        figures, structure = together(folder, figures, structure, previous, _EARLIER)
    return Attack(figures, structure).findings()


def audit_inside(
    protected: Protected, attack: Attack, findings: list[Finding], key_of: dict[str, Key]
) -> None:
    """Inside the build: every attacker, contributors included, must stay as far from each true value as declared.

    Raises E509 (exit 6), never saying a value. Cells whose value the producer hides are judged from outside only.
    """
    model, bad = protected.model, []
    system, primary, secondary = model.system(), model.primary(), model.secondary()
    for finding in findings:
        keys = [key_of[figure] for figure in finding.figures if figure in key_of]
        node = model.of.get(keys[0]) if keys else None
        if finding.verdict != SAFE:
            bad.append(finding)
        if (
            node is None
            or finding.verdict != SAFE
            or node not in protected.pattern.hidden
            or model.nodes[node].reason == AT_SOURCE
        ):
            continue
        value, wanted = float(system.values[node]), primary.get(node)
        up, down = (wanted.up, wanted.down) if wanted else (float(secondary[node]),) * 2
        low = max(value - down, float(system.lower[node]))
        slack = 1e-6 * max(1.0, abs(value))
        high = value + up
        if finding.is_whole:
            low, high = math.ceil(low - slack), math.floor(high + slack)
        if finding.high < high - slack or finding.low > low + slack:
            bad.append(finding)
    if protected.pattern.hidden:
        names = {model.of[key]: attack.name_of(figure) for figure, key in key_of.items() if key in model.of}
        for name, interval in known_better(model, attack.known, names):
            bad.append(Finding(tuple(attack.members[name]), interval.low, interval.high, NARROW))
    if bad:
        details = [_leak(finding) for finding in bad[1:20]]
        first = _leak(bad[0])
        raise ObservatoryError(
            "E509",
            first.what,
            first.where,
            "Déclarez dans la fiche ce qui relie ces tableaux ([secrecy], additive, ratio), puis relancez.",
            Exit.INTEGRITY,
            details,
        )


def _leak(finding: Finding) -> ObservatoryError:
    what = "se retrouve" if finding.verdict == FOUND else "est trop bien connu"
    return ObservatoryError(
        "E509",
        f"Un chiffre masqué {what} à partir de la publication",
        ", ".join(finding.figures),
        None,
        Exit.INTEGRITY,
    )
