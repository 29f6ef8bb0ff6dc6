"""The commentary of a publication as one document, with its values: every paragraph knows the file that it is written in.

Main points, what changed, then chapter by chapter the prose, the title and the reading of each table, and what the table says by
itself. `export.commentary_files` writes it for Word and in Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from ess_observatory.declare.project import Project
from ess_observatory.declare.prose import blocks_of
from ess_observatory.export.facts import facts_of, filled
from ess_observatory.publish.comparison import Change
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.tables import PublishedTable
from ess_observatory.words.decoding import decode
from ess_observatory.words.number_words import without_digits
from ess_observatory.words.typography import french

TITLE = "Commentaire du rapport"
GUIDE = (
    "Ce document est le commentaire du rapport tel qu’il est publié, avec ses chiffres. Corrigez les phrases ici : chacune porte en marge "
    "le fichier d’où elle vient, où la correction sera reportée.",
    "Un chiffre ne se corrige pas dans une phrase : il vient des tableaux. Signalez-le en marge s’il surprend.",
    "Les « relevés » sont écrits par le programme d’après chaque tableau : à vérifier, à trier, à récrire. Rien ne les publie.",
)
_FACTS = 4
_TAG = re.compile(r"{{.*?}}|{%.*?%}", re.DOTALL)
_SHORTEST = 5


@dataclass(frozen=True)
class Run:
    """Some words of a paragraph."""

    text: str
    bold: bool = False
    italic: bool = False


@dataclass(frozen=True)
class Block:
    """A paragraph. `kind`: title, guide, chapter, heading, table, lead, text, item, reading or fact; `place`: the file to change."""

    kind: str
    runs: tuple[Run, ...]
    place: str = ""

    @property
    def text(self) -> str:
        """Its words alone."""
        return "".join(run.text for run in self.runs)


def commentary(
    publication: Publication, project: Project, changes: Mapping[str, Sequence[Change]] | None = None
) -> list[Block]:
    """The document, in reading order. `changes`: table id → what changed since an earlier publication."""
    book, texts = publication, publication.texts
    places = _Places(project, book)
    banner = [_plain("lead", str(book.manifest["banner"]))] if book.manifest.get("banner") else []
    blocks = [_plain("title", f"{TITLE} – {book.manifest['title']}"), *banner]
    blocks += [_plain("guide", text) for text in GUIDE]
    blocks.append(_plain("chapter", "L’essentiel"))
    for point in texts.get("main_points") or ():
        blocks += [
            _at(block, places.of_text("essentiel.md", block))
            for block in blocks_of_html(f"<ul><li>{point}</li></ul>")
        ]
    if lines := book.changes.get("lines"):
        blocks.append(_plain("heading", str(book.changes["heading"])))
        blocks += [
            _plain("item", line["text"], "calculé d’après les deux publications ; rien à corriger ici")
            for line in lines
        ]
    for table in book.tables:
        if str(table.chapter) == "0":
            blocks += _table(book, table, places, "essentiel.md", (changes or {}).get(table.id, ()))
    for chapter in texts.get("chapters") or ():
        blocks += _chapter(book, chapter, places, changes or {})
    return blocks


def _chapter(
    book: Publication, chapter: Mapping[str, Any], places: _Places, changes: Mapping[str, Sequence[Change]]
) -> Iterator[Block]:
    number = str(chapter["id"])
    name = f"ch-{number.zfill(2) if number.isdigit() else number.lower()}.md"

    def said(kind: str, text: str) -> Block:
        block = _plain(kind, text)
        return _at(block, places.of_text(name, block))

    yield said("chapter", f"{chapter['number']}. {chapter['title']}")
    if chapter.get("headline"):
        yield said("lead", chapter["headline"])
    for block in blocks_of_html(chapter.get("html") or ""):
        yield _at(block, places.of_text(name, block))
    for key in chapter.get("tables") or ():
        table = book.table(str(key))
        yield from _table(book, table, places, name, changes.get(table.id, ()))
    if chapter.get("stakes"):
        yield _plain("heading", "Enjeux")
        for block in blocks_of_html(chapter["stakes"]):
            yield _at(block, places.of_text(name, block))


def _table(
    book: Publication, table: PublishedTable, places: _Places, name: str, changes: Sequence[Change]
) -> Iterator[Block]:
    card = places.of_table(table.id)
    key = "finding" if table.finding else "title"
    yield _plain("table", f"{table.finding or table.title} (tableau {table.number})", f"{card}, « {key} »")
    if table.reading_aid:
        yield _plain("reading", f"Lecture : {table.reading_aid}", f"{card}, « reading_aid »")
    for note in table.notes:
        if note not in places.noted:
            places.noted.add(note)
            yield _plain("reading", f"Note : {note}", f"{card}, « notes »")
    for fact in facts_of(table, changes, str)[:_FACTS]:
        runs = runs_of_markdown(f"Relevé : {french(filled(fact.text, book))}")
        yield Block(
            "fact", runs, "conseil à qui écrit" if fact.is_advice else f"pour le publier : {places.own(name)}"
        )


class _Places:
    """Where the words of a publication are written."""

    def __init__(self, project: Project, book: Publication) -> None:
        self.project, self.book = project, book
        self.files = {str(k): str(v) for k, v in (book.texts.get("files") or {}).items()}
        self.cards = {table.id: table.folder / "card.toml" for table in project.tables}
        self.read: dict[str, list[tuple[int, list[str]]]] = {}
        self.noted: set[str] = set()  # a note that several tables share is said under the first

    def of_text(self, name: str, block: Block) -> str:
        """File and line of a paragraph of the prose; the file alone where the paragraph is not found in it."""
        file = f"pipelines/{self.files.get(name, f'texts/fr/{name}')}"
        line = self._line(file, block.text)
        return f"{file}, ligne {line}" if line else file

    def of_table(self, table_id: str) -> str:
        """The card of a table; the questionnaire for a table that a question of the survey declares."""
        card = self.cards.get(table_id)
        path = card if card is not None and card.is_file() else self.project.questionnaire
        return (
            path.relative_to(self.project.root).as_posix()
            if path.is_relative_to(self.project.root)
            else path.name
        )

    def own(self, name: str) -> str:
        """Where the text of this edition alone is, or would be."""
        return f"pipelines/texts/fr/{self.book.manifest['edition']}/{name}"

    def _line(self, file: str, text: str) -> int | None:
        """The line of the block whose fixed words are in a paragraph, the block that has most of them."""
        if file not in self.read:
            path = self.project.root / file
            source = decode(path.read_bytes()) if path.is_file() else ""
            self.read[file] = [(line, _fixed(block)) for line, block in blocks_of(source)]
        spoken = _spaced(text)
        scores = [
            (sum(len(part) for part in parts if part in spoken), line) for line, parts in self.read[file]
        ]
        best = max(scores, default=(0, 0))
        return best[1] if best[0] >= _SHORTEST else None


def _fixed(block: str) -> list[str]:
    """What of a block is printed whatever the figures, in parts long enough to know it by."""
    parts = (re.sub(r"^(?:#+|>|-)\s*", "", part.strip()) for part in _TAG.split(block))
    plain = [_spaced(french(part.replace("*", ""))) for part in parts]
    return [part for part in plain if len(part) >= _SHORTEST]


def _spaced(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").replace("\u202f", " ").split())


def _plain(kind: str, text: str, place: str = "") -> Block:
    return Block(kind, (Run(french(text)),), place)


def _at(block: Block, place: str) -> Block:
    return Block(block.kind, block.runs, place)


def runs_of_markdown(text: str) -> tuple[Run, ...]:
    """The runs of a line of Markdown that knows nothing but `**`."""
    return tuple(Run(part, bold=rank % 2 == 1) for rank, part in enumerate(text.split("**")) if part)


def blocks_of_html(markup: str) -> list[Block]:
    """The paragraphs, headings and list items of prose that the publication holds as HTML."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return reader.blocks


class _Reader(HTMLParser):
    """Only what CommonMark gives: paragraphs, lists, headings, tables (a line a row), bold and italic."""

    _KINDS = {"p": "text", "li": "item", "tr": "text", "blockquote": "text"} | {
        f"h{n}": "heading" for n in range(1, 7)
    }

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self.runs: list[Run] = []
        self.kind, self.bold, self.italic = "text", 0, 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._KINDS and not (tag == "p" and self.kind == "item"):
            self._end()
            self.kind = self._KINDS[tag]
        self.bold += tag in ("strong", "th")
        self.italic += tag == "em"

    def handle_endtag(self, tag: str) -> None:
        self.bold -= tag in ("strong", "th")
        self.italic -= tag == "em"
        if tag in ("td", "th"):
            self.runs.append(Run(" | "))
        elif tag in self._KINDS and not (tag == "p" and self.kind == "item"):
            self._end()
            self.kind = "text"

    def handle_data(self, data: str) -> None:
        text = re.sub(r"[ \n\t]+", " ", data)
        if text.strip() or self.runs:
            self.runs.append(Run(text, bool(self.bold), bool(self.italic)))

    def close(self) -> None:
        super().close()
        self._end()

    def _end(self) -> None:
        if any(run.text.strip() for run in self.runs):
            self.blocks.append(Block(self.kind, tuple(self.runs)))
        self.runs = []


def text_template(
    publication: Publication, changes: Mapping[str, Sequence[Change]] | None = None
) -> dict[str, str]:
    """File name → Markdown, a file a chapter that has tables: what the tables say, with placeholders, in the shape of a text."""
    files = {}
    for chapter in publication.texts.get("chapters") or ():
        parts = []
        for key in chapter.get("tables") or ():
            table = publication.table(str(key))
            if facts := facts_of(table, (changes or {}).get(table.id, ())):
                lines = "\n".join(f"- {fact.text}" for fact in facts)
                parts.append(f"### {without_digits(table.title)} (tableau {table.number})\n\n{lines}")
        if parts:
            number = str(chapter["id"])
            name = f"ch-{number.zfill(2) if number.isdigit() else number.lower()}.md"
            head = [
                f"# {without_digits(chapter['title'])}",
                "> Brouillon automatique : à vérifier, à trier, à récrire",
            ]
            files[name] = french("\n\n".join([*head, *parts])) + "\n"
    return files


def kept_or_written(
    files: Mapping[str, bytes], folder: Path, force: bool = False
) -> tuple[list[Path], list[Path]]:
    """Write the files; one that is already there and differs is kept, unless `force`. Returns (written, kept)."""
    folder.mkdir(parents=True, exist_ok=True)
    written, kept = [], []
    for name, content in files.items():
        path = folder / name
        if path.is_file() and not force and path.read_bytes() != content:
            kept.append(path)
            continue
        path.write_bytes(content)
        written.append(path)
    return written, kept
