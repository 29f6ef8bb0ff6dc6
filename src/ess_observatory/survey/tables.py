"""Every survey table by one mechanism: the `[survey]` block of a card → `marts.<table>`, computed in SQL.

The block becomes small parameter tables (`temp.survey_*`): blocks, populations, groups, axes, measures. One
statement a kind of table then reads them; conditions are written in the language of `expressions.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ess_observatory.codebook.questions import Codebook
from ess_observatory.survey.core import sql
from ess_observatory.survey.estimated_tables import build_estimated
from ess_observatory.survey.prepare import prepare_choices, prepare_cross, prepare_expression, prepare_numbers
from ess_observatory.survey.table import Table
from ess_observatory.survey.words import TEXT, TRUTH

if TYPE_CHECKING:
    from ess_observatory.engine.database import Database

#: Kinds that one statement of `sql/` computes from parameter tables, and kinds that the estimation computes.
PREPARED = {
    "choices": prepare_choices,
    "cross": prepare_cross,
    "numbers": prepare_numbers,
    "expression": prepare_expression,
}
ESTIMATED = ("crossing", "extended", "weighting")
KINDS = (*PREPARED, *ESTIMATED)


def survey_cells(db: Database, codebook: Codebook, card: dict[str, Any], params: dict[str, Any]) -> None:
    """Write `marts.<card id>` (mart-cell shape) from the `[survey]` block of a card.

    Needs `core.survey_*` and `rules.survey_*`. `params["labels"]` may reword the closing rows; `params["weighting"]`
    (a `Weighting`) brings the size of the population: without it there is no interval and nothing is extended.
    """
    table = Table(db, codebook, card, params)
    if table.kind not in KINDS:
        raise table.error(
            f"genre inconnu «\u00a0{table.kind}\u00a0»", "Genres admis\u00a0: " + ", ".join(KINDS) + "."
        )
    if table.kind in ESTIMATED:
        build_estimated(table)
        return
    table.put("label", [("label_key", TEXT), ("row_label", TEXT)], list(table.labels.items()))
    magnitudes = {c["code"] for c in card.get("columns", []) if c.get("secrecy") == "magnitude"}
    printed = [(code, code in magnitudes) for code in table.columns]
    table.put("printed", [("column_code", TEXT), ("is_magnitude", TRUTH)], printed)
    table.put_setting()
    PREPARED[table.kind](table)
    db.execute(f"create or replace temp table survey_cell as {sql(f'cells_{table.kind}')}")
    db.execute(f"create or replace table marts.{table.id} as {sql('mart_cell')}")
    found = {row[0] for row in db.rows("select distinct column_code from temp.survey_cell")}
    unknown = [code for code in table.columns if found and code not in found]
    if unknown:
        raise table.error(f"colonnes sans contenu ({', '.join(unknown)})", "Corriger [[columns]].")
