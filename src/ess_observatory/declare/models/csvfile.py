"""The one reader of declared CSVs: what each kind of file holds, column by column, whatever the spreadsheet that saved it.

The same rows come out for the checks, for Python and for SQL: dates are ISO, lost zeros are back, VRAI is true.
"""

from __future__ import annotations

import re
from fnmatch import fnmatch
from functools import lru_cache
from itertools import repeat
from pathlib import Path

from ess_observatory.declare.faults import DECLARED, Fault, advice, nearest
from ess_observatory.declare.models.cells import Cell, Refused
from ess_observatory.declare.models.lists_csv import LISTS
from ess_observatory.declare.models.rows import Column, Row, Table, columns_of, whole_column
from ess_observatory.declare.models.rules_csv import RULES
from ess_observatory.declare.reading import name_of, parse_csv, read_text, separator

#: Every kind of declared CSV.
MODELS: tuple[type[Row], ...] = (*RULES, *LISTS)
#: How many faults of one column are told one by one.
_TOLD = 20
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def model_of(name: str) -> type[Row] | None:
    """The kind of a file named from `pipelines/` (`rules/size_bands.csv`), None for a file of no known kind."""
    return next((model for model in MODELS if any(fnmatch(name, pattern) for pattern in model.files)), None)


def declared_name(path: Path) -> str:
    """A file as it is named from the `pipelines` folder that holds it: `rules/size_bands.csv`."""
    parts = path.parts
    last = max((number for number, part in enumerate(parts) if part == "pipelines"), default=-1)
    return "/".join(parts[last + 1 :]) if last >= 0 else path.name


def read_declared(path: Path, file: str, name: str, faults: list[Fault]) -> Table | None:
    """A declared CSV as it is meant, or None with its faults; `name`: what it is from `pipelines/`, which tells its kind.

    Cells that cannot be read are faults, and kept as they are written. None without fault: a list of another layout.
    """
    model = model_of(name)
    text = read_text(path, file, faults)
    if text is None:
        return None
    text = re.sub(r"\Asep=.\n", "", text.lstrip("\n"))  # what Excel writes on top to say its separator
    if model and model.other_layouts and text.strip() and not _is_layout(text, model):
        return None
    table = _table(text, path, file, faults)
    if table is None:
        return None
    table.fault_code = model.fault_code if model else DECLARED
    before = len(faults)
    if model is None:
        faults.extend(_plain_faults(table))
        table.columns.update(table.written)
        return table if len(faults) == before else None
    faults.extend(_header_faults(table.header, file, model))
    if len(faults) > before:
        return None
    if not table.lines and not model.may_be_empty:
        faults.append(Fault(file, what="aucune ligne sous l’en-tête", fix="remettez les lignes du fichier"))
        return None
    known = columns_of(model)
    for column_name, values in table.written.items():
        table.columns[column_name] = values
        if column_name in known:
            table.columns[column_name], found = _read_column(table, known[column_name], values)
            faults.extend(found)
    for key in model.keys:
        faults.extend(_twice(table, key))
    return table


def _is_layout(text: str, model: type[Row]) -> bool:
    """Whether the header of a text is the one of a model: its first column, or two of the others (the first is misspelt)."""
    head = text.partition("\n")[0]
    names = {name.strip(' "') for name in head.split(separator(head))}
    first, *others = columns_of(model)
    return first in names or len(names & set(others)) > 1


def _table(text: str, path: Path, file: str, faults: list[Fault]) -> Table | None:
    """The cells of a CSV as they are written. A file without any quote and with even lines, as the large ones, is only cut."""
    mark = separator(text)
    if '"' not in text:
        lines = text.removesuffix("\n").split("\n")
        width = lines[0].count(mark) + 1
        header = tuple(name.strip() for name in lines[0].split(mark))
        even = set(map(str.count, lines, repeat(mark))) == {width - 1} and (width > 1 or all(lines))
        blank = mark * (width - 1)
        if even and all(header) and len(set(header)) == width and blank not in lines[1:]:
            cells = mark.join(lines[1:]).split(mark) if len(lines) > 1 else []
            written = {name: cells[number::width] for number, name in enumerate(header)}
            return Table(file, header, written, range(2, len(lines) + 1))
    csv = parse_csv(text, path, file, faults)
    if csv is None:
        return None
    by_column = map(list, zip(*csv.rows, strict=True)) if csv.rows else [[] for _ in csv.header]
    return Table(file, csv.header, dict(zip(csv.header, by_column, strict=True)), csv.lines)


@lru_cache(maxsize=64)
def _kept(
    path: Path, file: str, name: str, _size: int, _modified: int
) -> tuple[Table | None, tuple[Fault, ...]]:
    faults: list[Fault] = []
    return read_declared(path, file, name, faults), tuple(faults)


def table_of(path: Path, root: Path | None, faults: list[Fault], name: str | None = None) -> Table | None:
    """A declared CSV (see `read_declared`), read once as long as its file does not change."""
    file, name = name_of(path, root), name or declared_name(path)
    try:
        known = path.stat()
    except (OSError, ValueError):
        return read_declared(path, file, name, faults)
    table, found = _kept(path, file, name, known.st_size, known.st_mtime_ns)
    faults.extend(found)
    return table


def _plain_faults(table: Table) -> list[Fault]:
    """A file of no known kind becomes a table of SQL as it is: its columns need names that SQL takes."""
    return [
        Fault(table.file, 1, name, what="ce nom de colonne ne convient pas", fix="écrivez-le en lettres sans accent, chiffres et _")
        for name in table.header
        if not _NAME.fullmatch(name)
    ]  # fmt: skip


def _header_faults(header: tuple[str, ...], file: str, model: type[Row]) -> list[Fault]:
    known = columns_of(model)
    unknown = [name for name in header if name not in known]
    lacking = [name for name in known if name not in header]
    meant = {name: nearest(name, lacking) for name in unknown}
    faults = []
    for name in unknown:
        close = meant[name]
        if close:
            faults.append(
                Fault(file, 1, name, what="colonne inconnue", fix=f"voulez-vous dire « {close} » ?")
            )
        elif not model.open_ended:
            faults.append(Fault(file, 1, name, what="colonne inconnue", fix=advice(name, known, "colonnes connues")))  # fmt: skip
    for name in lacking:
        if name not in meant.values() and name not in model.may_lack:
            says = known[name].says
            faults.append(Fault(file, 1, name, what="colonne absente", fix=f"ajoutez-la à l’en-tête ({says})"))  # fmt: skip
    return faults


def _read_column(table: Table, column: Column, values: list[str]) -> tuple[list[str], list[Fault]]:
    """The canonical text of a column and its faults; a column written as it should be costs one look."""
    distinct = dict.fromkeys(values)
    joined = "\n".join(distinct) + "\n" if values else ""
    pattern = whole_column(column.cell, column.may_be_empty)
    if pattern and joined.count("\n") == len(distinct) and pattern.fullmatch(joined):
        return values, []
    if _is_text(column.cell) and "#" not in joined and (column.may_be_empty or all(map(str.strip, distinct))):
        return values, []
    meant: dict[str, str] = {}
    wrong: dict[str, tuple[str, str]] = {}
    for value in distinct:
        try:
            if not value.strip():
                meant[value] = ""
                if not column.may_be_empty:
                    wrong[value] = "valeur absente", f"écrivez {column.cell.says}"
            else:
                meant[value] = column.cell.read(value)
        except Refused as error:
            meant[value] = value
            wrong[value] = error.what, error.fix
    rows = [number for number, value in enumerate(values) if value in wrong] if wrong else []
    faults = [table.fault(number, column.name, *wrong[values[number]]) for number in rows[:_TOLD]]
    if len(rows) > _TOLD:
        fix = "corrigez la colonne, ou reprenez le fichier d’avant"
        faults.append(Fault(table.file, None, column.name, what=f"et {len(rows) - _TOLD} autres lignes de même", fix=fix))  # fmt: skip
    return [meant[value] for value in values], faults


def _is_text(cell: Cell) -> bool:
    return cell.says == "un texte"


def _twice(table: Table, key: tuple[str, ...]) -> list[Fault]:
    cells = (
        table.columns[key[0]]
        if len(key) == 1
        else list(zip(*(table.columns[name] for name in key), strict=True))
    )
    if len(set(cells)) == len(cells):
        return []
    first: dict[object, int] = {}
    faults = []
    for number, value in enumerate(cells):
        start = first.setdefault(value, number)
        if start != number and any(table.columns[name][number] for name in key):
            what = f"déjà donné ligne {table.lines[start]}"
            names = " et ".join(f"« {name} »" for name in key)
            fix = (
                f"gardez une seule des deux lignes, ou changez « {key[0]} »"
                if len(key) == 1
                else f"{names} ensemble ne se répètent pas"
            )
            faults.append(table.fault(number, key[0], what, fix))
    return faults[:_TOLD]
