"""Mart tables → the door → `publication/`."""

from __future__ import annotations

from pathlib import Path

from ess_observatory.declare.english_words import load_words
from ess_observatory.declare.project import Edition, Project, TableCard
from ess_observatory.engine.database import Database
from ess_observatory.publish import write
from ess_observatory.publish.book import Book
from ess_observatory.publish.cells import read_cells
from ess_observatory.publish.chosen import Chooser
from ess_observatory.publish.concepts import classes
from ess_observatory.publish.controls import control
from ess_observatory.publish.edition_words import placeholders_of
from ess_observatory.publish.last_look import let_out
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
    book = Book(edition, build, present)
    tables = [project.with_sources(table, present) for table in project.tables]
    tables = [table for table in tables if table.card.get("kind") is None and table.is_fed(present)]
    marts = [
        (table.id, table.card, as_reliable(read_cells(db, table), table.card, rules)) for table in tables
    ]
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
    verdicts += _absent(placeholders.absent)
    verdicts += [_emptied(table, names) for table, names in _lost(tables, book)]
    return book, verdicts + [_untranslated(number, words) for number, words in untranslated.items()]


def _absent(texts: dict[str, set[str]]) -> list[Verdict]:
    """One warning on all the texts that speak of figures which this edition does not have."""
    if not texts:
        return []
    places = " ; ".join(f"{where} ({', '.join(sorted(names))})" for where, names in texts.items())
    label = "Textes laissés de côté, faute de chiffres"
    return [verdict("texts.left_aside", "publication", label, "warn", False, places)]


def _lost(tables: list[TableCard], book: Book) -> list[tuple[TableCard, list[str]]]:
    """The tables that lost the columns for which no source gives anything, with the labels of these."""
    kept = {table.id: {column["code"] for column in table.card["columns"]} for table, _ in book.tables}
    lost = [
        (table, [c["label"] for c in table.card["columns"] if c["code"] not in kept[table.id]])
        for table in tables
        if table.id in kept
    ]
    return [(table, names) for table, names in lost if names]


def _emptied(table: TableCard, names: list[str]) -> Verdict:
    """A warning on columns that were left out, as their sources give nothing for the year that the edition asks for."""
    return verdict(
        f"empty.{table.number}",
        "publication",
        f"Tableau {table.number} : colonne sans aucune valeur, laissée de côté",
        "warn",
        False,
        f"{', '.join(names)} : les fichiers lus n’en donnent rien ; vérifiez le millésime (vintage) demandé aux sources "
        + ", ".join(table.card.get("sources", [])),
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
