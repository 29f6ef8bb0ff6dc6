"""Mart tables → the door → `publication/`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ess_observatory.declare.claim_words import everywhere
from ess_observatory.declare.english_words import load_words
from ess_observatory.declare.project import Edition, Project, TableCard
from ess_observatory.engine.database import Database
from ess_observatory.errors import ObservatoryError
from ess_observatory.publish import write
from ess_observatory.publish.book import Book
from ess_observatory.publish.cells import read_cells
from ess_observatory.publish.chosen import Chooser
from ess_observatory.publish.concepts import classes
from ess_observatory.publish.controls import control
from ess_observatory.publish.edition_words import placeholders_of
from ess_observatory.publish.last_look import let_out
from ess_observatory.publish.named_rows import refuse_unknown_rows
from ess_observatory.publish.origins import Origins
from ess_observatory.publish.precision import as_reliable
from ess_observatory.publish.replication import check_cells, replicate
from ess_observatory.publish.wide import write_wide
from ess_observatory.quality.verdicts import Verdict, verdict
from ess_observatory.secrecy.protect import Protected


def publish(
    db: Database, project: Project, edition: Edition, folder: Path, build: str
) -> tuple[Book, list[Verdict]]:
    """Protect every table and write the publication folder; returns the published tables and the verdicts of gate 2."""
    folder.mkdir(parents=True, exist_ok=True)
    rules = project.secrecy
    present = frozenset(row[0] for row in db.rows("select source from rules.edition_source where is_present"))
    book = Book(edition, build, present, nomenclature=_nomenclature(db))
    tables = [project.with_sources(table, present) for table in project.tables]
    tables = [table for table in tables if table.card.get("kind") is None and table.is_fed(present)]
    marts = [
        (table.id, table.card, as_reliable(read_cells(db, table), table.card, rules)) for table in tables
    ]
    refuse_unknown_rows(project, edition, present, marts)
    words = load_words(project, edition)
    chooser: Chooser
    replication = edition.data.get("replication")

    def complete(protected: Protected) -> dict[str, list[str]]:
        """The tables that are made of what the others show."""
        nonlocal chooser
        chooser = Chooser(book, project, words)
        chooser.add_tables()
        if replication:
            _replicate(
                book, project, protected, project.pipelines / "replications" / str(replication), folder
            )
        return chooser.copies()

    let_out(book, tables, marts, rules, classes(project), folder, complete)
    if not book.tables:
        raise ObservatoryError(
            "E512",
            "Aucun tableau à publier : les lignes retenues n’en remplissent aucun",
            f"sources lues : {', '.join(project.sources[name].title for name in sorted(present))}",
            "Vérifiez que les fichiers sont ceux du territoire et de l’année de l’édition ; « ess plan » dit ce qui est compris.",
        )
    placeholders = placeholders_of(project, book)
    origins = Origins(book, project)
    write.write_figures(book, origins, folder)
    untranslated = write.write_tables(book, project, origins, placeholders, words, folder)
    files = db.dicts("select distinct source, file, sha256 from staging.ledger order by all")
    write.write_manifest(book, project, files, words, folder)
    write.write_texts(book, project, placeholders, words, folder)
    write.write_map(edition, folder)
    write_wide(folder)
    chooser.write(folder)
    verdicts = control(book, db) + chooser.verdicts()
    verdicts += _unclaimed(project)
    verdicts += _absent(placeholders.absent)
    verdicts += _emptied(tables, book, project)
    return book, verdicts + [_untranslated(number, words) for number, words in untranslated.items()]


def _nomenclature(db: Database) -> str | None:
    """The nomenclature in which the registers give the activity of most of the establishments that are counted."""
    counted = "select naf_nomenclature, count(*) from core.establishment where in_perimeter and naf_nomenclature is not null"
    rows = db.rows(f"{counted} group by naf_nomenclature order by count(*) desc, naf_nomenclature")
    return str(rows[0][0]) if rows else None


def _unclaimed(project: Project) -> list[Verdict]:
    """One warning on the texts that rank, compare or qualify by themselves: nothing holds them to the figures."""
    found: dict[str, list[str]] = {}
    for where, trouble in everywhere(project):
        found.setdefault(where, []).append(trouble.value)
    if not found:
        return []
    places = " ; ".join(f"{where} ({', '.join(words)})" for where, words in found.items())
    label = (
        "Textes qui classent, comparent ou qualifient sans affirmation déclarée (pipelines/rules/claims.toml)"
    )
    return [verdict("texts.unclaimed", "publication", label, "warn", False, places)]


def _absent(texts: dict[str, set[str]]) -> list[Verdict]:
    """One warning on all the texts that speak of figures which this edition does not have."""
    if not texts:
        return []
    places = " ; ".join(f"{where} ({', '.join(sorted(names))})" for where, names in texts.items())
    label = "Textes laissés de côté, faute de chiffres"
    return [verdict("texts.left_aside", "publication", label, "warn", False, places)]


def _emptied(tables: list[TableCard], book: Book, project: Project) -> Iterator[Verdict]:
    """A warning on the columns that were left out where a source was asked for a year: the file does not hold it, perhaps."""
    kept = {table.id: {column["code"] for column in table.card["columns"]} for table, _ in book.tables}
    for table in tables:
        lost = [c["label"] for c in table.card["columns"] if c["code"] not in kept.get(table.id, {c["code"]})]
        dated = [
            f"{name} ({vintage})"
            for name in table.card.get("sources", [])
            if name in book.present
            and project.sources[name].role != "register"
            and (vintage := book.edition.sources.get(name, {}).get("vintage"))
        ]
        if lost and dated:
            yield verdict(
                f"empty.{table.number}",
                "publication",
                f"Tableau {table.number} : colonne sans aucune valeur, laissée de côté",
                "warn",
                False,
                f"{', '.join(lost)} : les fichiers lus n’en donnent rien ; vérifiez le millésime demandé (vintage) : {', '.join(dated)}",
            )


def _untranslated(number: str, words: list[str]) -> Verdict:
    """A warning on a table that stays partly in French on the English page."""
    return verdict(
        f"english.{number}",
        "publication",
        f"Tableau {number} : traduction anglaise incomplète",
        "warn",
        False,
        f"sans équivalent anglais (fiche du tableau, ou pipelines/texts/en/words.toml) : {', '.join(words)}",
    )


def _replicate(book: Book, project: Project, protected: Protected, reference: Path, folder: Path) -> None:
    figures = {figure_id: cell for figure_id, (cell, _, _) in book.figures().items()}
    exact = {
        book.figure_id(table, cell): protected.links.cells[table.id, *cell.key].value
        for table, cells in book.tables
        for cell in cells
        if (table.id, *cell.key) in protected.printed
    }
    write.write_replication(replicate(reference, figures, exact), folder)
    for table in project.tables:
        if table.card.get("kind") == "checks":
            book.tables.append((table, check_cells(reference, figures)))
    book.tables.sort(key=lambda item: item[0].sort_key)
