"""What the page of a publication says, chapter by chapter, ready for the templates."""

from __future__ import annotations

from typing import Any

from ess_observatory.publish.tables import Publication, PublishedTable
from ess_observatory.render import labels as words
from ess_observatory.render.chartdata import Context
from ess_observatory.render.csvfile import csv_name
from ess_observatory.render.numbers import format_number
from ess_observatory.render.views import table_view

_BACK_MATTER = {
    "A": {"fr": "Sources et méthode", "en": "Sources and method"},
    "B": {"fr": "Glossaire", "en": "Glossary"},
    "C": {"fr": "Forces et limites", "en": "Strengths and limitations"},
    "E": {"fr": "Télécharger et citer", "en": "Download and cite"},
}


def page_content(publication: Publication, lang: str) -> dict[str, Any]:
    """Everything that the template of the page prints, but its style and script."""
    manifest = publication.manifest
    mention = words.labels(lang)["synthetic"] if manifest.get("synthetic") else ""
    context = Context(lang, mention, words.sign_meanings(lang, manifest))
    placed = _placed(publication)
    return {
        "manifest": manifest,
        "banner": words.banner(manifest, lang),
        "facts": _facts(manifest, lang),
        "territory": name_of(manifest.get("territory")),
        "texts": publication.texts,
        "foreign": publication.texts.get("lang", lang) != lang,
        "tiles": _tiles(publication, lang),
        "essentials": [
            _view(publication, table, context)
            for table in publication.tables
            if str(table.chapter) == "0" and not {table.id, table.number} & placed
        ],
        "chapters": _chapters(publication, context),
        "checks": [
            {
                **check,
                "key": words.status_key(check.get("status")),
                "word": words.status_label(check.get("status"), lang),
            }
            for check in publication.checks
        ],
        "replication": _replication(publication, lang),
        "signs": context.meanings,
    }


def name_of(value: Any) -> str:
    """Name of a manifest entry given as text or as {"name": …}."""
    return str(value.get("name") or value.get("label") or "") if isinstance(value, dict) else str(value or "")


def plain(value: Any, lang: str = "fr") -> str:
    """A value of a replication or control line: numbers without useless decimals, « – » for nothing."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    decimals = next((d for d in range(4) if abs(value - round(value, d)) < 1e-9), 4)
    return format_number(value, decimals, lang)


def _facts(manifest: dict[str, Any], lang: str) -> list[tuple[str, str]]:
    text = words.labels(lang)
    publisher = manifest.get("publisher")
    facts = [
        (text["territory"], name_of(manifest.get("territory"))),
        (text["year"], str(manifest.get("year") or "")),
        (text["published"], words.date_words(manifest.get("published"), lang)),
        (text["version"], str(manifest.get("version") or "")),
        (text["publisher"], name_of(publisher)),
        (text["contact"], str(publisher.get("contact") or "") if isinstance(publisher, dict) else ""),
        (text["licence"], name_of(manifest.get("licence"))),
    ]
    return [(label, value) for label, value in facts if value]


def _tiles(publication: Publication, lang: str) -> list[dict[str, str]]:
    tiles = []
    for entry in (publication.texts.get("key_figures") or [])[:4]:
        wish = entry if isinstance(entry, dict) else {"figure": entry}
        figure = publication.figure(wish["figure"])
        tiles.append(
            {
                "value": figure.formatted(lang),
                "label": wish.get("label") or f"{figure.row.label} – {figure.column.label}",
                "detail": wish.get("detail") or figure.table.title,
                "anchor": figure.table.anchor,
                "number": figure.table.number,
            }
        )
    return tiles


def _chapters(publication: Publication, context: Context) -> list[dict[str, Any]]:
    chapters = [dict(chapter) for chapter in publication.texts.get("chapters") or []]
    known = {str(chapter["id"]) for chapter in chapters}
    for letter, titles in _BACK_MATTER.items():
        if letter not in known:
            chapters.append({"id": letter, "number": letter, "title": titles[context.lang], "tables": []})
    lettered = sorted((c for c in chapters if str(c["id"]).isalpha()), key=lambda c: str(c["id"]))
    chapters = [chapter for chapter in chapters if chapter not in lettered] + lettered
    placed = _placed(publication)
    for table in publication.tables:
        if str(table.chapter) != "0" and not placed & {table.id, table.number}:
            home = next((c for c in chapters if str(c["id"]) == str(table.chapter)), chapters[0])
            home["tables"] = [*(home.get("tables") or ()), table.number]
    for chapter in chapters:
        keys = chapter.get("tables") or ()
        chapter["views"] = [_view(publication, publication.table(str(key)), context) for key in keys]
        chapter["anchor"] = f"ch-{chapter['id']}".lower()
    return [chapter for chapter in chapters if _has_content(chapter, publication)]


def _placed(publication: Publication) -> set[str]:
    chapters = publication.texts.get("chapters") or []
    return {str(key) for chapter in chapters for key in chapter.get("tables") or ()}


def _view(publication: Publication, table: PublishedTable, context: Context) -> dict[str, Any]:
    view = table_view(table, context, geo=publication.map)
    return {**view, "csv_name": csv_name(table, str(publication.manifest.get("edition") or ""))}


def _has_content(chapter: dict[str, Any], publication: Publication) -> bool:
    extra = {
        "A": True,
        "B": bool(publication.texts.get("glossary")),
        "C": bool(publication.checks or publication.replication),
        "E": bool(publication.manifest.get("citation")),
    }
    written = chapter["views"] or chapter.get("html") or chapter.get("headline")
    return bool(written) or extra.get(str(chapter["id"]), False)


def _replication(publication: Publication, lang: str) -> dict[str, Any]:
    counts: dict[str, int] = {}
    rows = []
    for line in publication.replication:
        verdict = line.get("verdict") or ""
        counts[verdict] = counts.get(verdict, 0) + 1
        rows.append(
            {
                "id": line["figure_id"],
                "label": line.get("label") or line["figure_id"],
                "published": plain(line.get("published"), lang),
                "recomputed": plain(line.get("recomputed"), lang),
                "difference": plain(line.get("difference"), lang),
                "verdict": verdict,
                "word": words.verdict_label(verdict, lang),
                "remark": line.get("remark") or "–",
            }
        )
    order = ("identical", "rounding", "contradiction_in_report", "withheld", "not_computable")
    return {
        "rows": rows,
        "counts": [
            (verdict, words.plural(words.verdict_label(verdict, lang), counts[verdict]), counts[verdict])
            for verdict in sorted(counts, key=lambda v: order.index(v) if v in order else len(order))
        ],
    }
