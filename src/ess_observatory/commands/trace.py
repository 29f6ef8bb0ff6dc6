"""`ess trace`: from a published figure to its query, the tables it reads, the files and their lines."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from ess_observatory.commands.messages import note, print_json
from ess_observatory.commands.options import EditionOption, JsonOption, OutOption, open_edition, places
from ess_observatory.declare.measured import made_of
from ess_observatory.declare.project import Edition, Project
from ess_observatory.engine.database import Database
from ess_observatory.engine.graph import closure
from ess_observatory.engine.outputs import Outputs, settle
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.publish.reader import read_publication
from ess_observatory.recipe.steps import models_of
from ess_observatory.words.numbers import plain_number


def trace(
    figure: Annotated[
        str, typer.Argument(metavar="CHIFFRE", help="Identifiant d’un chiffre, par exemple size_1_2.")
    ],
    edition: EditionOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print where a figure comes from."""
    project, loaded = open_edition(edition)
    say_answer(trace_of(project, loaded, places(project, loaded, out), figure), as_json)


def say_answer(found: dict[str, Any], as_json: bool) -> None:
    """An answer as data, or line by line."""
    if as_json:
        print_json(found)
    else:
        note("\n".join(found["lines"]))


def open_built(outputs: Outputs) -> Database:
    """The database of a build, to be read. Raises E131 when nothing is built there."""
    settle(outputs)
    if not outputs.database.is_file():
        raise ObservatoryError(
            "E131",
            "Aucune base construite",
            str(outputs.database),
            "Lancez d’abord « ess run ».",
            Exit.MISSING,
        )
    return Database(outputs.database, read_only=True)


def trace_of(project: Project, edition: Edition, outputs: Outputs, figure_id: str) -> dict[str, Any]:
    """From a published figure to its query, the tables it reads, the files and their row counts."""
    if not (outputs.publication / "figures.parquet").is_file():
        raise ObservatoryError(
            "E130",
            "Aucune publication",
            str(outputs.publication),
            "Lancez d’abord « ess run ».",
            Exit.MISSING,
        )
    publication = read_publication(outputs.publication)
    try:
        figure = publication.figure(figure_id)
    except KeyError:
        raise _unknown_figure(figure_id, [f.id for f in publication.figures()]) from None
    models = {model.target: model for model in models_of(project)}
    target = f"marts.{figure.table.id}"
    tables = closure(target, models) if target in models else _survey_tables()
    with open_built(outputs) as db:
        counts = {
            name: db.rows(f"select count(*) from {name}")[0][0]
            for name in [target, *tables]
            if db.exists(*name.split("."))
        }
        sources = sorted(
            {name.partition(".")[2].removesuffix("_typed") for name in tables if name.startswith("staging.")}
            & project.sources.keys()
        ) or list(_card(project, figure.table.id).get("sources", []))
        ledger = db.dicts("select * from staging.ledger order by source, file, sheet")
    files = [row for row in ledger if row["source"] in sources]
    sql = (
        str(models[target].path.relative_to(project.root))
        if target in models
        else "mécanisme de l’enquête (codebook)"
    )
    cell = figure.cell
    lines = [
        f"{figure.formatted()}  {figure.row.label} – {figure.column.label}",
        f"  tableau     {figure.table.number} « {figure.table.title} » ({figure.table.id})",
        f"  champ       {figure.table.scope}",
        f"  statut      obs {cell.obs_status}, confidentialité {cell.conf_status}"
        + (f", {', '.join(cell.flags)}" if cell.flags else ""),
    ]
    if cell.numerator is not None and cell.denominator:
        lines.append(
            f"  calcul      {plain_number(cell.numerator)} / {plain_number(cell.denominator)}"
            + (f", base {cell.base_n}" if cell.base_n else "")
        )
    columns = _card(project, figure.table.id)["columns"]
    measured = {
        name: project.concepts["concepts"].get(name, {}).get("label", project.measures[name].label)
        for column in columns
        if column["code"] == figure.column.code
        for name in made_of(column)
    }
    lines += [f"  mesure      {label} ({name})" for name, label in measured.items()]
    lines += [f"  requête     {sql}", "  tables lues (lignes) :"]
    lines += [f"    {name:<36} {count:>9}" for name, count in counts.items()]
    lines.append("  fichiers (lues = retenues + refusées) :")
    lines += [
        f"    {f['file']}{' [' + f['sheet'] + ']' if f['sheet'] else ''}"
        f"  {f['rows_read']} = {f['rows_kept']} + {f['rows_refused']}  sha256 {f['sha256'][:12]}…"
        for f in files
    ]
    return {
        "figure_id": figure_id,
        "value": cell.value,
        "sign": cell.sign,
        "formatted": figure.formatted(),
        "table": {"id": figure.table.id, "number": figure.table.number, "title": figure.table.title},
        "query": sql,
        "measures": measured,
        "numerator": cell.numerator,
        "denominator": cell.denominator,
        "base_n": cell.base_n,
        "flags": list(cell.flags),
        "tables": counts,
        "files": files,
        "build": publication.manifest["build"],
        "lines": lines,
    }


def _survey_tables() -> list[str]:
    return ["core.survey_answer", "core.survey_choice", "core.survey_respondent", "rules.survey_question"]


def _card(project: Project, table_id: str) -> dict[str, Any]:
    return next(table.card for table in project.tables if table.id == table_id)


def _unknown_figure(figure_id: str, known: list[str]) -> ObservatoryError:
    from rapidfuzz import process

    if re.fullmatch(r"[\d .]+", figure_id):
        hint = "Pour un établissement : « ess explain SIRET » dit la règle, sa preuve, et qui a décidé."
        return ObservatoryError("E142", f"Chiffre inconnu : « {figure_id} »", None, hint, Exit.USAGE)
    near = [name for name, score, _ in process.extract(figure_id, known, limit=3) if score > 60]
    hint = f"Les plus proches : {', '.join(near)}." if near else "Les identifiants sont dans figures.parquet."
    return ObservatoryError("E142", f"Chiffre inconnu : « {figure_id} »", None, hint, Exit.USAGE)
