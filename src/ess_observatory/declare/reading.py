"""Reading a declared file as its author meant it: Notepad's and Excel's encodings, ends of line, separators, French syntax errors.

Nothing here raises on what a file holds: a file that cannot be read is a fault, and gives None.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from ess_observatory.declare.faults import UNREADABLE, Fault, shown
from ess_observatory.declare.places import KeyPath, toml_places, written
from ess_observatory.declare.syntax import json_fault, toml_fault, yaml_fault
from ess_observatory.words.decoding import decode

#: What accents become when a program reads UTF-8 as something else and saves it so: « Ã© », « â€™ », « � ».
_SPOILT = re.compile(
    "Ã[\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u2010-\u203a\u20ac\u2122]\\S*|â€\\S*|\ufffd\\S*"
)


def name_of(path: Path, root: Path | None) -> str:
    """A file as messages name it: from the root of the project when it lies there."""
    try:
        return path.relative_to(root).as_posix() if root else str(path)
    except ValueError:
        return str(path)


def read_text(path: Path, file: str, faults: list[Fault]) -> str | None:
    """The text of a declared file, or None with a fault."""
    try:
        if not path.is_file():
            what = (
                "ceci n’est pas un fichier" if path.exists() or path.is_symlink() else "fichier introuvable"
            )
            faults.append(
                Fault(file, what=what, fix="mettez à sa place un fichier de texte", code=UNREADABLE)
            )
            return None
        text = decode(path.read_bytes())
        if spoilt := _SPOILT.search(text):
            line = text.count("\n", 0, spoilt.start()) + 1
            word = re.search(r"\S*$", text[: spoilt.start()])
            value = shown((word.group(0) if word else "") + spoilt.group(0))
            fix = "reprenez le fichier d’avant, ou réécrivez ces mots, puis enregistrez en UTF-8"
            faults.append(
                Fault(file, line, "", value, "accents abîmés par un autre encodage", fix, UNREADABLE)
            )
            return None
        return text
    except UnicodeError:
        faults.append(
            Fault(
                file,
                what="ceci n’est pas un texte",
                fix="enregistrez le fichier en texte, encodage UTF-8",
                code=UNREADABLE,
            )
        )
    except (OSError, ValueError):
        faults.append(
            Fault(file, what="fichier illisible", fix="vérifiez les droits du fichier", code=UNREADABLE)
        )
    return None


@dataclass(frozen=True)
class Document:
    """A declared TOML, YAML or JSON file: its data, and the line of each of its keys."""

    path: Path
    file: str
    data: Any
    text: str = field(default="", repr=False, compare=False)
    given: dict[KeyPath, int] | None = field(default=None, repr=False, compare=False)

    @cached_property
    def places(self) -> dict[KeyPath, int]:
        """Key path → line, made when a fault asks for it."""
        return self.given if self.given is not None else toml_places(self.text)

    def line(self, path: KeyPath) -> int | None:
        """The line of a key, or of the nearest declared thing that holds it; None for the file as a whole."""
        while path:
            if path in self.places:
                return self.places[path]
            path = path[:-1]
        return None

    def value(self, path: KeyPath) -> Any:
        """What the file says at a key path, None when it says nothing."""
        found = self.data
        for part in path:
            try:
                found = found[part]
            except (KeyError, IndexError, TypeError):
                return None
        return found

    def fault(self, path: KeyPath, what: str, fix: str = "", code: str | None = None) -> Fault:
        """A fault at a key path of this file."""
        value = shown(self.value(path)) if path else ""
        found = Fault(self.file, self.line(path), written(path), value, what, fix)
        return found if code is None else Fault(*_parts(found), code)


def _parts(fault: Fault) -> tuple[str, int | None, str, str, str, str]:
    return fault.file, fault.line, fault.key, fault.value, fault.what, fault.fix


def read_toml_document(path: Path, file: str, faults: list[Fault]) -> Document | None:
    """A TOML file, or None with a fault that says its line in French."""
    text = read_text(path, file, faults)
    if text is None:
        return None
    try:
        return Document(path, file, tomllib.loads(text), text)
    except tomllib.TOMLDecodeError as error:
        faults.append(toml_fault(file, text, str(error)))
    except (RecursionError, ValueError):  # nested beyond reason; an integer of thousands of digits
        faults.append(toml_fault(file, text, ""))
    return None


def read_json_document(path: Path, file: str, faults: list[Fault]) -> Document | None:
    """A JSON or GeoJSON file, or None with a fault."""
    text = read_text(path, file, faults)
    if text is None:
        return None
    if not text.strip():
        faults.append(
            Fault(file, what="fichier vide", fix="remettez son contenu, ou supprimez-le", code=UNREADABLE)
        )
        return None
    try:
        return Document(path, file, json.loads(text), text, {})
    except (json.JSONDecodeError, RecursionError, ValueError) as error:
        faults.append(json_fault(file, error))
    return None


def read_yaml_document(path: Path, file: str, faults: list[Fault]) -> Document | None:
    """A YAML file with the line of each key, or None with faults; a key given twice is one, so are anchors and tags."""
    import yaml

    text = read_text(path, file, faults)
    if text is None:
        return None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    places: dict[KeyPath, int] = {}
    try:
        node = loader.get_single_node()
        if node is None:
            faults.append(Fault(file, what="fichier vide", fix="remettez son contenu", code=UNREADABLE))
            return None
        before = len(faults)
        for found_path, line, what, fix in _yaml_walk(node, (), places, set()):
            faults.append(Fault(file, line, written(found_path), "", what, fix))
        if len(faults) > before:
            return None
        return Document(path, file, loader.construct_document(node), text, places)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        faults.append(yaml_fault(file, error, text))
    finally:
        loader.dispose()
    return None


def _yaml_walk(
    node: Any, path: KeyPath, places: dict[KeyPath, int], seen: set[int]
) -> Iterator[tuple[KeyPath, int, str, str]]:
    """Fill the places of a node's keys; yields (path, line, what, fix) of what YAML allows and a declaration does not."""
    line = node.start_mark.line + 1
    places.setdefault(path, line)
    if id(node) in seen:
        yield path, line, "renvoi (*) à un autre endroit du fichier", "recopiez la valeur"
        return
    seen.add(id(node))
    if isinstance(node.value, list) and node.id == "mapping":
        for key, value in node.value:
            at = (*path, str(key.value))
            if key.id != "scalar":
                yield at, key.start_mark.line + 1, "une clé est un mot", "écrivez « clé: valeur »"
            elif at in places:
                yield at, key.start_mark.line + 1, "clé donnée deux fois", "gardez l’une des deux"
            else:
                places[at] = key.start_mark.line + 1
                yield from _yaml_walk(value, at, places, seen)
    elif isinstance(node.value, list):
        for number, value in enumerate(node.value):
            yield from _yaml_walk(value, (*path, number), places, seen)
    elif not str(node.tag).startswith("tag:yaml.org,2002:"):
        yield path, line, "étiquette (!) inconnue", "écrivez la valeur seule"


@dataclass(frozen=True)
class Csv:
    """A declared CSV: its header, its rows (as many cells as the header), the line each begins on."""

    path: Path
    file: str
    header: tuple[str, ...]
    rows: list[list[str]] = field(repr=False)
    lines: list[int] = field(repr=False)

    def column(self, name: str) -> list[str]:
        """The cells of a column."""
        number = self.header.index(name)
        return [row[number] for row in self.rows]

    def dicts(self) -> list[dict[str, str]]:
        """The rows as dictionaries."""
        return [dict(zip(self.header, row, strict=True)) for row in self.rows]

    def fault(self, row: int, column: str, what: str, fix: str = "") -> Fault:
        """A fault in a cell: `row` counts from 0 among `rows`."""
        value = self.rows[row][self.header.index(column)] if column in self.header else ""
        return Fault(self.file, self.lines[row], column, shown(value) if value else "(vide)", what, fix)


def read_csv(path: Path, file: str, faults: list[Fault]) -> Csv | None:
    """A declared CSV (comma, semicolon or tab; quoted or not), or None with faults: empty, header given twice, uneven rows."""
    text = read_text(path, file, faults)
    if text is None:
        return None
    return parse_csv(text, path, file, faults)


def separator(text: str) -> str:
    """What separates the cells of a CSV: the one of `,` `;` tab that its header has most of, out of quotes."""
    head = "".join(text.lstrip("\n").partition("\n")[0].split('"')[::2])
    return max(",;\t", key=head.count)


def parse_csv(text: str, path: Path, file: str, faults: list[Fault]) -> Csv | None:
    """The rows of a CSV text; a row whose cells are all empty (Excel leaves some) is no row."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator(text), strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    before, last = len(faults), 0
    try:
        for row in reader:
            if any(row):
                rows.append(row)
                lines.append(last + 1)
            last = reader.line_num
    except csv.Error:
        faults.append(
            Fault(
                file,
                last + 1,
                what="guillemet ouvert et jamais fermé, ou suivi d’un autre caractère",
                fix="doublez un guillemet qui fait partie du texte",
                code=UNREADABLE,
            )
        )
        return None
    if not rows:
        faults.append(
            Fault(file, what="fichier vide", fix="remettez au moins la ligne d’en-têtes", code=UNREADABLE)
        )
        return None
    header = [name.strip() for name in rows.pop(0)]
    top = lines.pop(0)
    while header and not header[-1] and not any(row[len(header) - 1 :] and row[-1] for row in rows):
        header.pop()  # empty columns at the right, as a spreadsheet leaves them
    for number, name in enumerate(header, 1):
        if not name:
            faults.append(
                Fault(file, top, what=f"la colonne {number} n’a pas d’en-tête", fix="donnez-lui un nom")
            )
        elif name in header[: number - 1]:
            faults.append(Fault(file, top, name, what="en-tête donné deux fois", fix="gardez l’une des deux"))
    width = len(header)
    for number, row in enumerate(rows):
        if len(row) != width:
            if len(row) > width and not any(row[width:]):
                rows[number] = row[:width]
                continue
            faults.append(_uneven(file, lines[number], row, width))
    return Csv(path, file, tuple(header), rows, lines) if len(faults) == before else None


def _uneven(file: str, line: int, row: list[str], width: int) -> Fault:
    """A row that has not as many cells as its header: most often a comma that no quotes protect."""
    for one, other in pairwise(row):
        if re.fullmatch(r"\d", one) and re.fullmatch(r"\d+[eE][+-]?\d+", other):
            what = "notation scientifique : un tableur a pris un code pour un nombre, ses derniers chiffres sont perdus"
            fix = "recopiez le code complet dans une colonne au format Texte"
            return Fault(file, line, value=shown(f"{one},{other}"), what=what, fix=fix)
    what = f"{len(row)} valeurs, {width} attendues"
    return Fault(
        file,
        line,
        what=what,
        fix="vérifiez les séparateurs, et les guillemets autour des textes qui en contiennent",
    )
