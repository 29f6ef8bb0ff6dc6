"""Questions that an analyst asks of a build: what is this file, why is this establishment out, where does a figure come from."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from typing import Any

from ess_observatory.declare.files import read_toml
from ess_observatory.declare.project import Edition, Project
from ess_observatory.engine.database import Database
from ess_observatory.engine.graph import closure
from ess_observatory.engine.outputs import Outputs, settle
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.read.recognise import Inventory


def plan_of(project: Project, edition: Edition, inventory: Inventory, missing: list[str]) -> dict[str, Any]:
    """What each file was taken for and why, what was left aside, what is missing."""
    files = []
    for match in inventory.matches:
        kinds = {"wide": "export large de l’enquête", "form": "formulaire rempli"}
        seen = f"{len(match.mapping)} en-têtes reconnus sur {len(project.sources[match.source].columns)}"
        why = kinds.get(match.kind) or match.why or seen
        files.append(
            {
                "file": match.sheet.relative,
                "sheet": match.sheet.name,
                "source": match.source,
                "header_line": match.header_line,
                "vintage": match.vintage or edition.sources.get(match.source, {}).get("vintage"),
                "why": why,
                "sha256": match.sheet.sha256,
            }
        )
    unmatched = [
        {
            "file": u.relative,
            "sheet": u.sheet,
            "why": u.why,
            "fix": u.fix,
            "severity": u.severity,
            "code": u.code,
        }
        for u in inventory.unmatched
    ]
    return {"edition": edition.id, "files": files, "unmatched": unmatched, "missing": missing}


def explain(project: Project, edition: Edition, outputs: Outputs, code: str) -> dict[str, Any]:
    """The decision on a SIRET with every rule that applied, or the meaning of a message code, or a figure's trace."""
    digits = re.sub(r"\D", "", code)
    catalogue = read_toml(project.pipelines / "texts" / "codes.toml")
    if re.fullmatch(r"[A-Z]\d{3}", code.upper()) or code in catalogue:
        return _explain_code(catalogue, outputs, code if code in catalogue else code.upper())
    if len(digits) == 14 and re.fullmatch(r"[\d .]+", code):
        return _explain_siret(outputs, digits)
    return trace(project, edition, outputs, code)


def _explain_code(catalogue: dict[str, Any], outputs: Outputs, code: str) -> dict[str, Any]:
    if code not in catalogue:
        raise ObservatoryError(
            "E140",
            f"Code inconnu : {code}",
            None,
            f"Codes voisins : {', '.join(sorted(c for c in catalogue if c[:2] == code[:2])) or 'aucun'}. "
            "Tous sont dans docs/erreurs.md.",
            Exit.USAGE,
        )
    entry = catalogue[code]
    met = _refused_for(outputs, code)
    lines = [f"{code}  {entry['title']}", "", entry["meaning"], "", f"→ {entry['fix']}"]
    if met:
        lines += ["", f"Dans la dernière construction : {len(met)} ligne(s) refusée(s) pour ce motif."]
        lines += [
            f"  {row['file']}, ligne {row['line']}, « {row['column']} » : {row['value'] or '(vide)'}"
            for row in met[:5]
        ]
    return {"code": code, **entry, "refused": met, "lines": lines}


def _refused_for(outputs: Outputs, code: str) -> list[dict[str, Any]]:
    """Rows of the last build refused for this reason; none where nothing is built."""
    if not outputs.database.is_file():
        return []
    with _open(outputs) as db:
        return db.dicts(
            'select file, sheet, line, "column", value from staging.refused where code = ? order by all',
            [code],
        )


def _open(outputs: Outputs) -> Database:
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


def _explain_siret(outputs: Outputs, siret: str) -> dict[str, Any]:
    with _open(outputs) as db:
        found = db.dicts("select * from core.establishment where siret = ?", [siret])
        refused = db.dicts("select * from staging.refused where replace(value, ' ', '') = ?", [siret])
        rules = db.dicts(
            "select t.rule_id, r.label, r.decision, t.evidence, t.confidence from core.perimeter_test as t "
            "join rules.decision_rules as r on r.rule_id = t.rule_id where t.siret = ? order by cast(r.rank as integer)",
            [siret],
        )
        labels = dict(db.rows("select code, label from rules.legal_categories_all where level = '3'"))
        activities = dict(db.rows("select naf, label from rules.naf_rev2"))
        bands = dict(db.rows("select code, label from rules.size_bands"))
        communes = dict(
            db.rows(
                "select code, name from rules.communes union select code, name from rules.territory_commune"
            )
        )
    if not found and not refused:
        raise ObservatoryError(
            "E141",
            f"SIRET absent des fichiers lus : {siret}",
            None,
            "Vérifiez le numéro, ou relancez « ess run » avec le fichier qui le contient.",
            Exit.MISSING,
        )
    lines = []
    if found:
        e = found[0]
        state = {"in": "RETENU", "out": "ÉCARTÉ", "review": "À VÉRIFIER"}[e["decision"]]
        lines = [
            f"{siret}  {e['name']}  : {state}",
            f"  règle       {e['rule_id']} – {e['rule_label']} (confiance : {e['confidence']})",
            f"  preuve      {e['evidence']}",
            f"  catégorie   {e['legal_category']} {labels.get(e['legal_category'], '')}",
            f"  activité    {e['naf']} {activities.get(e['naf'], '')}",
            f"  commune     {e['commune_code']} {communes.get(e['commune_code'], '')}",
            f"  effectif    {bands.get(e['size_band'], '')}",
            f"  famille     {e['ess_family'] or '–'}",
            f"  lu dans     {e['source_file']}, feuille « {e['source_sheet']} », ligne {e['source_line']}",
            "  règles applicables, dans l’ordre (la première décide) :",
            *(f"    {i}. {r['rule_id']} → {r['decision']} : {r['evidence']}" for i, r in enumerate(rules, 1)),
        ]
    lines += [
        f"  ligne refusée : {r['file']}, ligne {r['line']} : {r['reason']} ({r['code']})" for r in refused
    ]
    return {
        "siret": siret,
        "establishment": found[0] if found else None,
        "rules": rules,
        "refused": refused,
        "lines": lines,
    }


def trace(project: Project, edition: Edition, outputs: Outputs, figure_id: str) -> dict[str, Any]:
    """From a published figure to its query, the tables it reads, the files and their row counts."""
    from ess_observatory.publish.reader import read_publication
    from ess_observatory.recipe.steps import models_of

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
    with _open(outputs) as db:
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
            f"  calcul      {cell.numerator:g} / {cell.denominator:g}"
            + (f", base {cell.base_n}" if cell.base_n else "")
        )
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

    near = [name for name, score, _ in process.extract(figure_id, known, limit=3) if score > 60]
    hint = f"Les plus proches : {', '.join(near)}." if near else "Les identifiants sont dans figures.parquet."
    return ObservatoryError("E142", f"Chiffre inconnu : « {figure_id} »", None, hint, Exit.USAGE)


def examine() -> list[dict[str, str]]:
    """The state of the installation, one line a check."""
    import importlib.metadata
    import shutil

    results = [_result("ok" if sys.version_info >= (3, 11) else "failed", f"Python {sys.version.split()[0]}")]
    for name in (
        "duckdb",
        "pyarrow",
        "pandas",
        "great-expectations",
        "xlsxwriter",
        "python-calamine",
        "sqlglot",
    ):
        try:
            results.append(_result("ok", f"{name} {importlib.metadata.version(name)}"))
        except importlib.metadata.PackageNotFoundError:
            results.append(_result("failed", f"{name} absent : relancez « make setup »"))
    for tool, use in (("soffice", "copie .ods"), ("chromium", "contrôle de la page dans un navigateur")):
        found = shutil.which(tool)
        results.append(
            _result(
                "ok" if found else "warning",
                f"{tool} {'présent' if found else f'absent (facultatif : {use})'}",
            )
        )
    try:
        project = Project.load()
        from ess_observatory.recipe.steps import models_of

        models = models_of(project)
        results.append(
            _result(
                "ok",
                f"{len(project.sources)} sources, {len(project.tables)} tableaux, {len(models)} requêtes valides",
            )
        )
        for path in sorted((project.pipelines / "editions").glob("*.toml")):
            edition = project.edition(path.stem)
            results.append(
                _result(
                    "ok",
                    f"édition {edition.id} : {len(edition.territory.communes)} communes, périmètre {edition.data['perimeter']}",
                )
            )
        free = shutil.disk_usage(project.root).free / 1e9
        results.append(_result("ok" if free > 1 else "warning", f"{free:.1f} Go libres"))
    except ObservatoryError as error:
        results += [
            _result("declaration", str(fault)) for fault in (replace(error, details=[]), *error.details)
        ]
    return results


def _result(status: str, label: str) -> dict[str, str]:
    return {"status": status, "label": label}
