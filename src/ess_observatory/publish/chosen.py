"""Tables made of published cells: the key figures, the best figure of each group of concepts; and why the figures of a group differ.

They copy cells that have already left by the door, so they can say nothing new; the preference is declared (`rank`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

from ess_observatory.declare.concepts import CHOSEN
from ess_observatory.declare.english_words import Words
from ess_observatory.declare.project import Edition, Project, TableCard
from ess_observatory.publish.book import Book
from ess_observatory.publish.concepts import Places, Said, one_value, said, sources_of, year_of
from ess_observatory.publish.edition_words import english_names, names_for_texts
from ess_observatory.publish.texts import Placeholders
from ess_observatory.publish.write import write_json
from ess_observatory.quality import Verdict
from ess_observatory.secrecy.door import Cell
from ess_observatory.words import english as words_en
from ess_observatory.words.labels import date_words
from ess_observatory.words.typography import english, french

FILE = "concepts.json"


class Chooser:
    """The concepts of an edition in words, French and English, and its figures group by group."""

    def __init__(self, book: Book, project: Project, words: Words) -> None:
        """`words`: learns the English of what is said of concepts."""
        self.book, self.project, self.words = book, project, words
        self.edition: Edition = book.edition
        names = names_for_texts(project, self.edition)
        self._fr = Placeholders({}, names)
        self._en = Placeholders({}, english_names(project, self.edition, names), "en")
        self.declared: dict[str, dict[str, Any]] = project.concepts["concepts"]
        self.groups: dict[str, dict[str, Any]] = project.concepts["groups"]
        self.places = Places(project, self.edition)
        self.by_group = self._by_group()

    def _by_group(self) -> dict[str, list[tuple[str, Said]]]:
        """Group → (concept, its figure for the whole territory), the preferred one first among those that are as well known."""
        first: dict[str, Said] = {}
        for one in said(self.book, self.places):
            if one.about.declared and not one.about.category:
                known = first.get(one.about.concept)
                if known is None or one.known < known.known:
                    first[one.about.concept] = one
        found: dict[str, list[tuple[str, Said]]] = defaultdict(list)
        for concept, one in first.items():
            if group := self.declared.get(concept, {}).get("group"):
                found[str(group)].append((concept, one))
        for listed in found.values():
            listed.sort(key=lambda item: (item[1].known, self.declared[item[0]]["rank"]))
        return dict(found)

    def text(self, concept: str, key: str) -> str:
        """A text of a concept, filled; its English is taught to the words of the edition."""
        spec = self.declared[concept]
        return self._told(spec[key], spec.get(f"{key}_en"), concept)

    def _told(self, text: str, twin: str | None, where: str) -> str:
        filled = french(self._fr.fill(text, where) or text)
        if twin:
            self.words.learn(filled, english(self._en.fill(twin, where) or twin))
        return filled

    def source(self, concept: str) -> tuple[str, str]:
        """Where a concept comes from in this edition: its sources, and the date of what it counts."""
        spec = self.declared[concept]
        sources = sources_of(self.project, self.book.present, spec["source"])
        others = [s for s in sources_of(self.project, self.book.present, spec.get("per")) if s not in sources]
        labels = [
            french(str(self.edition.sources.get(s, {}).get("label", self.project.sources[s].title)))
            for s in [*sources, *others]
        ]
        dates = [self._date(spec["date"], sources)]
        if others and spec["date"] in ("reference", "last_year", "survey"):
            dates += [date for date in [self._date("vintage", others)] if date not in (*dates, "nd")]
        if len(dates) > 1:
            self.words.learn(" et ".join(dates), " and ".join(self.words.of(date) or date for date in dates))
        return french(" ; ".join(labels)) or "nd", " et ".join(dates)

    def _what(self, concept: str) -> str:
        """The population of a concept, then why it differs from the others of its group."""
        parts = [self.text(concept, key) for key in ("population", "why")]
        twins = [self.words.of(part) for part in parts]
        text = ". ".join(parts) + "."
        if all(twins):
            self.words.learn(text, ". ".join(map(str, twins)) + ".")
        return text

    def _origin(self, concept: str, number: str) -> str:
        """« Tableau 1.4 : Insee, FLORES 2024 (2024) »."""
        source, date = self.source(concept)
        text = french(f"Tableau {number} : {source} ({date})")
        if twin := self.words.of(source):
            self.words.learn(text, f"Table {number}: {twin} ({self.words.of(date) or date})")
        return text

    def _date(self, kind: str, sources: list[str]) -> str:
        reference = self.edition.reference_date
        if kind == "reference":
            text = date_words(reference.isoformat(), "fr")
            self.words.learn(text, f"{reference.day} {words_en.MONTHS[reference.month - 1]} {reference.year}")
            return text
        if kind == "last_year":
            return str(self.edition.last_full_year)
        if kind == "survey":
            return str(self.edition.survey_year)
        year = year_of(self.edition, sources)
        return "nd" if year is None else str(year)

    def key_figures(self, table: TableCard) -> list[Cell]:
        """One row a group: its preferred figure among those that are shown, with its source and date."""
        cells: list[Cell] = []
        for rank, group in enumerate(table.card["groups"], start=1):
            for concept, one in self.by_group.get(group, ())[:1]:
                source, date = self.source(concept)
                cells += self._row(concept, one, rank, None, {"source": source, "date": date})
        return cells

    def reconciled(self) -> list[Cell]:
        """One row a figure of each group in which a reader finds two that differ."""
        cells: list[Cell] = []
        rank = 0
        for group, spec in self.groups.items():
            shown = [(concept, one) for concept, one in self.by_group.get(group, ()) if one.known < 2]
            if len({one.shown for _, one in shown}) < 2:
                continue
            section = self._told(spec["label"], spec.get("label_en"), group)
            for concept, one in shown:
                rank += 1
                texts = {"what": self._what(concept), "origin": self._origin(concept, one.table.number)}
                cells += self._row(concept, one, rank, section, texts)
        return cells

    def _row(
        self, concept: str, one: Said, rank: int, section: str | None, texts: dict[str, str]
    ) -> list[Cell]:
        label = self.text(concept, "label")
        value = replace(
            one.cell, row_code=concept, row_label=label, row_rank=rank, row_kind="data", row_section=section,
            column_code="value", unit=one.unit, decimals=one.decimals,
        )  # fmt: skip
        return [
            value,
            *(Cell(concept, label, rank, "data", section, code, text=text) for code, text in texts.items()),
        ]

    def copies(self) -> dict[str, list[str]]:
        """Figure that was protected → those that copy it in the tables of chosen cells."""
        figures: dict[str, str] = {}
        copies: dict[str, list[str]] = defaultdict(list)
        for one in said(self.book, self.places):
            if one.table.card.get("kind") in CHOSEN:
                copies[one.about.concept].append(one.figure_id)
            elif one.about.declared and not one.about.category:
                figures.setdefault(one.about.concept, one.figure_id)
        return {figures[concept]: ids for concept, ids in copies.items()}

    def add_tables(self) -> None:
        """Put the tables of chosen cells into the book, at their place; one that has nothing to say is not there."""
        made = []
        for table in self.project.tables:
            kind = table.card.get("kind")
            if kind not in CHOSEN:
                continue
            cells = self.key_figures(table) if kind == "chosen" else self.reconciled()
            columns = {column["code"] for column in table.card["columns"]}
            if cells := [cell for cell in cells if cell.column_code in columns]:
                used = {cell.row_code for cell in cells}
                made.append((_sourced(table, self._sources(used)), cells))
        self.book.tables = sorted([*self.book.tables, *made], key=lambda item: item[0].sort_key)

    def _sources(self, concepts: set[str]) -> list[str]:
        roles = {
            spec.get(key)
            for name, spec in self.declared.items()
            if name in concepts
            for key in ("source", "per")
        }
        found = {s for role in roles for s in sources_of(self.project, self.book.present, role)}
        return sorted(found, key=lambda s: (self.project.sources[s].rank, s))

    def verdicts(self) -> list[Verdict]:
        """Gate 2 on all that is about to leave, the tables of chosen cells included: a concept has one value."""
        labels = {name: str(spec["label"]) for name, spec in self.declared.items()}
        return one_value(said(self.book, self.places), labels)

    def write(self, folder: Path) -> None:
        """`concepts.json`: the area of the edition, each of its concepts in words, and their figures with their categories."""
        told: dict[str, dict[str, Any]] = {}
        for one in said(self.book, self.places):
            name = one.about.concept
            if name not in told:
                told[name] = {**self._in_words(name, one), "figures": {}}
            told[name]["figures"][one.figure_id] = one.about.category
        area = self.places.own or f"territory={self.edition.territory.id}"
        write_json(folder / FILE, {"area": area, "concepts": told})

    def _in_words(self, concept: str, one: Said) -> dict[str, Any]:
        if concept not in self.declared:
            return {"table": one.table.id, "scope": one.table.card["scope"], "unit": one.unit}
        source, date = self.source(concept)
        spec = self.declared[concept]
        words = {key: self.text(concept, key) for key in ("label", "population")}
        twins = {f"{key}_en": self.words.of(text) for key, text in words.items()}
        return {
            **words, **twins, "source": source, "source_en": self.words.of(source), "date": date,
            "date_en": self.words.of(date), "unit": one.unit, "made_from": self._made_from(spec),
        }  # fmt: skip

    def _made_from(self, spec: dict[str, Any]) -> list[str]:
        """The sources whose files a concept depends on: every file may decide who is in the perimeter of the register."""
        own = {
            s for key in ("source", "per") for s in sources_of(self.project, self.book.present, spec.get(key))
        }
        if any(self.project.sources[s].role == "register" for s in own):
            return sorted(self.book.present)
        return sorted(own)


def _sourced(table: TableCard, sources: list[str]) -> TableCard:
    return replace(table, card={**table.card, "sources": sources})
