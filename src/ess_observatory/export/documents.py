"""What people read of the package: README, licence, citation, changes, dictionary."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ess_observatory.export.declare import Field
from ess_observatory.export.describe import About
from ess_observatory.export.files import rows_csv, write_text
from ess_observatory.publish.comparison import WORDS, Change
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.tables import PublishedTable
from ess_observatory.words import templates
from ess_observatory.words.numbers import format_number
from ess_observatory.words.spreadsheet import safe_text
from ess_observatory.words.typography import french

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

_DICTIONARY = (
    "Fichier",
    "Colonne (Parquet)",
    "Colonne (CSV)",
    "Libellé anglais",
    "Type",
    "Unité",
    "Définition",
    "Définition (anglais)",
    "Nomenclature",
    "Valeurs possibles",
    "Obligatoire",
    "Exemple",
)
_TABLES = (
    "Tableau",
    "Identifiant",
    "Titre",
    "Titre anglais",
    "Champ",
    "Source",
    "Base",
    "Unités",
    "Lecture",
    "Notes",
)


@lru_cache(maxsize=1)
def environment() -> ImmutableSandboxedEnvironment:
    """Templates of the package, read from this Python package."""
    from jinja2 import DictLoader

    folder = files("ess_observatory.export") / "templates"
    sources = {
        item.name: item.read_text(encoding="utf-8") for item in folder.iterdir() if item.name.endswith(".j2")
    }
    filters = {"count": lambda value, lang: format_number(value, 0, lang)}
    return templates.environment(
        DictLoader(sources), lambda name: bool(name and name.endswith(".html.j2")), filters
    )


def prose(name: str, **values: Any) -> str:
    """A template filled; French typography outside of code when the document is in French."""
    text = environment().get_template(name).render(**values)
    if name.startswith(("README.en", "CITATION")):
        return text
    parts = re.split(r"(```.*?```|`[^`\n]*`)", text, flags=re.DOTALL)
    return "".join(part if part.startswith("`") else french(part) for part in parts)


def write_readmes(
    about: About, folder: Path, rows: dict[str, int], has_survey: bool, has_rules: bool
) -> None:
    """README.md, README.en.md, LICENCE.txt, CITATION.cff."""
    values = {
        "about": about,
        "manifest": about.manifest,
        "rows": rows,
        "has_survey": has_survey,
        "has_rules": has_rules,
        "licence": about.licence,
        "synthetic": about.is_synthetic,
        "examples": _examples(about),
    }
    for name in ("README.md", "README.en.md", "LICENCE.txt"):
        write_text(folder / name, prose(f"{name}.j2", **values))
    write_text(folder / "CITATION.cff", citation(about))


def _examples(about: About) -> dict[str, str]:
    """Data sets that the three reading examples take: all the cells, a register one, a survey one."""
    whole, *extracts = about.package.resources

    def first(key: str) -> str:
        return next((resource.id for resource in extracts if resource.select.get(key)), whole.id)

    return {"whole": whole.id, "register": first("scopes"), "survey": first("source_kind")}


def citation(about: About) -> str:
    """`CITATION.cff` (Citation File Format 1.2.0)."""
    import yaml

    manifest, licence = about.manifest, about.licence
    published = str(manifest.get("published") or "")
    data: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": "Pour citer ces données, reprenez cette référence.",
        "type": "dataset",
        "title": about.title,
        "version": str(manifest["version"]),
        "authors": [{"name": about.publisher}],
        "keywords": list(about.package.keywords),
    }
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", published):
        data["date-released"] = published
    if licence.get("name"):
        data["license"] = licence["name"]
    if licence.get("path"):
        data["license-url"] = licence["path"]
    if about.is_synthetic:
        data["abstract"] = manifest["banner"]
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=1000)


def changelog(about: About, changes: Sequence[Change] | None, since: str | None, former: str | None) -> str:
    """`CHANGELOG.md`: what changed since the version before, cell by cell, then the older versions."""
    lines = ["# Journal des versions", ""]
    if about.is_synthetic:
        lines += [f"> **{about.manifest['banner']}**", ""]
    lines += [f"## {about.manifest['version']}", ""]
    if changes is None:
        lines += ["Aucune version antérieure n’a été donnée : rien n’est comparé."]
    elif not changes:
        lines += [f"Aucune cellule ne diffère de la version {since}."]
    else:
        lines += [
            f"Cellules qui diffèrent de la version {since} : {len(changes)}. "
            "La colonne « Motif » dit ce qui est déclaré ou reconnu ; l’observatoire la complète.",
            "",
            "| Tableau | Clé | Libellé | Nature | Ancien | Nouveau | Écart | Motif |",
            "|---|---|---|---|---:|---:|---:|---|",
        ]
        lines += [
            f"| {c.table_number} | `{c.figure_id}` | {c.label.replace('|', '/')} | {WORDS[c.kind]} | {c.shown_a} | {c.shown_b} "
            f"| {c.shown_difference} | {c.break_in_series or c.reason or ''} |"
            for c in changes
        ]
    text = french("\n".join(lines)) + "\n"
    if former and (older := re.search(r"^## .*", former, re.MULTILINE | re.DOTALL)):
        text += f"\n{older.group(0).strip()}\n"
    return text


def dictionary(about: About, examples: dict[tuple[str, str], str]) -> list[tuple[str, ...]]:
    """One line a column of a data set: its names, type, unit, meaning, values, an example."""
    return [
        (
            f"{resource.id}.parquet",
            field.name,
            field.header,
            field.label_en,
            field.type,
            field.unit or "",
            field.description,
            field.description_en,
            field.nomenclature or "",
            _values(field),
            "Oui" if field.required else "Non",
            examples.get((resource.id, field.name), ""),
        )
        for resource in about.package.resources
        for field in resource.fields
    ]


def _values(field: Field) -> str:
    return " | ".join(f"{value} = {label}" for value, label in field.categories.items())


def _table_line(table: PublishedTable, english: dict[str, str]) -> tuple[str, ...]:
    units = dict.fromkeys(column.unit for column in table.columns if column.unit)
    return (
        table.number,
        table.id,
        table.title,
        english.get(table.id, ""),
        table.scope,
        table.source,
        table.base or "",
        ", ".join(units),
        table.reading_aid or "",
        " ".join(table.notes),
    )


def write_dictionary(
    about: About,
    publication: Publication,
    english: dict[str, str],
    examples: dict[tuple[str, str], str],
    folder: Path,
) -> None:
    """`dictionnaire.csv` (columns) and `dictionnaire.xlsx` (columns, tables, signs)."""
    columns = dictionary(about, examples)
    safe = [[safe_text(text) for text in line] for line in columns]
    write_text(folder / f"{about.stem}dictionnaire.csv", rows_csv(_DICTIONARY, safe))
    tables = [_table_line(table, english) for table in publication.tables]
    signs = [(sign, meaning) for sign, meaning in about.manifest["signs"].items()]
    _workbook(
        folder / f"{about.stem}dictionnaire.xlsx",
        about,
        {
            "Colonnes": (_DICTIONARY, columns),
            "Tableaux": (_TABLES, tables),
            "Signes": (("Signe", "Sens"), signs),
        },
    )


def _workbook(
    path: Path, about: About, sheets: dict[str, tuple[Sequence[str], Sequence[Sequence[str]]]]
) -> None:
    import datetime as dt

    import xlsxwriter

    book = xlsxwriter.Workbook(
        str(path), {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties(
        {
            "title": f"Dictionnaire – {about.title}",
            "company": about.publisher,
            "comments": f"Version {about.manifest['version']}",
            "created": dt.datetime(1980, 1, 1, tzinfo=dt.UTC),
        }
    )
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    body = book.add_format({"text_wrap": True, "valign": "top"})
    title = book.add_format({"bold": True, "font_size": 14})
    for name, (headers, rows) in sheets.items():
        sheet = book.add_worksheet(name)
        sheet.write_string(0, 0, f"{name} – {about.title}, version {about.manifest['version']}", title)
        if about.is_synthetic:
            sheet.write_string(1, 0, about.manifest["banner"])
        first = 3
        for column, header in enumerate(headers):
            longest = max([len(header), *(len(str(row[column])) for row in rows)])
            sheet.set_column(column, column, min(48, max(10, longest + 2)))
            sheet.write_string(first, column, header, head)
        for line, row in enumerate(rows, first + 1):
            for column, value in enumerate(row):
                sheet.write_string(line, column, str(value), body)
        sheet.freeze_panes(first + 1, 0)
        sheet.autofilter(first, 0, first + len(rows), len(headers) - 1)
    book.close()
