"""A new source for those who start: what a file of it looks like, and what reads it."""

from __future__ import annotations

import re
import shutil
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ess_observatory.commands.scaffold import already_there, identifier, quoted, write_new
from ess_observatory.declare.project import Project
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.read.recognise import take_inventory
from ess_observatory.tabular.sheets import open_sheets

FOOTERS = (
    r"^Source\b",
    r"^Total\b",
)  # where the rows of a sheet end, for the types guessed and in the source written
MARKS = {"s": "secret", "nd": "not_available"}  # what producers write for a number that they do not give


def new_source(project: Project, file: Path, name: str) -> list[Path]:
    """A source that reads like `file`: its headers, guessed types, a first staging query; to be completed by hand."""
    if not file.is_file():
        raise ObservatoryError(
            "E151",
            f"Fichier introuvable : {file}",
            None,
            "Donnez le chemin d’un fichier de la source.",
            Exit.MISSING,
        )
    source = identifier(name)
    folder = project.pipelines / "sources" / source
    if folder.exists():
        raise already_there(folder)
    sheet = max(
        open_sheets(file), key=lambda s: max((sum(c is not None for c in row) for row in s.head), default=0)
    )
    if reader := _reader(project, file):
        raise ObservatoryError("E158", f"Ce fichier est déjà lu par la source « {reader} »", str(file),
                               "Déposez-le dans data/raw/ : il n’y a rien à écrire.", Exit.USAGE)  # fmt: skip
    if not any(any(row) for row in sheet.head):
        raise ObservatoryError(
            "E152", "Aucune donnée dans ce fichier", str(file), "Donnez un fichier rempli.", Exit.DATA
        )
    line = max(range(len(sheet.head)), key=lambda i: (sum(_is_word(c) for c in sheet.head[i]), -i))
    header = sheet.head[line]
    columns = _columns(header, _records(sheet.head[line + 1 :]))
    marks = {mark: MARKS[mark.casefold()] for column in columns for mark in column["marks"]}
    missing = ", ".join(f"{quoted(mark)} = {quoted(sense)}" for mark, sense in (marks or MARKS).items())
    declared = [
        f"# Écrit d’après {file.name}, en-têtes ligne {line + 1}. Relisez tout : types devinés, colonnes obligatoires, licence.",
        f"title = {quoted(name)}",
        'producer = "À compléter"',
        'licence = "À compléter"',
        'row = "à compléter : ce qu’est une ligne (un établissement, une commune × une année…)"',
        'note = ""',
        "rank = 100",
        '# role = "register"    # si elle en remplace une autre : register, ess_posts, jobs, employers',
        f"footers = [{', '.join(map(quoted, FOOTERS))}]",
        f"{'' if marks else '# '}missing = {{ {missing} }}",
        '# ignored_headers = ["…"]    # colonnes du fichier que l’on ne veut pas lire',
    ]
    for index, column in enumerate(columns):
        declared += [
            "",
            "[[columns]]",
            f"name = {quoted(column['name'])}",
            f"headers = [{quoted(column['header'])}]",
        ]
        declared += [f"type = {quoted(column['type'])}"] if column["type"] != "text" else []
        declared += (
            ["required = true        # sans cette colonne, le fichier n’est pas reconnu"]
            if index == 0
            else []
        )
    declared += [
        "",
        "[[checks]]",
        'expectation = "ExpectTableRowCountToBeBetween"',
        "arguments = { min_value = 1 }",
        'severity = "block"',
        'label = "Le fichier contient des lignes"',
        "",
        "[budget]",
        "max_refused_pct = 10",
    ]
    names = ",\n    ".join([*(column["name"] for column in columns), "_file", "_sha256", "_sheet", "_line"])
    query = [f"-- grain: one … (say what a row is).\nselect\n    {names}\nfrom staging.{source}_typed"]
    written = [write_new(folder / "source.toml", declared), write_new(folder / "staging.sql", query)]
    Project.load(project.root)
    return written


def _reader(project: Project, file: Path) -> str | None:
    """The source that knows every header of the file, if there is one."""
    with TemporaryDirectory() as folder:
        shutil.copy(file, folder)
        matches = take_inventory(Path(folder), project.sources.values()).matches
    return next((match.source for match in matches if not match.unknown), None)


def _columns(header: list[str | None], rows: list[list[str | None]]) -> list[dict[str, Any]]:
    """Our name, the header as read, a guessed type and the marks among its numbers, for every named column."""
    found: list[dict[str, Any]] = []
    taken: set[str] = set()
    for position, text in enumerate(header):
        if not text:
            continue
        name = base = identifier(text)
        name = base = f"c_{base}" if base[0].isdigit() else base
        count = 1
        while name in taken:
            count += 1
            name = f"{base}_{count}"
        taken.add(name)
        values = [value for row in rows if position < len(row) and (value := row[position])]
        plain = [value for value in values if value.casefold() not in MARKS]
        kind = _guess(base, plain)
        marks = sorted({*values} - {*plain}) if kind in ("integer", "decimal") else []
        found.append(
            {"name": name, "header": text, "marks": marks, "type": kind if marks else _guess(base, values)}
        )
    return found


def _records(rows: list[list[str | None]]) -> list[list[str | None]]:
    """The rows of data: those above the first footer."""
    footer = re.compile("|".join(FOOTERS), re.IGNORECASE)
    return list(takewhile(lambda row: not footer.search(next((c for c in row if c), "")), rows))


def _guess(name: str, values: list[str]) -> str:
    """A type that every sampled value fits, identifiers first by name and by shape."""

    def every(pattern: str) -> bool:
        return bool(values) and all(re.fullmatch(pattern, value) for value in values)

    if "siret" in name and every(r"[0-9 ]{13,18}"):
        return "siret"
    if "siren" in name and every(r"[0-9 ]{8,11}"):
        return "siren"
    if re.search(r"codgeo|com(mune)?(_|$)|insee", name) and every(r"(\d{4,5}|2[AB]\d{3})"):
        return "commune"
    if re.search(r"ape|naf", name) and every(r"\d{2}\.?\d{2}[A-Z]"):
        return "naf"
    if re.search(r"postal|^cp$", name) and every(r"\d{4,5}"):
        return "postcode"
    if every(r"\d{4}-\d{2}-\d{2}|\d{2}/\d{2}/\d{4}"):
        return "date"
    if every(r"-?\d{1,3}( ?\d{3})*") and not any(len(v) > 1 and v[0] == "0" for v in values):
        return "integer"
    if every(r"-?\d+([.,]\d+)?") and not any(re.match(r"0\d", v) for v in values):
        return "decimal"
    return "text"


def _is_word(cell: str | None) -> bool:
    return cell is not None and not re.fullmatch(r"[-\d\s.,/:]+", cell)
