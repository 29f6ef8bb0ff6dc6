"""`ess explain`: why an establishment is in or out, what a message code means, where a figure comes from."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any

import typer

from ess_observatory.codebook.values import is_siret
from ess_observatory.commands.options import EditionOption, JsonOption, OutOption, open_edition, places
from ess_observatory.commands.trace import open_built, say_answer, trace_of
from ess_observatory.declare.project import Edition, Project, find_root
from ess_observatory.engine.outputs import Outputs
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.quality.cases import case_decision_of, place_of
from ess_observatory.quality.catalogue import read_catalogue

_CODE = re.compile(r"[A-Z]\d{3}")


def explain(
    code: Annotated[
        str, typer.Argument(metavar="CODE", help="Un SIRET, un code de message (E312) ou un chiffre.")
    ],
    edition: EditionOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the explanation of a SIRET, a message code or a figure."""
    try:
        project, loaded = open_edition(edition)
    except ObservatoryError as error:
        if error.exit_code != Exit.USAGE or not _CODE.fullmatch(code.upper()):
            raise  # a message is explained even while the declarations are at fault
        say_answer(_explain_code(read_catalogue(find_root() / "pipelines"), None, code.upper()), as_json)
    else:
        say_answer(explanation_of(project, loaded, places(project, loaded, out), code), as_json)


def explanation_of(project: Project, edition: Edition, outputs: Outputs, code: str) -> dict[str, Any]:
    """The decision on a SIRET with every rule that applied, or the meaning of a message code, or a figure's trace."""
    digits = re.sub(r"\D", "", code)
    catalogue = read_catalogue(project.pipelines)
    if _CODE.fullmatch(code.upper()) or code in catalogue:
        return _explain_code(catalogue, outputs, code if code in catalogue else code.upper())
    if len(digits) == 14 and re.fullmatch(r"[\d .]+", code):
        return _explain_siret(outputs, digits)
    return trace_of(project, edition, outputs, code)


def _explain_code(catalogue: dict[str, Any], outputs: Outputs | None, code: str) -> dict[str, Any]:
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
    met = _refused_for(outputs, code) if outputs else []
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
    with open_built(outputs) as db:
        return db.dicts(
            'select file, sheet, line, "column", value from staging.refused where code = ? order by all',
            [code],
        )


def _explain_siret(outputs: Outputs, siret: str) -> dict[str, Any]:
    with open_built(outputs) as db:
        found = db.dicts("select * from core.establishment where siret = ?", [siret])
        refused = db.dicts("select * from staging.refused where replace(value, ' ', '') = ?", [siret])
        rules = db.dicts(
            "select t.rule_id, r.label, r.decision, t.evidence, t.confidence from core.perimeter_test as t "
            "join rules.decision_rules as r on r.rule_id = t.rule_id where t.siret = ? order by cast(r.rank as integer)",
            [siret],
        )
        labels = dict(
            db.rows(
                "select code, label || coalesce(' (catégorie ancienne, encore en vigueur en ' || until || ')', '') "
                "from rules.legal_categories_all where level = '3'"
            )
        )
        activities = {
            (naf, version): f"{label} ({words})"
            for naf, version, label, words in db.rows(
                "select a.naf, a.nomenclature, a.label, v.label from core.activity as a "
                "join rules.naf_versions as v on v.nomenclature = a.nomenclature where a.label is not null"
            )
        }
        bands = dict(db.rows("select code, label from rules.size_bands"))
        decided = case_decision_of(db, siret)
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
            "Vérifiez le numéro, ou relancez « ess run » avec le fichier qui le contient."
            if is_siret(siret)
            else "Corrigez le numéro : sa clé de contrôle est fausse.",
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
            *([f"  décision    {_decided(decided)}"] if decided else []),
            f"  catégorie   {e['legal_category']} {labels.get(e['legal_category'], '')}",
            f"  activité    {e['naf']} {activities.get((e['naf'], e['naf_nomenclature']), '')}",
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
        "decision": decided,
        "rules": rules,
        "refused": refused,
        "lines": lines,
    }


def _decided(row: dict[str, Any]) -> str:
    """Who decided a case, when, and where it was read."""
    state = {"in": "retenu", "out": "écarté"}[row["decision"]]
    day = dt.date.fromisoformat(row["decided_on"]).strftime("%d/%m/%Y")
    return f"{state} par {row['decided_by']} le {day}, lu dans {place_of(row)}"
