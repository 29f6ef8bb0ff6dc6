"""What the page of a publication says, chapter by chapter, ready for the templates."""

from __future__ import annotations

import string
from typing import Any

from ess_observatory.publish.publication import Figure, Publication
from ess_observatory.publish.table_csv import csv_name
from ess_observatory.publish.tables import PublishedTable
from ess_observatory.render.chartdata import Context
from ess_observatory.render.views import table_view
from ess_observatory.words import labels as words
from ess_observatory.words.dates import dates_words
from ess_observatory.words.numbers import plain_number

_BACK_MATTER = {
    "A": {"fr": "Sources et méthode", "en": "Sources and method"},
    "B": {"fr": "Glossaire", "en": "Glossary"},
    "C": {"fr": "Forces et limites", "en": "Strengths and limitations"},
    "D": {"fr": "Télécharger et citer", "en": "Download and cite"},
}


def page_content(publication: Publication, lang: str, paper: bool = False) -> dict[str, Any]:
    """Everything that the template of the page prints, but its style and script; `paper`: for a PDF."""
    manifest = publication.manifest
    mention = words.labels(lang)["synthetic"] if manifest.get("synthetic") else ""
    context = Context(lang, mention, words.sign_meanings(lang, manifest), paper)
    placed = _placed(publication)
    return {
        "manifest": manifest,
        "banner": words.banner(manifest, lang),
        "facts": _facts(manifest, lang),
        "territory": name_of(manifest.get("territory")),
        "heading": _heading(manifest),
        "citation": manifest.get("citation") or _citation(manifest, lang),
        "texts": publication.texts,
        "foreign": publication.texts.get("lang", lang) != lang,
        "changes": publication.changes,
        "tiles": _tiles(publication, lang),
        "essentials": [
            _view(publication, table, context)
            for table in publication.tables
            if str(table.chapter) == "0" and not {table.id, table.number} & placed
        ],
        "chapters": _chapters(publication, context),
        "checks": _checks(publication, lang),
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
    return plain_number(value, lang)


def _heading(manifest: dict[str, Any]) -> str:
    """Title of the edition, with its territory unless the title names it."""
    title, territory = str(manifest["title"]), name_of(manifest.get("territory"))
    return title if territory in title else f"{title} – {territory}"


def _citation(manifest: dict[str, Any], lang: str) -> str:
    """How to cite the edition, from what the manifest says of it; '' when it does not name its publisher."""
    if not name_of(manifest.get("publisher")) or not manifest.get("published"):
        return ""
    return words.labels(lang)["cite_as"].format(
        publisher=name_of(manifest["publisher"]),
        title=manifest["title"],
        year=manifest.get("year"),
        version=manifest.get("version"),
        published=words.date_words(manifest["published"], lang),
    )


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


def _origin(publication: Publication, figure: Figure, lang: str) -> str:
    """« Insee, CLAP 2009 (2009) »: the sources of a figure and what it is about."""
    labels = {source["id"]: str(source["label"]) for source in publication.manifest.get("sources") or ()}
    named = " ; ".join(labels[source] for source in figure.cell.sources if source in labels)
    when = dates_words(figure.cell.dates, lang)
    return f"{named} ({when})" if named and when else named or when


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
                "origin": _origin(publication, figure, lang),
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
    kept = [chapter for chapter in chapters if _has_content(chapter, publication)]
    letters = iter(string.ascii_uppercase)
    for chapter in kept:
        if str(chapter["id"]).isalpha() and not chapter["views"]:  # the tables of an annex carry its letter
            chapter["number"] = next(letters)
        elif str(chapter["id"]).isalpha():
            letters = iter(string.ascii_uppercase.partition(str(chapter["number"]))[2])
    return kept


def _placed(publication: Publication) -> set[str]:
    chapters = publication.texts.get("chapters") or []
    return {str(key) for chapter in chapters for key in chapter.get("tables") or ()}


def _view(publication: Publication, table: PublishedTable, context: Context) -> dict[str, Any]:
    view = table_view(table, context, folded=False if context.paper else None, geo=publication.map)
    name = csv_name(publication, table, str(publication.manifest.get("edition") or ""))
    return {**view, "csv_name": name}


def _has_content(chapter: dict[str, Any], publication: Publication) -> bool:
    extra = {
        "A": True,
        "B": bool(publication.texts.get("glossary")),
        "C": bool(publication.checks or publication.replication),
        "D": bool(publication.manifest.get("citation") or _citation(publication.manifest, publication.lang)),
    }
    written = chapter["views"] or chapter.get("html") or chapter.get("headline")
    return bool(written) or extra.get(str(chapter["id"]), False)


def _checks(publication: Publication, lang: str) -> list[dict[str, Any]]:
    """The controls with the word of their status, and the names of the sources that they are about."""
    names = {source["id"]: source["label"] for source in publication.manifest.get("sources") or ()}
    names["publication"] = words.labels(lang)["publication"]
    found = []
    for check in publication.checks:
        about = [part.strip() for part in str(check.get("source") or "").split(",")]
        found.append(
            {
                **check,
                "key": words.status_key(check.get("status")),
                "word": words.status_label(check.get("status"), lang),
                "place": ("\u202f; " if lang == "fr" else "; ").join(names.get(part, part) for part in about),
            }
        )
    return found


def _measured(line: dict[str, Any], key: str, lang: str) -> str:
    """A value of a replication line, with the sign of its unit when it has one (% or €)."""
    text, unit = plain(line.get(key), lang), line.get("unit")
    if text == "–" or unit not in ("%", "€"):
        return text
    if lang == "fr":
        return f"{text}\u00a0{unit}"
    return f"{text}%" if unit == "%" else f"€{text}"


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
                "published": _measured(line, "published", lang),
                "recomputed": _measured(line, "recomputed", lang),
                "difference": plain(line.get("difference"), lang),
                "verdict": verdict,
                "word": words.verdict_label(verdict, lang),
                "remark": line.get("remark") or "–",
                "french": line.get("french", ()),
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
