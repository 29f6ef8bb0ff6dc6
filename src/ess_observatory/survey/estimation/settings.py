"""What the analyst declares of the estimation: the frame, its groups, margins, bounds and thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ess_observatory.declare.files import read_model
from ess_observatory.declare.models.survey_files import EstimationFile
from ess_observatory.declare.models.survey_files import Variable as DeclaredVariable

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
    """What `estimation.toml` says."""

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
        """The variable of that code, one of those that are declared."""
        return next(variable for variable in self.variables if variable.code == code)


def load_settings(path: Path) -> Settings:
    """`estimation.toml`. Raises the error that tells its faults."""
    return settings_from(read_model(path, EstimationFile))


def settings_from(declared: EstimationFile) -> Settings:
    """The settings of a declaration."""
    weighting = declared.weighting
    return Settings(
        frame=declared.frame,
        variables=tuple(_variable(variable) for variable in declared.variables),
        margins=tuple(weighting.margins),
        method=weighting.method,
        bounds=(weighting.bounds[0], weighting.bounds[1]),
        least_respondents=weighting.least_respondents,
        least_linked=weighting.least_linked,
        level=declared.intervals.level,
        percent_from=declared.intervals.percent_from,
        least_base=declared.crossings.least_base,
    )


def _variable(declared: DeclaredVariable) -> Variable:
    groups = declared.groups
    categories = tuple(Category(g.code, g.label, tuple(g.values), g.nearest) for g in groups)
    rest = next((group.code for group in groups if group.rest), None)
    return Variable(
        declared.code, declared.label or declared.code, declared.column, declared.ordered, categories, rest
    )
