"""Reads a publication folder, the only input of renderers and notebooks (no database).

Files of the folder
-------------------
`figures.parquet`      one row a published number (columns of the contract); `value` is null unless shown; `low` (and `high`) say what
                       a sum with unknown terms is at least (and at most): it has no value.
`tables.json`          list of objects, in print order, one a table::

    {"id": "employers_by_size",     # stable, snake case
     "number": "1.1",               # "C.1" in lettered chapters
     "chapter": 1,                  # int or letter
     "title": "…",                  # what is measured
     "finding": "…" | null,         # one sentence, plain text, placeholders already replaced
     "scope": "…", "source": "…",   # plain text, without the words « Champ » and « Source »
     "base": "…" | null, "reading_aid": "…" | null, "notes": ["…"],
     "stub": "…",                   # header of the first column
     "columns": [{"code": "…", "label": "…", "unit": "…", "decimals": 0, "kind": "number" | "text"}],
     "dates": [{"dates": ["2011-12-31" | "2009"], "column_code"? | "row_code"?: ["…"]}],   # what its figures are about
     "rows": [{"code": "…", "label": "…", "section": "…" | null,
               "kind": "data" | "total" | "base" | "missing"}],
     "texts": {row_code: {column_code: "…"}},   # cells of columns of kind text (twin: `texts_en`)
     "chart": {…} | null}           # see render.charts

  Any text key may have a twin `<key>_en` (also in columns and rows), taken when `lang="en"` is asked.
  A number absent from `figures.parquet` does not exist by nature (sign `///`); an absent text is « – ».
`manifest.json`        {"edition", "year", "title", "subtitle"?, "territory": {"code", "name", "communes"},
                       "publisher": {"name", "contact"?, "url"?}, "licence": {"name", "url"?},
                       "synthetic": bool, "banner"?, "version", "build", "published"?, "citation"?,
                       "signs": {sign: meaning}, "sources": [{"id", "label", "producer", "vintage", "licence",
                       "files": [{"name", "sha256"}]}]}
                       (`territory`, `publisher` and `licence` may be a plain string).
`texts.json`           {"main_points": [html], "key_figures": [figure id | {"figure", "label"?, "detail"?}],
                       "chapters": [{"id", "number", "title", "headline"?, "html"?, "stakes"?,
                       "tables": [number | id]}], "glossary": [{"term", "definition": html}]}.
                       HTML here is written by the publisher and trusted.
`texts.en.json`        optional twin of `texts.json`, taken when `lang="en"` is asked.
`concepts.json`        optional: {"area": "epci=…" | "territory=…", "concepts": {concept: {"label", "population", "source", "date",
                       "unit", "made_from": [source ids], "figures": {figure id: category}}}}; a category is "family=association",
                       "" for the whole.
`checks.json`          [{"id", "label", "status": "ok" | "warning" | "failed" | "info", "detail"?, "source"?}]
                       (`label_en` and `detail_en`, as `label_en` and `remark_en` below, are taken when `lang="en"`).
`changes.json`         optional: what changed since the edition before, {"status": "first" | "missing" | "compared", "since",
                       "heading", "lines": [{"kind", "text"}]}, each text with its `_en` twin.
`map.geojson`          optional FeatureCollection; properties `code`, `name`, `commune_codes`?, `cx`?, `cy`?.
`replication.parquet`  optional: figure_id, published, recomputed, difference, verdict, remark.
`replication.json`     optional: {figure_id: {"label", "label_en"?, "unit", "remark_en"?}}, words of the lines of the former.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.tables import SIGN_OF_STATUS, Cell, Column, PublishedTable, Row
from ess_observatory.words.dates import JOINT, dates_words
from ess_observatory.words.labels import colon, unit_word
from ess_observatory.words.numbers import format_bound

_TEXTS = ("title", "finding", "scope", "source", "base", "reading_aid", "notes", "stub")


def read_publication(directory: Path | str, lang: str = "fr") -> Publication:
    """Reads a publication folder.

    Returns a `Publication`; raises ObservatoryError when a file lacks, when a number belongs to no table, or
    when a hidden cell carries a value (exit code 6).
    """
    folder = Path(directory)
    numbers: dict[str, list[dict[str, Any]]] = {}
    for record in _parquet(folder / "figures.parquet"):
        numbers.setdefault(record["table_id"], []).append(record)
    tables = tuple(_table(card, numbers.pop(card["id"], []), lang) for card in _json(folder / "tables.json"))
    if numbers:
        raise ObservatoryError(
            "E411",
            f"Des chiffres n’appartiennent à aucun tableau : {', '.join(sorted(numbers))}.",
            str(folder / "figures.parquet"),
            "Reconstruire la publication.",
            Exit.INTEGRITY,
        )
    return Publication(
        dir=folder,
        manifest=_manifest(_json(folder / "manifest.json"), lang),
        tables=tables,
        texts=_texts(folder, lang),
        map=_json(folder / "map.geojson", optional=True),
        checks=[_twinned(check, lang) for check in _json(folder / "checks.json", optional=True) or []],
        replication=[_twinned(line, lang) for line in _replication(folder)],
        lang=lang,
        changes=_changes(_json(folder / "changes.json", optional=True) or {}, lang),
        concepts=_json(folder / "concepts.json", optional=True) or {},
    )


def _changes(found: dict[str, Any], lang: str) -> dict[str, Any]:
    return {**_twinned(found, lang), "lines": [_twinned(line, lang) for line in found.get("lines", ())]}


def _manifest(manifest: dict[str, Any], lang: str) -> dict[str, Any]:
    """The manifest with its `<key>_<lang>` twins in place of the French words, in its sources and publisher too."""
    found = _twinned(manifest, lang)
    sources = [_twinned(source, lang) for source in manifest.get("sources") or ()]
    publisher = manifest.get("publisher")
    return {
        **found,
        "sources": sources,
        "publisher": _twinned(publisher, lang) if isinstance(publisher, dict) else publisher,
    }


def _twinned(item: dict[str, Any], lang: str) -> dict[str, Any]:
    """An item with its `<key>_<lang>` twins in place of the French words; `french`: the keys whose twin lacks."""
    if lang == "fr":
        return item
    end = f"_{lang}"
    keys = [key.removesuffix(end) for key in item if key.endswith(end)]
    twins = {key: item[key + end] for key in keys if item[key + end]}
    return {**item, **twins, "french": [key for key in keys if item.get(key) and key not in twins]}


def _texts(folder: Path, lang: str) -> dict[str, Any]:
    """`texts.<lang>.json` where it exists, else the French texts, marked as such by `"lang": "fr"`."""
    own = _json(folder / f"texts.{lang}.json", optional=True) if lang != "fr" else None
    found = own if own is not None else _json(folder / "texts.json")
    return {**found, "lang": lang if own is not None else "fr"}


def _untranslated(card: dict[str, Any], lang: str) -> frozenset[str]:
    """Keys of a table's texts that stay in French for want of a twin, `rows` and `columns` included."""
    if lang == "fr":
        return frozenset()
    missing = {key for key in _TEXTS if card.get(key) and not card.get(f"{key}_{lang}")}
    for name in ("rows", "columns"):
        if any(item.get("label") and not item.get(f"label_{lang}") for item in card[name]):
            missing.add(name)
    return frozenset(missing)


def _table(card: dict[str, Any], records: list[dict[str, Any]], lang: str) -> PublishedTable:
    def text(source: dict[str, Any], key: str) -> Any:
        return (source.get(f"{key}_{lang}") if lang != "fr" else None) or source.get(key)

    columns = tuple(
        Column(
            c["code"],
            text(c, "label"),
            c.get(f"unit_{lang}") or unit_word(c.get("unit") or "", lang),
            c.get("decimals") or 0,
            c.get("kind") or "number",
        )
        for c in card["columns"]
    )
    rows = tuple(
        Row(r["code"], text(r, "label"), r.get("kind") or "data", text(r, "section")) for r in card["rows"]
    )
    cells = {
        (row.code, column.code): Cell(text="–") if column.kind == "text" else Cell(obs_status="M")
        for row in rows
        for column in columns
    }
    twins = card.get(f"texts_{lang}") or {}
    for row_code, values in (card.get("texts") or {}).items():
        for column_code, value in values.items():
            if (row_code, column_code) not in cells:
                raise _stray(card, row_code, column_code)
            if value:
                cells[row_code, column_code] = Cell(text=twins.get(row_code, {}).get(column_code) or value)
    for record in records:
        key = (record["row_code"], record["column_code"])
        if key not in cells:
            raise _stray(card, *key)
        cells[key] = _cell(record, cells[key].text, lang)
    untranslated = _untranslated(card, lang)
    headless = "finding" in untranslated and "title" not in untranslated  # the title heads the table instead
    return PublishedTable(
        id=card["id"],
        number=str(card["number"]),
        chapter=card["chapter"],
        title=text(card, "title"),
        finding=None if headless else text(card, "finding"),
        scope=text(card, "scope"),
        source=text(card, "source"),
        base=text(card, "base"),
        reading_aid=text(card, "reading_aid"),
        notes=tuple(text(card, "notes") or ()),
        stub=text(card, "stub") or "",
        columns=columns,
        rows=rows,
        cells=cells,
        chart=card.get("chart"),
        is_method=bool(card.get("method")),
        untranslated=untranslated - {"finding"} if headless else untranslated,
        dates=_dates(card.get("dates") or (), columns, rows, lang) or None,
    )


def _dates(
    told: Iterable[dict[str, Any]], columns: tuple[Column, ...], rows: tuple[Row, ...], lang: str
) -> str:
    """« 31 décembre 2011 », or « Établissements, Part : 31 décembre 2011 ; Postes : 2009 »."""
    labels = {"column_code": {c.code: c.label for c in columns}, "row_code": {r.code: r.label for r in rows}}
    said = []
    for entry in told:
        kind = next((kind for kind in labels if kind in entry), None)
        names = [labels[kind].get(code, code) for code in entry[kind]] if kind else []
        when = dates_words(entry["dates"], lang)
        said.append(f"{', '.join(dict.fromkeys(names))}{colon(lang)}{when}" if names else when)
    return ("; " if lang == "en" else "\u00a0; ").join(said)


def _cell(record: dict[str, Any], text: str | None, lang: str) -> Cell:
    measures = ("value", "numerator", "denominator", "base_n", "ci_low", "ci_high")
    conf_status, obs_status = record.get("conf_status") or "F", record.get("obs_status") or "A"
    telling = ("value", "numerator", "ci_low", "ci_high", "low", "high")
    if conf_status != "F" and any(record.get(name) is not None for name in telling):
        raise ObservatoryError(
            "E510",
            f"La cellule masquée « {record['figure_id']} » porte une valeur : publication refusée.",
            "figures.parquet",
            "Reconstruire la publication ; ne pas diffuser ce dossier.",
            Exit.INTEGRITY,
        )
    shown = conf_status == "F" and obs_status not in SIGN_OF_STATUS
    kept = {name: record.get(name) if shown else None for name in measures}
    low, high, decimals = record.get("low"), record.get("high"), record.get("decimals") or 0
    return Cell(
        figure_id=record["figure_id"],
        text=text if shown else None,
        obs_status=obs_status,
        conf_status=conf_status,
        flags=tuple(record.get("flags") or ()),
        unit=None if record.get("unit") is None else unit_word(record["unit"], lang),
        decimals=record.get("decimals"),
        low=low,
        high=high,
        bound="" if low is None else format_bound(low, high, None, decimals, lang),
        sources=tuple(record.get("reference_sources") or record.get("sources") or ()),
        dates=tuple((record.get("reference_date") or "").split(JOINT))
        if record.get("reference_date")
        else (),
        **kept,
    )


def _stray(card: dict[str, Any], row_code: str, column_code: str) -> ObservatoryError:
    return ObservatoryError(
        "E411",
        f"La cellule « {row_code} / {column_code} » n’existe pas dans le tableau {card['number']}.",
        f"tableau {card['id']}",
        "Reconstruire la publication.",
        Exit.INTEGRITY,
    )


def _missing(path: Path) -> ObservatoryError:
    return ObservatoryError(
        "E412",
        f"Le fichier « {path.name} » manque.",
        str(path.parent),
        "Lancer « ess publish ».",
        Exit.MISSING,
    )


def _json(path: Path, optional: bool = False) -> Any:
    if not path.exists():
        if optional:
            return None
        raise _missing(path)
    return json.loads(path.read_text(encoding="utf-8"))


def _parquet(path: Path, optional: bool = False) -> list[dict[str, Any]]:
    if not path.exists():
        if optional:
            return []
        raise _missing(path)
    import pyarrow.parquet as pq

    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


def _replication(folder: Path) -> list[dict[str, Any]]:
    """The lines of the replication, with their words."""
    words = _json(folder / "replication.json", optional=True) or {}
    lines = _parquet(folder / "replication.parquet", optional=True)
    return [{"label": None, "unit": None, **line, **words.get(line["figure_id"], {})} for line in lines]
