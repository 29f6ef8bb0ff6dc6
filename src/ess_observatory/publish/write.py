"""Writes `publication/`: the only thing that renderers, notebooks and the outside ever read."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from ess_observatory.declare.english_words import Words
from ess_observatory.declare.models.outlines import outlined
from ess_observatory.declare.project import Edition, Project
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.publish.book import Book, unit_of
from ess_observatory.publish.edition_words import english_placeholders
from ess_observatory.publish.english import load_twins
from ess_observatory.publish.origins import Origins
from ess_observatory.publish.table_words import declared_scopes, table_json
from ess_observatory.publish.texts import Placeholders, load_texts
from ess_observatory.words.decoding import decode
from ess_observatory.words.typography import french

SIGNS = {
    "s": "secret statistique : valeur masquée",
    "nd": "résultat non disponible",
    "au moins": "somme dont des termes sont masqués ou absents chez le producteur : seuls ceux qu’il montre sont comptés",
    "///": "absence de résultat due à la nature des choses",
    "ns": "non significatif : moins de 10 réponses",
    "u": "peu fiable : entre 10 et 29 réponses, à interpréter avec prudence",
    "d": "champs différents au numérateur et au dénominateur",
}


def write_figures(book: Book, origins: Origins, folder: Path) -> None:
    """`figures.parquet`: one row a published cell, in print order, with the columns of the contract."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, list[Any]] = defaultdict(list)
    for table, cells in book.tables:
        labels = {column["code"]: column["label"] for column in table.card["columns"]}
        for cell in cells:
            if not book.is_number(table, cell):
                continue
            unit, decimals = unit_of(table, cell)
            origin = origins.of(table, cell)
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
                "low": cell.low,
                "high": cell.high,
                "reference_date": origin.reference,
                "reference_sources": list(origin.sources),
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
            ("low", number),
            ("high", number),
            ("reference_date", text),
            ("reference_sources", pa.list_(text)),
        ]
    )
    pq.write_table(pa.table(dict(columns), schema=schema), folder / "figures.parquet", compression="zstd")


def write_tables(
    book: Book, project: Project, origins: Origins, placeholders: Placeholders, words: Words, folder: Path
) -> dict[str, list[str]]:
    """`tables.json`: everything needed to print each table but its numbers, in French and in English.

    Returns the English twins that lack, by table number.
    """
    scopes = declared_scopes(project, placeholders)
    cards = [table_json(book, project, table, cells, placeholders, scopes) for table, cells in book.tables]
    for card, (table, cells) in zip(cards, book.tables, strict=True):
        card["dates"] = origins.in_table(table, cells)
    twins = load_twins(project, words, english_placeholders(project, book.edition, placeholders, words))
    for card, (table, _) in zip(cards, book.tables, strict=True):
        twins.add(card, table.card)
    write_json(folder / "tables.json", cards)
    return twins.missing


def write_manifest(
    book: Book, project: Project, files: list[dict[str, Any]], words: Words, folder: Path
) -> None:
    """`manifest.json`: what this publication is and what it was made from."""
    edition = book.edition
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
            "territory": {
                "code": edition.territory.id,
                "name": edition.territory.name,
                "communes": sorted(commune["code"] for commune in edition.territory.communes),
            },
            "perimeter": str(data["perimeter"]),
            "nomenclature": book.nomenclature,
            "revisions": [
                {
                    "figures": list(r["figures"]),
                    "reason": french(r["reason"]),
                    "reason_en": r.get("reason_en"),
                }
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


def write_texts(book: Book, project: Project, placeholders: Placeholders, words: Words, folder: Path) -> None:
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
        translated = english_placeholders(project, book.edition, placeholders, words)
        write_json(folder / "texts.en.json", load_texts(folders, translated, by_chapter))


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
    """`map.geojson`: the outlines (public) of the communes of the territory, if there are any."""
    if edition.territory.map_path is None:
        return
    data = json.loads(decode(edition.territory.map_path.read_bytes()))
    own = {commune["code"] for commune in edition.territory.communes}
    kept = [feature for feature in data["features"] if own & outlined({"features": [feature]})]
    # One outline a line: the file stays readable in a diff.
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in kept)
    text = f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'
    (folder / "map.geojson").write_text(text, encoding="utf-8", newline="")


def write_json(path: Path, data: Any) -> None:
    """JSON that people can read and that does not change from run to run."""
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
