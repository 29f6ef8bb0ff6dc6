"""Weights of the respondents: groups of the frame, margins, calibration, and what may be said of the result.

`core.survey_frame`: one row an establishment of the frame x variable. `core.survey_weight`: one row a respondent that
is used. Nothing is extended when the calibration does not converge or when too few respondents are in the frame.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ess_observatory.errors import ObservatoryError
from ess_observatory.survey.estimation.calibration import Calibration, Group, calibrate, collapse
from ess_observatory.survey.estimation.design import Design
from ess_observatory.survey.estimation.settings import UNKNOWN, Settings, Variable

if TYPE_CHECKING:
    import numpy as np

    from ess_observatory.engine.database import Database

UNKNOWN_LABEL = "Non connu"


@dataclass
class Weighting:
    """What the tables need of the estimation.

    `members`: variable → respondent → category, over linked respondents. `groups`: the merged categories of each
    margin kept. `why_not`: the reason, in French, why results are not extended (None when they are).
    """

    settings: Settings
    population: int
    respondents: tuple[str, ...] = ()
    methods: dict[str, int] = field(default_factory=dict)
    members: dict[str, dict[str, str]] = field(default_factory=dict)
    sizes: dict[str, dict[str, int]] = field(default_factory=dict)
    groups: dict[str, list[Group]] = field(default_factory=dict)
    calibration: Calibration | None = None
    margins: np.ndarray | None = None
    start: np.ndarray | None = None
    why_not: str | None = None

    def design(self, rate: float) -> Design:
        """The design of the linked respondents, for a question that a share `rate` of those concerned answered.

        An item that fewer answered leaves more of the population unseen: `1 - n/N` is taken on the answers.
        """
        import numpy as np

        assert self.calibration is not None
        population = np.full(len(self.respondents), self.population / max(rate, 1e-9))
        return Design(self.calibration.weights, None, population, self.margins, self.start)

    def labels(self, variable: Variable) -> dict[str, str]:
        """Labels of the categories of a variable, in order."""
        return {c.code: c.label for c in variable.categories} | {UNKNOWN: UNKNOWN_LABEL}


def build_weights(db: Database, settings: Settings) -> Weighting:
    """Groups of the frame and calibrated weights. Needs the frame and `core.survey_link`; raises E263 otherwise."""
    frame = _frame(db, settings)
    links = db.rows("select respondent_id, siret, method from core.survey_link order by respondent_id")
    weighting = Weighting(settings, len(frame))
    linked = [(respondent, siret, method) for respondent, siret, method in links if siret in frame]
    weighting.respondents = tuple(respondent for respondent, _, _ in linked)
    for _, _, method in linked:
        weighting.methods[method] = weighting.methods.get(method, 0) + 1
    for position, variable in enumerate(settings.variables):
        sizes = weighting.sizes.setdefault(variable.code, {})
        for codes in frame.values():
            sizes[codes[position]] = sizes.get(codes[position], 0) + 1
        weighting.members[variable.code] = {r: frame[siret][position] for r, siret, _ in linked}
    _calibrate(weighting)
    _write(db, settings, frame, weighting, {respondent: siret for respondent, siret, _ in linked})
    return weighting


def _frame(db: Database, settings: Settings) -> dict[str, tuple[str, ...]]:
    """The category of each establishment, variable by variable."""
    present = set(db.columns(settings.frame))
    if lacking := [v.column for v in settings.variables if v.column not in present]:
        raise ObservatoryError(
            "E263",
            f"Colonnes absentes de la base de sondage {settings.frame}\u00a0: {', '.join(lacking)}.",
            "survey/estimation.toml",
            "Corriger « column », ou ajouter la colonne à la requête.",
        )
    columns = ", ".join(["siret", *(f"cast({v.column} as varchar)" for v in settings.variables)])
    return {
        row[0]: tuple(v.category(value) for v, value in zip(settings.variables, row[1:], strict=True))
        for row in db.rows(f"select {columns} from {settings.frame} order by siret")
    }


def _calibrate(weighting: Weighting) -> None:
    """Margins with enough respondents, then weights within bounds; `why_not` says what prevented it."""
    import numpy as np

    settings, n = weighting.settings, len(weighting.respondents)
    if n < settings.least_linked:
        weighting.why_not = f"{n} répondants rapprochés, au moins {settings.least_linked} nécessaires"
        return
    columns, totals = [np.ones(n)], [float(weighting.population)]
    for code in settings.margins:
        member = weighting.members[code]
        groups = merged(weighting, settings.variable(code), settings.least_respondents, member)
        weighting.groups[code] = groups
        for group in groups[1:]:
            columns.append(np.array([member[r] in group.codes for r in weighting.respondents], float))
            totals.append(float(group.population))
    weighting.margins = np.column_stack(columns)
    weighting.start = np.full(n, weighting.population / n)
    try:
        weighting.calibration = calibrate(
            weighting.margins, np.array(totals), weighting.start, settings.method, settings.bounds
        )
    except ObservatoryError as error:
        weighting.why_not = error.what.rstrip(".")


def merged(weighting: Weighting, variable: Variable, least: int, member: dict[str, str]) -> list[Group]:
    """Categories of a variable, merged until each has `least` respondents of `member` (respondent → category)."""
    counts = Counter(member.values())
    sizes = weighting.sizes[variable.code]
    groups = [
        Group((code,), label, counts.get(code, 0), sizes.get(code, 0))
        for code, label in weighting.labels(variable).items()
        if sizes.get(code, 0) or counts.get(code, 0)
    ]
    return collapse(groups, least, variable.is_ordered, variable.nearest)


def _write(
    db: Database,
    settings: Settings,
    frame: dict[str, tuple[str, ...]],
    weighting: Weighting,
    sirets: dict[str, str],
) -> None:
    import pyarrow as pa

    rows: list[tuple[str, str, str, str, int]] = []
    for position, variable in enumerate(settings.variables):
        labels = weighting.labels(variable)
        ranks = {code: rank for rank, code in enumerate(labels, 1)}
        for siret, codes in frame.items():
            code = codes[position]
            rows.append((siret, variable.code, code, labels[code], ranks[code]))
    text = pa.string()
    schema = [("siret", text), ("variable_code", text), ("group_code", text), ("group_label", text)]
    _put(db, "core.survey_frame", [*schema, ("group_rank", pa.int32())], rows)
    number = pa.float64()
    weights: list[tuple[Any, ...]] = []
    if weighting.calibration is not None and weighting.start is not None:
        values = (weighting.start, weighting.calibration.weights, weighting.calibration.ratios)
        for respondent, *found in zip(weighting.respondents, *(v.tolist() for v in values), strict=True):
            weights.append((respondent, sirets[respondent], *found))
    schema = [("respondent_id", text), ("siret", text), ("start_weight", number), ("weight", number)]
    _put(db, "core.survey_weight", [*schema, ("weight_ratio", number)], weights)


def _put(db: Database, name: str, schema: list[Any], rows: list[tuple[Any, ...]]) -> None:
    import pyarrow as pa

    arrays = [pa.array([row[place] for row in rows], kind) for place, (_, kind) in enumerate(schema)]
    db.put(name, pa.table(arrays, schema=pa.schema(schema)))
