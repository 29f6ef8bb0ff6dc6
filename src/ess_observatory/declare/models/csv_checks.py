"""Every declared CSV checked at once: files that lack, columns, cells, keys, and what a file names in another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from itertools import islice
from pathlib import Path

from ess_observatory.declare.faults import UNREADABLE, Fault, advice, nearest
from ess_observatory.declare.models.cells import In
from ess_observatory.declare.models.csvfile import MODELS, model_of, table_of
from ess_observatory.declare.models.nomenclatures_csv import Csvs
from ess_observatory.declare.models.rows import Row, Table, columns_of
from ess_observatory.declare.reading import name_of

#: Folders of `pipelines/` whose every CSV is read: those of `rules/` become tables of SQL.
_RULES = ("rules", "rules/nomenclatures")
_RULE_ID = re.compile(r"'([A-Z][A-Z0-9_]{2,})'")
_RULE_SELECTS = "pipelines/core/perimeter_test.sql"
_TOLD = 20


def check_csvs(root: Path, faults: list[Fault]) -> Csvs:
    """Read and check every declared CSV of the project at `root`; the faults are added to `faults`."""
    pipelines = root / "pipelines"
    paths = _files(pipelines)
    tables = Csvs()
    for name, path in paths.items():
        if table := table_of(path, root, faults):
            tables[name] = table
    faults.extend(_absent(paths, pipelines, root))
    faults.extend(_names(paths, root))
    faults.extend(_unread(pipelines, root))
    for name in tables:
        faults.extend(linked_faults(name, tables))
    faults.extend(_rules_of_sql(pipelines, tables))
    faults.extend(_editions(pipelines, tables))
    return tables


def commune_list(pipelines: Path, path: Path, faults: list[Fault]) -> Table | None:
    """The list of communes of a territory, wherever its file lies; None for a list of another layout."""
    name = f"territories/{path.name}"
    table = table_of(path, None, faults, name)
    if table is None or faults:
        return None
    folder = "rules/nomenclatures"
    others = {
        f"{folder}/{stem}.csv": table_of(pipelines / folder / f"{stem}.csv", None, [])
        for stem in ("communes", "commune_moves")
    }
    csvs = Csvs({name: table, **{other: found for other, found in others.items() if found}})
    faults.extend(linked_faults(name, csvs))
    return table


def linked_faults(name: str, tables: Csvs) -> Iterator[Fault]:
    """What is wrong in a file that is well written: what it names in others, and what its kind must hold."""
    table, model = tables[name], model_of(name)
    if model is not None:
        yield from _references(table, model, tables)
        for problem in islice(model.problems(table, tables), _TOLD):
            yield table.fault(*problem)


def _files(pipelines: Path) -> dict[str, Path]:
    found = {f"{folder}/{path.name}": path for folder in _RULES for path in sorted((pipelines / folder).glob("*.csv"))}  # fmt: skip
    for model in MODELS:
        for pattern in model.files:
            for path in sorted(pipelines.glob(pattern)):
                found.setdefault(path.relative_to(pipelines).as_posix(), path)
    return found


def _absent(paths: Mapping[str, Path], pipelines: Path, root: Path) -> Iterator[Fault]:
    """Files that a report needs (a project without edition makes none); one that bears nearly the name is told."""
    if not any((pipelines / "editions").glob("*.toml")):
        return
    for model in MODELS:
        wanted = model.files[0]
        if model.required and wanted not in paths:
            folder = wanted.rpartition("/")[0]
            strangers = [n for n in paths if fnmatch(n, f"{folder}/*.csv") and model_of(n) is None]
            fix = "remettez-le, même avec ses seuls en-têtes" if model.may_be_empty else "remettez-le"
            if close := nearest(wanted, strangers):
                fix = f"renommez « {Path(close).name} »"
            yield Fault(name_of(pipelines / wanted, root), what="fichier absent", fix=fix, code=UNREADABLE)


def _names(paths: Mapping[str, Path], root: Path) -> Iterator[Fault]:
    """Names of files that cannot be names of tables, and two files for one table."""
    seen: dict[str, str] = {}
    for name, path in paths.items():
        if name.rpartition("/")[0] in _RULES:
            if not re.fullmatch(r"[a-z][a-z0-9_]*", path.stem):
                what = "ce nom de fichier ne convient pas"
                yield Fault(
                    name_of(path, root), what=what, fix="écrivez-le en minuscules sans accent, chiffres et _"
                )
            elif (other := seen.setdefault(path.stem, name)) != name:
                what = f"« {other} » porte le même nom"
                yield Fault(name_of(path, root), what=what, fix="gardez l’un des deux")


def _unread(pipelines: Path, root: Path) -> Iterator[Fault]:
    """Tables that nothing reads, because a spreadsheet has saved them as something else than CSV."""
    for folder in (*_RULES, "survey"):
        for path in sorted((pipelines / folder).glob("*")):
            is_table = path.suffix.lower() in (".csv", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods")
            if is_table and path.suffix != ".csv" and not path.name.startswith((".", "~")):
                fix = f"enregistrez-le en CSV sous le nom « {path.stem}.csv »"
                yield Fault(name_of(path, root), what="ce fichier ne serait pas lu", fix=fix, code=UNREADABLE)


def _references(table: Table, model: type[Row], tables: Mapping[str, Table]) -> Iterator[Fault]:
    for name, column in columns_of(model).items():
        link = column.reference
        if link is None or name not in table.columns or (target := tables.get(link.file)) is None:
            continue
        known = _known(target, link)
        if known.issuperset(table.columns[name]) or link.column not in target.columns:
            continue
        well_written = re.compile(column.cell.plain or ".*")
        rows = [
            number
            for number, value in enumerate(table.columns[name])
            if value not in known and well_written.fullmatch(value)
        ]
        for number in rows[:_TOLD]:
            value = table.columns[name][number]
            fix = advice(value, known, "valeurs connues") or f"ajoutez-la à pipelines/{link.file}"
            yield table.fault(number, name, f"inconnue de pipelines/{link.file}", fix)


def _known(target: Table, link: In) -> set[str]:
    values = target.columns.get(link.column, [])
    if link.where:
        column, wanted = link.where
        kept = zip(values, target.columns.get(column, []), strict=False)
        return {value for value, said in kept if said == wanted} | link.also | {""}
    return {*values, *link.also, ""}


def _rules_of_sql(pipelines: Path, tables: Mapping[str, Table]) -> Iterator[Fault]:
    """Rules that no query applies, and rules that the queries apply and nobody declares (their rows would be lost)."""
    table = tables.get("rules/decision_rules.csv")
    if table is None:
        return
    used: dict[str, str] = {}
    for path in sorted((pipelines / "core").glob("*.sql")):
        sql = re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8", errors="replace"))
        if "rules.decision_rules" in sql or re.search(r"\bas\s+rule_id\b", sql):
            for name in _RULE_ID.findall(sql):
                used.setdefault(name, path.name)
    if not used:
        return
    declared = table.columns["rule_id"]
    for number, rule in enumerate(declared):
        if rule not in used:
            close = nearest(rule, used.keys() - set(declared))
            fix = f"voulez-vous dire « {close} » ?" if close else f"ajoutez son « select » à {_RULE_SELECTS}"
            yield table.fault(number, "rule_id", "aucune requête du périmètre n’emploie cette règle", fix)
    for rule in sorted(used.keys() - set(declared)):
        if not nearest(rule, set(declared) - used.keys()):
            what = f"règle absente, que {used[rule]} emploie"
            fix = f"ajoutez sa ligne, ou corrigez son nom dans pipelines/core/{used[rule]}"
            yield Fault(table.file, None, "rule_id", f"« {rule} »", what, fix)


def _editions(pipelines: Path, tables: Mapping[str, Table]) -> Iterator[Fault]:
    """Named decisions for an edition that does not exist."""
    table = tables.get("rules/named_decisions.csv")
    if table is None or not any(cell not in ("", "*") for cell in table.columns["editions"]):
        return
    known = set()
    for path in (pipelines / "editions").glob("*.toml"):
        found = re.search(r"""^id\s*=\s*["']([^"'\n]+)["']""", path.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)  # fmt: skip
        known |= {path.stem, *((found.group(1),) if found else ())}
    for number, cell in enumerate(table.columns["editions"]):
        for name in filter(None, cell.split("|")):
            if name != "*" and name not in known:
                shown = f"édition inconnue « {name} »"
                yield table.fault(number, "editions", shown, advice(name, known, "éditions connues"))
