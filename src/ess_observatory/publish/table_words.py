"""What prints a published table besides its numbers: titles, scope, source, base, notes, labels of rows and columns."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from ess_observatory.declare.files import read_toml
from ess_observatory.declare.project import Project, TableCard
from ess_observatory.publish.book import Book
from ess_observatory.publish.texts import Placeholders
from ess_observatory.publish.worth_printing import chart_of
from ess_observatory.secrecy.door import Cell
from ess_observatory.words.typography import french


def declared_scopes(project: Project, placeholders: Placeholders) -> dict[str, str]:
    """The scopes that a table may have (`texts/scopes.toml`), in words."""
    path = project.pipelines / "texts" / "scopes.toml"
    return {
        key: french(placeholders.fill(text, f"scopes.toml : {key}") or text)
        for key, text in read_toml(path).items()
    }


def table_json(
    book: Book,
    project: Project,
    table: TableCard,
    cells: list[Cell],
    placeholders: Placeholders,
    scopes: dict[str, str],
) -> dict[str, Any]:
    """All that prints a table but its numbers."""
    card = table.card
    place = f"tables/{table.id}/card.toml"

    def text(key: str) -> str | None:
        filled = placeholders.fill(card[key], f"{place} : {key}") if card.get(key) else None
        return french(filled) if filled else None

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
    finding = text("finding")
    named = placeholders.named if finding else []
    return {
        "id": table.id,
        "number": table.number,
        "chapter": card["chapter"],
        "title": text("title") or french(card["stub"]),
        "finding": finding,
        "scope": scopes[card["scope"]],
        "source": source_label(book, project, card),
        "base": text("base"),
        "reading_aid": text("reading_aid"),
        "notes": [
            french(note) for note in (placeholders.fill(n, place) for n in card.get("notes", [])) if note
        ],
        "stub": french(card["stub"]),
        "columns": columns,
        "rows": list(rows.values()),
        "texts": dict(texts),
        "chart": chart_of(card, cells, finding, named),
        "method": bool(card.get("method")),
    }


def source_label(book: Book, project: Project, card: dict[str, Any]) -> str:
    """« Insee 2010 ; enquête 2012 ; calculs de l’observatoire »: the sources of a table that were read."""
    labels = [
        book.edition.sources.get(s, {}).get("label", project.sources[s].title)
        for s in card.get("sources", [])
        if s in book.present
    ]
    return french(" ; ".join([*labels, "calculs de l’observatoire"]))
