"""English twins beside the French words of the tables of `tables.json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ess_observatory.declare.english_words import Words, declared_words
from ess_observatory.declare.project import Project
from ess_observatory.publish.texts import Placeholders
from ess_observatory.words.typography import english


def load_twins(project: Project, words: Words, placeholders: Placeholders) -> Twins:
    """The English of everything that is declared, for the tables of an edition; `words`: those of the edition."""
    return Twins(words, placeholders, declared_words(project).get("scopes", {}))


class Twins:
    """Puts the English twins beside the French texts of a table of `tables.json`."""

    def __init__(self, words: Words, placeholders: Placeholders, scopes: Mapping[str, str]) -> None:
        """`placeholders`: those that write figures in English; `scopes`: the declared English scopes."""
        self.words, self.placeholders, self.scopes = words, placeholders, scopes
        self.missing: dict[str, list[str]] = {}

    def add(self, table: dict[str, Any], card: Mapping[str, Any]) -> None:
        """Adds `<key>_en` wherever a twin is declared; what has none is kept in `missing`, by table number."""
        place = f"tables/{table['id']}/card.toml"
        lacking: list[str] = []
        for key in ("title", "finding", "base", "reading_aid", "stub"):
            declared = card.get(f"{key}_en")
            filled = self.placeholders.fill(declared, f"{place} : {key}_en") if declared else None
            table[f"{key}_en"] = english(filled) if filled else None
            if table[key] and not declared:
                lacking.append(f"{key}_en")
        notes = [self.placeholders.fill(note, f"{place} : notes_en") for note in card.get("notes_en", ())]
        table["notes_en"] = [english(note) for note in notes if note]
        if len(card.get("notes_en", ())) != len(card.get("notes", ())):
            lacking.append("notes_en")
        scope = self.scopes.get(card["scope"])
        table["scope_en"] = self.placeholders.fill(scope, f"words.toml : {card['scope']}") if scope else None
        if not scope:
            lacking.append(f"[scopes] {card['scope']}")
        self.words.missing = {}
        table["source_en"] = self.words.of(table["source"])
        for row in table["rows"]:
            row["label_en"], row["section_en"] = self.words.of(row["label"]), self.words.of(row["section"])
        table["texts_en"] = {
            row: {column: self.words.of(text) for column, text in texts.items()}
            for row, texts in table["texts"].items()
        }
        lacking += [f"«\u00a0{word}\u00a0»" for word in self.words.missing]
        lacking += [f"label_en ({c['code']})" for c in table["columns"] if c["label"] and not c["label_en"]]
        if lacking:
            self.missing[table["number"]] = lacking
