"""The secrecy report, for the analyst alone: what is hidden, by which rule, at what cost, what coarser rows would save."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ess_observatory.secrecy.links import Key
from ess_observatory.secrecy.protect import Protected
from ess_observatory.secrecy.rules import AT_SOURCE, FOLLOWS, REASONS, SECONDARY
from ess_observatory.words.numbers import format_number

if TYPE_CHECKING:
    from ess_observatory.declare.project import TableCard
    from ess_observatory.secrecy.audit import Finding
    from ess_observatory.secrecy.model import Model

REPORT, CELLS = "rapport-secret.md", "cellules-masquees.parquet"
_HEAD = """# Secret statistique : rapport confidentiel

Ce dossier contient des valeurs masquées. Il ne se publie pas, ne s’envoie pas, ne s’affiche pas.
"""


def write_report(
    protected: Protected,
    findings: list[Finding],
    ids: Mapping[Key, str],
    tables: Mapping[str, TableCard],
    rules: dict[str, Any],
    folder: Path,
) -> None:
    """Write the report and the hidden cells with their values (confidential folder)."""
    folder.mkdir(parents=True, exist_ok=True)
    known = {figure: finding for finding in findings for figure in finding.figures}
    _write_cells(protected, known, ids, folder)
    parts = [
        _HEAD,
        _rules(rules),
        _by_table(protected, tables),
        _by_rule(protected),
        _cost(protected, tables),
        _attack(protected, findings),
        _regroup(protected, tables, rules),
    ]
    if protected.links.notes:
        parts.append(
            "## Liens laissés de côté\n\n"
            + "\n".join(f"- {note}" for note in sorted(set(protected.links.notes)))
            + "\n"
        )
    (folder / REPORT).write_text("\n".join(parts), encoding="utf-8")


def _write_cells(
    protected: Protected, known: Mapping[str, Finding], ids: Mapping[Key, str], folder: Path
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = []
    for key, reason in sorted(protected.reasons.items()):
        cell, finding = protected.links.cells[key], known.get(ids.get(key, ""))
        said = finding.as_dict() if finding else {"low": None, "high": None, "verdict": None}
        rows.append(
            {
                "figure_id": ids.get(key),
                "table_id": key[0],
                "row_code": key[1],
                "column_code": key[2],
                "reason": reason,
                "value": cell.value,
                "n_units": cell.n_units,
                "top_share": cell.top_share,
                "attacker_low": said["low"],
                "attacker_high": said["high"],
                "verdict": said["verdict"],
            }
        )
    text, number = pa.string(), pa.float64()
    schema = pa.schema(
        [
            ("figure_id", text),
            ("table_id", text),
            ("row_code", text),
            ("column_code", text),
            ("reason", text),
            ("value", number),
            ("n_units", pa.int64()),
            ("top_share", number),
            ("attacker_low", number),
            ("attacker_high", number),
            ("verdict", text),
        ]
    )
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / CELLS, compression="zstd")


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def _percent(part: float, whole: float) -> str:
    return f"{format_number(100 * part / whole, 1)}\u00a0%" if whole else "–"


def _rules(rules: dict[str, Any]) -> str:
    wanted = rules["protection"]
    return (
        "## Règles appliquées\n\n"
        f"- Une cellule sensible de moins de {rules['min_units']} unités légales est secrète ; de même si une unité en fait "
        f"{_percent(rules['max_share'], 1)} ou plus.\n"
        f"- Protection d’une cellule secrète : {_percent(wanted['rate'], 1)} de sa valeur de part et d’autre, et au "
        f"moins {format_number(wanted['minimum'])} unité imprimée ; cellule masquée pour une autre : "
        f"{_percent(wanted['secondary'], 1)} ; contre un contributeur, qui connaît sa propre part : "
        f"{_percent(wanted['insider'], 1)}.\n"
        "- « ess secrecy audit » ne voit que la publication : il ignore quelles cellules sont secrètes par elles-mêmes et "
        f"vérifie pour toutes le seuil le plus bas ({_percent(wanted['secondary'], 1)}). La construction, qui connaît les valeurs, "
        "vérifie chacune à son propre seuil.\n"
    )


def _by_table(protected: Protected, tables: Mapping[str, TableCard]) -> str:
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for key, reason in protected.reasons.items():
        counted[key[0]][reason] += 1
    if not counted:
        return "## Cellules masquées\n\nAucune.\n"
    sensitive = Counter(
        key[0] for key in protected.links.cells if protected.links.column(key)["secrecy"] != "public"
    )
    rows = []
    for table_id in sorted(counted, key=lambda t: tables[t].sort_key if t in tables else (2, 0, 0, t)):
        count = counted[table_id]
        primary = sum(n for reason, n in count.items() if reason not in (SECONDARY, FOLLOWS, AT_SOURCE))
        rows.append(
            [
                tables[table_id].number if table_id in tables else table_id,
                table_id,
                str(sensitive[table_id]),
                str(primary),
                str(count[SECONDARY]),
                str(count[FOLLOWS]),
                str(count[AT_SOURCE]),
            ]
        )
    return "## Cellules masquées\n\n" + _table(
        [
            "Tableau",
            "Nom",
            "Cellules sensibles",
            "Secrètes",
            "Pour en protéger d’autres",
            "Dérivées",
            "Masquées à la source",
        ],
        rows,
    )


def _by_rule(protected: Protected) -> str:
    count = Counter(protected.reasons.values())
    rows = [[code, REASONS[code], str(count[code])] for code in REASONS if count[code]]
    return "## Par règle\n\n" + (_table(["Code", "Motif", "Cellules"], rows) if rows else "Aucune.\n")


def _cost(protected: Protected, tables: Mapping[str, TableCard]) -> str:
    """Share of each additive total that its hidden cells hold."""
    model, rows = protected.model, []
    for whole, parts in model.sums:
        gone = [part for part in parts if part in protected.pattern.hidden and model.nodes[part].members]
        if not gone or not isinstance(whole, int):
            continue
        table, _, column = model.nodes[gone[0]].members[0]
        total = model.nodes[whole].value or 0
        lost = sum(model.nodes[part].value or 0 for part in gone)
        shown = sum(1 for part in parts if model.nodes[part].members)
        rows.append(
            [
                tables[table].number if table in tables else table,
                column,
                f"{len(gone)} sur {shown}",
                _percent(lost, total),
            ]
        )
    said = (
        _table(["Tableau", "Colonne", "Cellules masquées", "Part de l’ensemble"], rows)
        if rows
        else "Aucune somme n’est touchée.\n"
    )
    return "## Coût en information\n\n" + said


def _attack(protected: Protected, findings: list[Finding]) -> str:
    del protected
    if not findings:
        return "## Ce qu’un attaquant sait\n\nRien n’est masqué : rien à retrouver.\n"

    def bound(value: float | None) -> str:
        return "sans limite" if value is None else format_number(value)

    closest = sorted(
        (f for f in findings if f.high - f.low < float("inf")), key=lambda f: (f.high - f.low, f.figures)
    )[:10]
    rows = [[", ".join(f.figures), bound(f.as_dict()["low"]), bound(f.as_dict()["high"])] for f in closest]
    return (
        f"## Ce qu’un attaquant sait\n\n{len(findings)} chiffres attaqués, aucun retrouvé. Les intervalles les plus étroits :\n\n"
        + _table(["Chiffre", "Au moins", "Au plus"], rows)
    )


def _regroup(protected: Protected, tables: Mapping[str, TableCard], rules: dict[str, Any]) -> str:
    """What one row « Autres » in place of the hidden rows would publish; and what the level above already says."""
    model, lines = protected.model, []
    for whole, parts in model.sums:
        gone = [part for part in parts if part in protected.pattern.hidden and model.nodes[part].members]
        if not gone or whole in protected.pattern.hidden:
            continue
        table, _, column = model.nodes[gone[0]].members[0]
        where = f"Tableau {tables[table].number if table in tables else table}, « {column} »"
        labels = [protected.links.cells[model.nodes[part].members[0]].row_label for part in gone]
        named = ", ".join(labels[:4]) + (f" et {len(labels) - 4} autres" if len(labels) > 4 else "")
        if all(model.nodes[part].reason == AT_SOURCE for part in gone):
            lines.append(
                f"- {where} : {len(gone)} lignes masquées par le producteur ; leur cumul est l’ensemble moins les lignes "
                "publiées. Un niveau plus large (intercommunalité, grand secteur) en dirait plus que ces lignes."
            )
            continue
        total = sum(model.nodes[part].value or 0 for part in gone)
        units = _least_units(model, whole, parts, gone)
        # The same unit may be the largest of each row: the grouped row is judged as if it were.
        largest = sum((model.nodes[part].top_share or 0) * (model.nodes[part].value or 0) for part in gone)
        is_safe = (
            len(gone) > 1
            and units >= rules["min_units"]
            and (not total or largest < rules["max_share"] * total)
        )
        freed = sum(1 for part in gone if model.nodes[part].reason is None)
        if is_safe:
            lines.append(
                f"- {where} : regrouper {named} en une seule ligne publierait {format_number(total)} "
                f"({units} unités au moins) et rendrait inutile de masquer {freed} cellule(s) pour les autres."
            )
        else:
            lines.append(
                f"- {where} : {named}, même regroupées, restent secrètes ; joignez-y une autre petite ligne."
            )
    if not lines:
        lines.append("Aucun regroupement n’est utile.")
    return "## Regroupements conseillés\n\n" + "\n".join(dict.fromkeys(lines)) + "\n"


def _least_units(model: Model, whole: int | float, parts: list[int], gone: list[int]) -> int:
    """The least number of legal units in the hidden rows together: one unit may be in several of them."""
    units = [model.nodes[part].n_units or 0 for part in gone]
    if not isinstance(whole, int) or model.nodes[whole].n_units is None:
        return max(units)
    others = sum(model.nodes[part].n_units or 0 for part in parts if part not in gone)
    return max(*units, (model.nodes[whole].n_units or 0) - others, 0)
