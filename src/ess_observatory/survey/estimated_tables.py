"""Tables that the estimation computes: crossings, results extended to the frame, diagnostics of the weights.

They are written as mart cells like every other table; the card says the indicators, as conditions and values in the
language of the codebook. A crossing merges categories until each has enough answers, so that none is published, nor
found by difference with the whole, on a smaller base.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ess_observatory.survey.estimation.diagnostics import diagnostics
from ess_observatory.survey.estimation.intervals import korn_graubard, student_interval, wilson
from ess_observatory.survey.estimation.settings import UNKNOWN
from ess_observatory.survey.estimation.weights import merged

if TYPE_CHECKING:
    import numpy as np

    from ess_observatory.survey.estimation.weights import Weighting
    from ess_observatory.survey.table import Table

_SHAPE = {
    "row_code": "text", "row_label": "text", "row_rank": "whole", "row_kind": "text", "row_section": "text",
    "column_code": "text", "value": "number", "text": "text", "unit": "text", "decimals": "whole",
    "numerator": "number", "denominator": "number", "base_n": "whole", "n_units": "whole", "top_share": "number",
    "obs_status": "text", "flags": "text", "ci_low": "number", "ci_high": "number",
}  # fmt: skip
AMOUNTS = ("total", "mean", "ratio", "median")


def build_estimated(table: Table) -> None:
    """Write `marts.<table>` for the kinds `crossing`, `extended` and `weighting`."""
    if table.kind == "weighting":
        respondents = table.db.rows("select count(*) from core.survey_respondent")[0][0]
        cells = diagnostics(table.weighting, int(respondents))
    else:
        cells = _crossing(table) if table.kind == "crossing" else _extended(table)
    _write(table, [cell for cell in cells if cell["column_code"] in table.columns])


def _write(table: Table, cells: list[dict[str, Any]]) -> None:
    import pyarrow as pa

    kinds = {"text": pa.string(), "whole": pa.int64(), "number": pa.float64()}
    schema = pa.schema([(name, kinds[kind]) for name, kind in _SHAPE.items()])
    rows = [{name: cell.get(name) for name in _SHAPE} for cell in cells]
    table.db.put(f"marts.{table.id}", pa.Table.from_pylist(rows, schema=schema))


@dataclass(frozen=True)
class _Answers:
    """Who is concerned by an indicator, who answered, and what they bring: a truth or a number (and a second one)."""

    concerned: list[str]
    values: dict[str, tuple[float, float]]

    def rate(self) -> float:
        """Share of those concerned who answered."""
        return len(self.values) / len(self.concerned) if self.concerned else 0.0


def _answers(table: Table, indicator: dict[str, Any]) -> _Answers:
    """Read an indicator: `question` + `where` (a share), or `value` and `per` (an amount)."""
    population = table.condition(str(indicator["among"])) if indicator.get("among") else "true"
    if "question" in indicator:
        question = table.codebook.question(str(indicator["question"]))
        holds = table.condition(str(indicator["where"]))
        rows = table.db.rows(
            "select r.respondent_id, a.status not in ('filtered', 'sans_objet'), a.status = 'answered',"
            f" case when {holds} then 1.0 else 0.0 end, 1.0"
            " from core.survey_respondent as r inner join core.survey_answer as a"
            f" on a.respondent_id = r.respondent_id and a.question_code = ? where {population} order by 1",
            [question.code],
        )
    else:
        value = table.condition(str(indicator["value"]))
        per = table.condition(str(indicator["per"])) if indicator.get("per") else "1.0"
        rows = table.db.rows(
            f"select r.respondent_id, true, ({value}) is not null and ({per}) is not null, {value}, {per}"
            f" from core.survey_respondent as r where {population} order by 1"
        )
    return _Answers(
        [row[0] for row in rows if row[1]],
        {row[0]: (float(row[3]), float(row[4])) for row in rows if row[1] and row[2]},
    )


def _indicators(table: Table) -> list[dict[str, Any]]:
    indicators = [dict(item) for item in table.spec.get("indicators", [])]
    for item in indicators:
        is_share = "question" in item and "where" in item
        is_amount = "value" in item and item.get("measure") in AMOUNTS
        if not (is_share or (is_amount and table.kind == "extended")) or not item.get("label"):
            raise table.error(
                f"indicateur incomplet «\u00a0{item.get('code')}\u00a0»",
                f"Donner label, question et where, ou value et measure ({', '.join(AMOUNTS)}).",
            )
        if item.get("measure") == "ratio" and "per" not in item:
            raise table.error(f"rapport sans «\u00a0per\u00a0» ({item['code']})", "Donner le dénominateur.")
    if not indicators:
        raise table.error("aucun indicateur", "Donner «\u00a0[[survey.indicators]]\u00a0».")
    return indicators


def _crossing(table: Table) -> list[dict[str, Any]]:
    """One block an indicator: a row a merged category of each variable of `by`, then the whole."""
    cells: list[dict[str, Any]] = []
    weighting = table.weighting
    for item in _indicators(table):
        answers = _answers(table, item)
        section, code = str(item["label"]), str(item["code"])
        if weighting is not None:
            for name in table.spec.get("by", []):
                variable = weighting.settings.variable(str(name))
                # Whoever is not in the frame is counted as unknown: a group left out would be found by difference.
                known = weighting.members[variable.code]
                member = {respondent: known.get(respondent, UNKNOWN) for respondent in answers.values}
                groups = merged(weighting, variable, weighting.settings.least_base, member)
                for group in groups if len(groups) > 1 else []:
                    inside = {r: v for r, v in answers.values.items() if member[r] in group.codes}
                    concerned = sum(known.get(r) in group.codes for r in answers.concerned)
                    here = sum(found in group.codes for found in known.values())
                    size = group.population * concerned / here if here else None
                    label = f"{variable.label}\u00a0: {group.label}"
                    row_code = f"{code}.{variable.code}.{'_'.join(group.codes)}"
                    cells += _share_cells(table, row_code, label, "data", section, inside, size)
        size = _size(weighting, table, answers)
        cells += _share_cells(
            table, f"{code}.all", table.labels["base"], "base", section, answers.values, size
        )
    return _ranked(cells)


def _size(weighting: Weighting | None, table: Table, answers: _Answers) -> float | None:
    """Establishments of the frame that an indicator concerns, in the proportion of the respondents."""
    if weighting is None or not answers.concerned:
        return None
    everyone = table.db.rows("select count(*) from core.survey_respondent")[0][0]
    return weighting.population * len(answers.concerned) / int(everyone)


def _share_cells(
    table: Table,
    code: str,
    label: str,
    kind: str,
    section: str | None,
    values: dict[str, tuple[float, float]],
    size: float | None,
) -> list[dict[str, Any]]:
    """Count, base and share of a group of respondents; an interval from the base where percentages are plain."""
    k, n = int(sum(value for value, _ in values.values())), len(values)
    row = {"row_code": code, "row_label": label, "row_kind": kind, "row_section": section, "base_n": n}
    share: dict[str, Any] = {
        "value": 100.0 * k / n if n else None,
        "numerator": float(k),
        "denominator": float(n),
    }
    if size is not None and table.weighting is not None and n >= table.weighting.settings.percent_from:
        low, high = wilson(k, n, max(size, n), table.weighting.settings.level)
        share |= {"ci_low": 100 * float(low), "ci_high": 100 * float(high)}
    return [
        row | {"column_code": "count", "value": float(k), "n_units": k},
        row | {"column_code": "n", "value": float(n), "n_units": n},
        row | {"column_code": "share", "n_units": k, "unit": "%"} | share,
    ]


def _ranked(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    ranks: dict[str, int] = {}
    for cell in cells:
        cell["row_rank"] = ranks.setdefault(cell["row_code"], len(ranks) + 1)
    return cells


def _extended(table: Table) -> list[dict[str, Any]]:
    """One row an indicator: what respondents say, and the calibrated estimate with its interval."""
    cells: list[dict[str, Any]] = []
    for item in _indicators(table):
        answers = _answers(table, item)
        row: dict[str, Any] = {
            "row_code": str(item["code"]),
            "row_label": str(item["label"]),
            "row_kind": "data",
        }
        row |= {"row_section": item.get("section"), "base_n": len(answers.values)}
        if "question" in item:
            size = _size(table.weighting, table, answers)
            found = _share_cells(
                table, row["row_code"], row["row_label"], "data", row["row_section"], answers.values, size
            )
            renamed = {"share": "sample"}
            cells += [
                cell | {"column_code": renamed.get(cell["column_code"], cell["column_code"])}
                for cell in found
            ]
            cells.append(
                row | {"unit": "%", "n_units": found[0]["n_units"]} | _extend_share(table.weighting, answers)
            )
        else:
            cells += _amount_cells(table, item, row, answers)
    return _ranked(cells)


def _vectors(weighting: Weighting, answers: _Answers) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values, second values and presence, in the order of the weights (zero where there is no answer)."""
    import numpy as np

    order = weighting.respondents
    inside = np.array([respondent in answers.values for respondent in order])
    pairs = np.array([answers.values.get(respondent, (0.0, 0.0)) for respondent in order]).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1], inside


def _can_extend(weighting: Weighting | None, n: int) -> bool:
    return (
        weighting is not None and weighting.calibration is not None and n >= weighting.settings.percent_from
    )


def _extend_share(weighting: Weighting | None, answers: _Answers) -> dict[str, Any]:
    cell: dict[str, Any] = {"column_code": "extended", "value": None, "obs_status": "O"}
    if weighting is None or not _can_extend(weighting, len(answers.values)):
        return cell
    y, _, inside = _vectors(weighting, answers)
    n = int(inside.sum())
    estimate = weighting.design(answers.rate()).mean(y, inside)
    low, high = korn_graubard(
        estimate.value, estimate.se, n, n - 1, weighting.settings.level, weighting.population
    )
    return cell | {
        "value": 100 * estimate.value, "obs_status": None, "ci_low": 100 * float(low), "ci_high": 100 * float(high),
    }  # fmt: skip


def _amount_cells(
    table: Table, item: dict[str, Any], row: dict[str, Any], answers: _Answers
) -> list[dict[str, Any]]:
    """Base, value among respondents, and value extended, of a total, a mean, a ratio or a median."""
    measure, weighting = str(item["measure"]), table.weighting
    scale = 100.0 if measure == "ratio" and item.get("unit") == "%" else 1.0
    values = [value for value, _ in answers.values.values()]
    whole = sum(values)
    row |= {"unit": item.get("unit", ""), "decimals": int(item.get("decimals", 0))}
    row |= {"n_units": sum(value != 0 for value in values)}
    top = max((abs(value) for value in values), default=0.0) / abs(whole) if whole else None
    sample = {"column_code": "sample", "value": _plain(measure, answers, scale), "top_share": top}
    extended: dict[str, Any] = {"column_code": "extended", "value": None, "obs_status": "O", "top_share": top}
    if weighting is not None and _can_extend(weighting, len(values)):
        extended |= _extend_amount(weighting, measure, answers, scale) | {"obs_status": None}
    n = {
        "column_code": "n",
        "value": float(len(values)),
        "unit": None,
        "decimals": None,
        "n_units": len(values),
    }
    return [row | n, row | sample, row | extended]


def _plain(measure: str, answers: _Answers, scale: float) -> float | None:
    values = sorted(value for value, _ in answers.values.values())
    if not values:
        return None
    if measure == "median":
        return values[(len(values) - 1) // 2]
    below = sum(per for _, per in answers.values.values())
    return sum(values) if measure == "total" else scale * sum(values) / below if below else None


def _extend_amount(weighting: Weighting, measure: str, answers: _Answers, scale: float) -> dict[str, Any]:
    """The calibrated value and interval; a total is the mean of those who answered times those concerned."""
    import numpy as np

    y, x, inside = _vectors(weighting, answers)
    design = weighting.design(answers.rate())
    level, df = weighting.settings.level, int(inside.sum()) - 1
    if measure == "median":
        median = design.quantile(y, 0.5, inside, level)
        return dict(zip(("value", "ci_low", "ci_high"), median, strict=True))
    estimate = design.ratio(y, x) if measure == "ratio" else design.mean(y, inside)
    if measure == "total":
        concerned = set(answers.concerned)
        scale = float(design.weights[np.array([r in concerned for r in weighting.respondents])].sum())
    low, high = student_interval(estimate.value, estimate.se, df, level)
    return {
        "value": scale * estimate.value,
        "ci_low": scale * max(float(low), 0.0),
        "ci_high": scale * float(high),
    }
