"""What the analyst declares of the estimation: the frame, its groups, margins, bounds and thresholds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ess_observatory.declare.files import read_toml
from ess_observatory.errors import ObservatoryError
from ess_observatory.survey.estimation.calibration import METHODS

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Category:
    """A category of a variable: the values of the register's column that it holds."""

    code: str
    label: str
    values: tuple[str, ...]
    nearest: str | None


@dataclass(frozen=True)
class Variable:
    """A characteristic of the establishments of the frame, in a few categories."""

    code: str
    label: str
    column: str
    is_ordered: bool
    categories: tuple[Category, ...]
    rest: str | None

    def category(self, value: str | None) -> str:
        """The category of a value of the register: listed, else the rest, else unknown."""
        for category in self.categories:
            if value in category.values:
                return category.code
        return self.rest if self.rest is not None and value is not None else UNKNOWN

    @property
    def nearest(self) -> dict[str, str]:
        """Where a small category goes first, where that is declared."""
        return {c.code: c.nearest for c in self.categories if c.nearest}


@dataclass(frozen=True)
class Settings:
    """`estimation.toml`, checked."""

    frame: str
    variables: tuple[Variable, ...]
    margins: tuple[str, ...]
    method: str
    bounds: tuple[float, float]
    least_respondents: int
    least_linked: int
    level: float
    percent_from: int
    least_base: int

    def variable(self, code: str) -> Variable:
        """The variable of that code. Raises E262."""
        for variable in self.variables:
            if variable.code == code:
                return variable
        raise _error(
            f"variable inconnue «\u00a0{code}\u00a0»",
            "Variables\u00a0: " + ", ".join(v.code for v in self.variables) + ".",
        )


def load_settings(path: Path) -> Settings:
    """Read and check `estimation.toml`. Raises E262 for what is missing or contradictory."""
    return settings_from(read_toml(path))


def settings_from(data: dict[str, Any]) -> Settings:
    """Checked settings from plain data (see `load_settings`)."""
    weighting, intervals = data.get("weighting", {}), data.get("intervals", {})
    variables = tuple(_variable(raw) for raw in data.get("variables", []))
    bounds = tuple(float(bound) for bound in weighting.get("bounds", (0.3, 3.0)))
    frame = str(data.get("frame", ""))
    if not re.fullmatch(r"core\.[a-z][a-z0-9_]*", frame):
        raise _error(f"base de sondage «\u00a0{frame}\u00a0»", 'Donner « frame = "core.…" ».')
    if len(bounds) != 2 or not 0 < bounds[0] < 1 < bounds[1]:
        raise _error(f"bornes {bounds}", "Deux bornes, de part et d’autre de 1.")
    settings = Settings(
        frame=frame,
        variables=variables,
        margins=tuple(str(code) for code in weighting.get("margins", [])),
        method=str(weighting.get("method", "logit")),
        bounds=(bounds[0], bounds[1]),
        least_respondents=int(weighting.get("least_respondents", 5)),
        least_linked=int(weighting.get("least_linked", 30)),
        level=float(intervals.get("level", 0.95)),
        percent_from=int(intervals.get("percent_from", 30)),
        least_base=int(data.get("crossings", {}).get("least_base", 10)),
    )
    if settings.method not in METHODS:
        raise _error(
            f"méthode «\u00a0{settings.method}\u00a0»", "Méthodes\u00a0: " + ", ".join(METHODS) + "."
        )
    for code in settings.margins:
        settings.variable(code)
    return settings


def _variable(raw: dict[str, Any]) -> Variable:
    code, column = str(raw.get("code", "")), str(raw.get("column", ""))
    if not all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in (code, column)):
        raise _error(f"variable «\u00a0{code}\u00a0»", "Donner « code » et « column », en minuscules.")
    groups = raw.get("groups", [])
    categories = tuple(
        Category(
            str(group["code"]),
            str(group["label"]),
            tuple(str(value) for value in group.get("values", [])),
            group.get("nearest"),
        )
        for group in groups
    )
    rest = [str(group["code"]) for group in groups if group.get("rest")]
    codes = [category.code for category in categories]
    if len(rest) > 1 or len(set(codes)) != len(codes) or UNKNOWN in codes:
        raise _error(
            f"modalités de «\u00a0{code}\u00a0»",
            f"Des codes différents (« {UNKNOWN} » est réservé), un seul reste.",
        )
    return Variable(
        code,
        str(raw.get("label", code)),
        column,
        bool(raw.get("ordered", False)),
        categories,
        rest[0] if rest else None,
    )


def _error(what: str, fix: str) -> ObservatoryError:
    return ObservatoryError("E262", f"Estimation mal déclarée\u00a0: {what}.", "survey/estimation.toml", fix)
