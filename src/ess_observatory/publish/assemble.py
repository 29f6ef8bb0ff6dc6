"""Mart tables → the door → `publication/`."""

from __future__ import annotations

from pathlib import Path

from ess_observatory.declare.english_words import load_words
from ess_observatory.declare.project import Edition, Project
from ess_observatory.engine.database import Database
from ess_observatory.publish import write
from ess_observatory.publish.book import Book, known_ids
from ess_observatory.publish.cells import read_cells
from ess_observatory.publish.chosen import Chooser
from ess_observatory.publish.concepts import classes
from ess_observatory.publish.controls import control
from ess_observatory.publish.edition_words import names_for_texts
from ess_observatory.publish.last_look import close
from ess_observatory.publish.replication import check_cells, replicate
from ess_observatory.publish.texts import Placeholders
from ess_observatory.publish.wide import write_wide
from ess_observatory.quality.verdicts import Verdict, verdict
from ess_observatory.secrecy.protect import Protected, protect


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
    marts = [(table.id, table.card, read_cells(db, table)) for table in tables]
    protected = protect(marts, rules, classes(project))
    book.tables += [(table, protected.cells[table.id]) for table in tables if protected.cells[table.id]]
    words = load_words(project, edition)
    chooser = Chooser(book, project, words)
    chooser.add_tables()
    replication = edition.data.get("replication")
    if replication:
        _replicate(book, project, protected, project.pipelines / "replications" / str(replication), folder)
    figures = book.figures()
    close(protected, book, tables, rules, folder)
    placeholders = Placeholders(figures, names_for_texts(project, edition), known=known_ids(project))
    write.write_figures(book, folder)
    untranslated = write.write_tables(book, project, placeholders, words, folder)
    files = db.dicts("select distinct source, file, sha256 from staging.ledger order by all")
    write.write_manifest(book, project, files, words, folder)
    write.write_texts(book, project, placeholders, folder)
    write.write_map(edition, folder)
    write_wide(folder)
    chooser.write(folder)
    verdicts = control(book, db) + chooser.verdicts()
    verdicts += [_absent(where, names) for where, names in placeholders.absent.items()]
    return book, verdicts + [_untranslated(number, words) for number, words in untranslated.items()]


def _absent(where: str, names: set[str]) -> Verdict:
    """A warning on a text that speaks of figures which this edition does not have."""
    return verdict(
        f"text.{where}",
        "publication",
        f"Texte laissé de côté dans {where}",
        "warn",
        False,
        f"chiffres absents de cette édition : {', '.join(sorted(names))}",
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
