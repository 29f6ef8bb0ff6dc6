"""Writes `publication/`: the only thing that renderers, notebooks and the outside ever read."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.project import Edition, Project, TableCard
from ess_observatory.publish.english import load_twins, load_words
from ess_observatory.publish.texts import Placeholders, french, load_texts
from ess_observatory.render import words_en, words_fr
from ess_observatory.secrecy.door import Cell

SIGNS = {
    "s": "secret statistique : valeur masquée",
    "nd": "résultat non disponible",
    "///": "absence de résultat due à la nature des choses",
    "ns": "non significatif : moins de 10 réponses",
    "u": "peu fiable : entre 10 et 29 réponses, à interpréter avec prudence",
    "d": "champs différents au numérateur et au dénominateur",
}


@dataclass
class Book:
    """The published tables of a build, before they are written."""

    edition: Edition
    build: str
    present: frozenset[str] = frozenset()
    tables: list[tuple[TableCard, list[Cell]]] = field(default_factory=list)

    def figure_id(self, table: TableCard, cell: Cell) -> str:
        """The stable id of a cell: declared in the card, else `table.row.column`."""
        declared = table.card.get("figures", {}).get("/".join(cell.key))
        return declared or f"{table.id}.{cell.row_code}.{cell.column_code}"

    def is_number(self, table: TableCard, cell: Cell) -> bool:
        """Whether a cell is a figure (and not a text of the table)."""
        return _column(table, cell)["secrecy"] != "text"

    def figures(self) -> dict[str, tuple[Cell, str, int]]:
        """Published figures by id, with unit and decimals. Raises E423 when an id stands for two cells."""
        found: dict[str, tuple[Cell, str, int]] = {}
        for table, cells in self.tables:
            for cell in cells:
                if not self.is_number(table, cell):
                    continue
                figure_id = self.figure_id(table, cell)
                if figure_id in found:
                    raise ObservatoryError(
                        "E423",
                        f"Identifiant de chiffre donné deux fois : « {figure_id} »",
                        str(table.folder / "card.toml"),
                        "Changez-le dans [figures].",
                    )
                found[figure_id] = (cell, *_unit(table, cell))
        return found

    def undeclared(self) -> list[tuple[str, str]]:
        """Ids declared in a card whose cell does not exist in this edition (table number, id)."""
        keys = {(table.id, "/".join(cell.key)) for table, cells in self.tables for cell in cells}
        return [
            (table.number, figure_id)
            for table, _ in self.tables
            for key, figure_id in table.card.get("figures", {}).items()
            if (table.id, key) not in keys
        ]


def known_ids(project: Project) -> Callable[[str], bool]:
    """Whether an id may be spoken of in a text: declared in a card, or `table.row.column` of a declared column."""
    declared = {figure_id for table in project.tables for figure_id in table.card.get("figures", {}).values()}
    columns = {(table.id, column["code"]) for table in project.tables for column in table.card["columns"]}

    def is_known(figure_id: str) -> bool:
        table, _, rest = figure_id.partition(".")
        return figure_id in declared or (table, rest.rpartition(".")[2]) in columns

    return is_known


def _column(table: TableCard, cell: Cell) -> dict[str, Any]:
    return next(column for column in table.card["columns"] if column["code"] == cell.column_code)


def _unit(table: TableCard, cell: Cell) -> tuple[str, int]:
    column = _column(table, cell)
    unit = cell.unit if cell.unit is not None else column.get("unit", "")
    decimals = cell.decimals if cell.decimals is not None else column.get("decimals", 0)
    return unit, decimals


def write_figures(book: Book, folder: Path) -> None:
    """`figures.parquet`: one row a published cell, in print order, with the columns of the contract."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, list] = defaultdict(list)
    for table, cells in book.tables:
        labels = {column["code"]: column["label"] for column in table.card["columns"]}
        for cell in cells:
            if not book.is_number(table, cell):
                continue
            unit, decimals = _unit(table, cell)
            if cell.conf_status != "F" and cell.value is not None:
                raise ObservatoryError(
                    "E510",
                    f"Cellule masquée avec une valeur : {'/'.join(cell.key)}",
                    table.id,
                    None,
                    Exit.INTEGRITY,
                )
            record = {
                "edition": book.edition.id,
                "territory": book.edition.territory.id,
                "table_id": table.id,
                "figure_id": book.figure_id(table, cell),
                "row_code": cell.row_code,
                "row_label": french(cell.row_label),
                "column_code": cell.column_code,
                "column_label": french(labels[cell.column_code]),
                "value": cell.value,
                "unit": unit,
                "decimals": decimals,
                "obs_status": cell.obs_status,
                "conf_status": cell.conf_status,
                "numerator": cell.numerator,
                "denominator": cell.denominator,
                "base_n": cell.base_n,
                "ci_low": cell.ci_low,
                "ci_high": cell.ci_high,
                "flags": list(cell.flags),
                "sources": list(table.card.get("sources", [])),
                "build": book.build,
            }
            for name, value in record.items():
                columns[name].append(value)
    text, number = pa.string(), pa.float64()
    schema = pa.schema(
        [
            ("edition", text),
            ("territory", text),
            ("table_id", text),
            ("figure_id", text),
            ("row_code", text),
            ("row_label", text),
            ("column_code", text),
            ("column_label", text),
            ("value", number),
            ("unit", text),
            ("decimals", pa.int32()),
            ("obs_status", text),
            ("conf_status", text),
            ("numerator", number),
            ("denominator", number),
            ("base_n", pa.int64()),
            ("ci_low", number),
            ("ci_high", number),
            ("flags", pa.list_(text)),
            ("sources", pa.list_(text)),
            ("build", text),
        ]
    )
    pq.write_table(pa.table(dict(columns), schema=schema), folder / "figures.parquet", compression="zstd")


def write_tables(
    book: Book, project: Project, placeholders: Placeholders, folder: Path
) -> dict[str, list[str]]:
    """`tables.json`: everything needed to print each table but its numbers, in French and in English.

    Returns the English twins that lack, by table number.
    """
    scopes = _scopes(project, placeholders)
    cards = [_table_json(book, project, table, cells, placeholders, scopes) for table, cells in book.tables]
    twins = load_twins(project, book.edition, english_placeholders(project, book.edition, placeholders))
    for card, (table, _) in zip(cards, book.tables, strict=True):
        twins.add(card, table.card)
    write_json(folder / "tables.json", cards)
    return twins.missing


def _scopes(project: Project, placeholders: Placeholders) -> dict[str, str]:
    from ess_observatory.project import read_toml

    path = project.pipelines / "texts" / "scopes.toml"
    return {
        key: french(placeholders.fill(text, f"scopes.toml : {key}") or text)
        for key, text in read_toml(path).items()
    }


def _table_json(
    book: Book,
    project: Project,
    table: TableCard,
    cells: list[Cell],
    placeholders: Placeholders,
    scopes: dict[str, str],
) -> dict[str, Any]:
    card, where = table.card, str(table.folder / "card.toml")

    place = f"tables/{table.id}/card.toml"

    def text(key: str) -> str | None:
        filled = placeholders.fill(card[key], f"{place} : {key}") if card.get(key) else None
        return french(filled) if filled else None

    for key in ("title", "scope", "base", "reading_aid", "stub"):
        if not card.get(key):
            raise ObservatoryError(
                "E424",
                f"« {key} » manque à la fiche du tableau {table.number}",
                where,
                "Tout tableau publié dit son titre, son champ, sa base et comment le lire.",
            )
    if card["scope"] not in scopes:
        raise ObservatoryError(
            "E425",
            f"Champ inconnu : « {card['scope']} »",
            where,
            f"Champs déclarés dans pipelines/texts/scopes.toml : {', '.join(scopes)}.",
        )
    rows: dict[str, dict[str, Any]] = {}
    texts: dict[str, dict[str, str]] = defaultdict(dict)
    for cell in sorted(cells, key=lambda c: c.row_rank):
        rows.setdefault(
            cell.row_code,
            {
                "code": cell.row_code,
                "label": french(cell.row_label),
                "kind": cell.row_kind,
                "section": french(cell.row_section) if cell.row_section else None,
            },
        )
        if cell.text is not None and cell.conf_status == "F":
            texts[cell.row_code][cell.column_code] = french(cell.text)
    columns = [
        {
            "code": c["code"],
            "label": french(c["label"]),
            "label_en": c.get("label_en"),
            "unit": c.get("unit", ""),
            "decimals": c.get("decimals", 0),
            "kind": "text" if c["secrecy"] == "text" else "number",
        }
        for c in card["columns"]
    ]
    return {
        "id": table.id,
        "number": table.number,
        "chapter": card["chapter"],
        "title": text("title"),
        "finding": text("finding"),
        "scope": scopes[card["scope"]],
        "source": source_label(book, project, card),
        "base": text("base") or "nd",
        "reading_aid": text("reading_aid"),
        "notes": [
            french(note) for note in (placeholders.fill(n, place) for n in card.get("notes", [])) if note
        ],
        "stub": french(card["stub"]),
        "columns": columns,
        "rows": list(rows.values()),
        "texts": dict(texts),
        "chart": card.get("chart"),
    }


def source_label(book: Book, project: Project, card: dict[str, Any]) -> str:
    """« Insee 2010 ; enquête 2012 ; calculs de l’observatoire »: the sources of a table that were read."""
    labels = [
        book.edition.sources.get(s, {}).get("label", project.sources[s].title)
        for s in card.get("sources", [])
        if s in book.present
    ]
    return french(" ; ".join([*labels, "calculs de l’observatoire"]))


def names_for_texts(project: Project, edition: Edition) -> dict[str, Any]:
    """Words, other than figures, that texts and cards may use."""
    import datetime as dt

    reference = dt.date.fromisoformat(str(edition.data.get("reference_date", f"{edition.year}-12-31")))
    day = "1er" if reference.day == 1 else str(reference.day)
    return {
        "year": edition.year,
        "edition": edition.id,
        "territory": edition.territory.name,
        "territory_in": edition.territory.name_in,
        "perimeter": project.perimeter(str(edition.data["perimeter"]))["title"],
        "survey_year": edition.data.get("survey", {}).get("year", edition.year),
        "reference_date": f"{day}\u00a0{words_fr.MONTHS[reference.month - 1]}\u00a0{reference.year}",
        "sublevel": edition.territory.sublevel_label,
        "publisher": edition.data.get("publisher", ""),
        "contact": edition.data.get("contact", ""),
        "licence": edition.data.get("licence", ""),
        "version": edition.data.get("version", ""),
        "communes": len(edition.territory.communes),
    }


def write_manifest(book: Book, project: Project, files: list[dict[str, Any]], folder: Path) -> None:
    """`manifest.json`: what this publication is and what it was made from."""
    edition = book.edition
    words = load_words(project, edition)
    by_source: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in files:
        by_source[row["source"]].append({"name": row["file"], "sha256": row["sha256"]})
    sources = []
    for spec in sorted(project.sources.values(), key=lambda s: s.rank):
        declared = edition.sources.get(spec.id, {})
        if spec.id not in edition.sources and spec.id not in by_source:
            continue
        unique = {item["name"]: item for item in by_source.get(spec.id, [])}
        names = {
            "label": french(declared.get("label", spec.title)),
            "producer": french(spec.producer),
            "licence": french(spec.licence),
        }
        sources.append(
            {
                "id": spec.id,
                **names,
                **{f"{key}_en": words.of(name) for key, name in names.items()},
                "title": french(spec.title),
                "vintage": declared.get("vintage"),
                "note": french(spec.note),
                "files": [unique[name] for name in sorted(unique)],
            }
        )
    data = edition.data
    write_json(
        folder / "manifest.json",
        {
            "edition": edition.id,
            "year": edition.year,
            "title": french(data["title"]),
            "title_en": data.get("title_en"),
            "subtitle": french(edition.territory.meta.get("description", "")),
            "subtitle_en": edition.territory.meta.get("description_en"),
            "territory": {"code": edition.territory.id, "name": edition.territory.name},
            "perimeter": str(data["perimeter"]),
            "revisions": [
                {"figures": list(r["figures"]), "reason": french(r["reason"])}
                for r in data.get("revisions", ())
            ],
            "publisher": {
                "name": french(data.get("publisher", "")),
                "name_en": data.get("publisher_en"),
                "contact": data.get("contact"),
            },
            "licence": {"name": data.get("licence", "")},
            "synthetic": bool(data.get("synthetic", False)),
            "banner": french(data["synthetic_banner"]) if data.get("synthetic") else None,
            "version": str(data.get("version", "1.0.0")),
            "published": str(data.get("published", "")) or None,
            "build": book.build,
            "sources": sources,
            "signs": {sign: french(meaning) for sign, meaning in SIGNS.items()},
        },
    )


def write_texts(book: Book, project: Project, placeholders: Placeholders, folder: Path) -> None:
    """`texts.json`, from `pipelines/texts/fr/`.

    A file of the same name in `texts/fr/<edition>/`, or in the folder that the edition's `texts` names, is taken instead.
    And `texts.en.json` from `pipelines/texts/en/`, when that folder is there, with figures written in English.
    """
    by_chapter: dict[str, list[str]] = defaultdict(list)
    for table, _ in book.tables:
        by_chapter[str(table.card["chapter"])].append(table.number)
    own = dict.fromkeys([book.edition.id, str(book.edition.data.get("texts", "")), ""])
    french_folders, *others = [
        [f for f in (project.pipelines / "texts" / lang / name for name in own) if f.is_dir()]
        for lang in ("fr", "en")
    ]
    write_json(folder / "texts.json", load_texts(french_folders, placeholders, by_chapter))
    for folders in others:
        if not any((f / "essentiel.md").is_file() for f in folders):
            continue
        translated = english_placeholders(project, book.edition, placeholders)
        write_json(folder / "texts.en.json", load_texts(folders, translated, by_chapter))


def english_placeholders(project: Project, edition: Edition, placeholders: Placeholders) -> Placeholders:
    """The same figures, written in English, with the English words that texts may use."""
    names = english_names(project, edition, names_for_texts(project, edition))
    return Placeholders(placeholders.figures, names, "en", placeholders.known)


def english_names(project: Project, edition: Edition, names: dict[str, Any]) -> dict[str, Any]:
    """The words that texts may use, in English where the declarations give it (`…_en`)."""
    import datetime as dt

    reference = dt.date.fromisoformat(str(edition.data.get("reference_date", f"{edition.year}-12-31")))
    perimeter = project.perimeter(str(edition.data["perimeter"]))
    return {
        **names,
        "territory_in": edition.territory.meta.get("name_in_en", f"in {edition.territory.name}"),
        "perimeter": perimeter.get("title_en", names["perimeter"]),
        "reference_date": f"{reference.day} {words_en.MONTHS[reference.month - 1]} {reference.year}",
        "sublevel": edition.territory.meta.get("sublevel_label_en", names["sublevel"]),
        "publisher": edition.data.get("publisher_en", names["publisher"]),
    }


def write_replication(rows: list[dict[str, Any]], folder: Path) -> None:
    """`replication.parquet`: published and recomputed values of the reference report; its words in `replication.json`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    text, number = pa.string(), pa.float64()
    schema = pa.schema(
        [
            ("figure_id", text),
            ("published", number),
            ("recomputed", number),
            ("difference", number),
            ("verdict", text),
            ("remark", text),
        ]
    )
    columns = [{name: row[name] for name in schema.names} for row in rows]
    pq.write_table(
        pa.Table.from_pylist(columns, schema=schema), folder / "replication.parquet", compression="zstd"
    )
    write_json(
        folder / "replication.json",
        {
            row["figure_id"]: {key: row[key] for key in ("label", "label_en", "unit", "remark_en")}
            for row in rows
        },
    )


def write_map(edition: Edition, folder: Path) -> None:
    """`map.geojson`: the outlines on which the map is drawn (public), if the territory has any."""
    if edition.territory.map_path:
        (folder / "map.geojson").write_bytes(edition.territory.map_path.read_bytes())


def write_json(path: Path, data: Any) -> None:
    """JSON that people can read and that does not change from run to run."""
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
