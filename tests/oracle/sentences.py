"""The words of a publication, read by someone who only has its tables.

Four questions to each sentence: does it hold the sign of a hidden cell? Is each of its numbers in a table? Does the one that it says
first, lead? Does it say « more than half », or « few », of what its number denies?
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from oracle.declared import Declared

SIGN = re.compile(
    r"(?<![\w’'.«“])(?:s|nd|///)(?=\s+(?:de|des|du|sur|%|structures|postes|établissements|in|of|SSE)\b)"
)
NUMBER = re.compile(r"\d(?:[\d\u202f\u00a0 ]*\d)?(?:[.,]\d+)?")
LEADS = re.compile(
    r"en tête|la plus citée|le plus cité|les plus cités|les plus citées|au premier rang|première inquiétude|premier frein|"
    r"viennent d’abord|vient d’abord|le plus souvent désigné|nomment d’abord",
    re.IGNORECASE,
)
MOST = re.compile(r"plus de la moitié|la majorité|majoritaire|la plupart", re.IGNORECASE)
FEW = re.compile(r"\bpeu de\b|\brares\b", re.IGNORECASE)


def read_sentences(declared: Declared, publication: Path, figures: pd.DataFrame) -> tuple[int, list[str]]:
    """How many sentences were read, and what is wrong with them."""
    counted = _counted(figures)
    known = _printed(figures) | _literal(declared.root / "pipelines") | _given(declared)
    read, complaints = 0, []
    for place, tables, sentence in _sentences(publication):
        read += 1
        wrong = [*_signs(sentence), *_numbers(sentence, known)]
        wrong += _claims(sentence, [cell for name in tables or counted for cell in counted.get(name, [])])
        complaints += [f"{place}: {what}: « {sentence} »" for what in wrong]
    return read, complaints


def _sentences(publication: Path) -> Iterator[tuple[str, list[str], str]]:
    """(place, tables that it is about, sentence) of texts, titles, bases and reading aids; notes explain signs, and are left."""
    cards = json.loads((publication / "tables.json").read_text("utf-8"))
    ids = {card["number"]: card["id"] for card in cards}
    texts = json.loads((publication / "texts.json").read_text("utf-8"))
    for point in texts.get("main_points", []):
        yield from (("main point", [], sentence) for sentence in _split(point))
    for chapter in texts.get("chapters", []):
        tables = [ids[number] for number in chapter.get("tables", []) if number in ids]
        for part in ("headline", "html", "stakes"):
            for sentence in _split(chapter.get(part) or ""):
                yield f"chapter {chapter.get('number')}", tables, sentence
    for card in cards:
        for part in ("finding", "base", "reading_aid"):
            for sentence in _split(card.get(part) or ""):
                yield f"{card['id']}.{part}", [card["id"]], sentence


def _split(text: str) -> list[str]:
    plain = html.unescape(re.sub(r"</(?:p|li)>", ". ", text))
    plain = re.sub(r"<[^>]+>", "", plain)
    return [part.strip() for part in re.split(r"(?<=[.?!])\s+", plain) if len(part.strip()) > 2]


def _value(text: str) -> float:
    return float(re.sub(r"[\u202f\u00a0 ]", "", text).replace(",", "."))


def _printed(figures: pd.DataFrame) -> set[float]:
    """Every number that the tables print, as rounded as a text may print it."""
    shown: set[float] = set()
    columns = [name for name in ("value", "low", "high", "base_n", "ci_low", "ci_high") if name in figures]
    for column in columns:
        for value in figures[column].dropna():
            for decimals in range(4):
                up = int(abs(value) * 10**decimals + 0.5 + 1e-9) / 10**decimals
                shown |= {up, round(abs(value), decimals)}
    return shown


def _literal(pipelines: Path) -> set[float]:
    """Numbers that the analysts wrote themselves, outside placeholders."""
    found: set[float] = set()
    for path in [*pipelines.rglob("texts/fr/**/*.md"), *pipelines.glob("tables/*/card.toml"), *pipelines.glob("survey/*.toml"),
                 *pipelines.glob("survey/questionnaire.yml"), *pipelines.glob("claims/**/*.toml")]:  # fmt: skip
        text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", " ", path.read_text("utf-8"))
        found |= {_value(number) for number in NUMBER.findall(text)}
    return found


def _signs(sentence: str) -> list[str]:
    return ["a sign stands for a number"] if SIGN.search(sentence) else []


def _given(declared: Declared) -> set[float]:
    """Numbers of the declaration of the edition: its dates, its communes, its labels."""
    day = declared.reference
    found = {float(declared.edition["year"]), float(len(declared.communes)), float(day.day), float(day.year)}
    found |= {float(day.year - back) for back in range(12)}  # the dates of figures
    return found | {
        _value(word) for label in _labels(declared) for word in re.findall(r"\d+(?:\.\d+)?", label)
    }


def _numbers(sentence: str, known: set[float]) -> list[str]:
    wrong = []
    for text in NUMBER.findall(sentence):
        parts = [text, *re.split(r"[\u202f\u00a0 ]", text)]
        if not any(_value(part) in known for part in parts if part):
            wrong.append(f"{text} is in no table")
    return wrong


def _labels(declared: Declared) -> list[str]:
    edition = declared.edition
    labels = [
        str(edition.get("title", "")),
        str(declared.perimeter.get("title", "")),
        str(declared.territory["name"]),
    ]
    labels += [
        str(declared.territory.get("description", "")),
        str(edition.get("published", "")),
        edition.get("version", "1.0.0"),
    ]
    return labels + [
        f"{source.get('label', '')} {source.get('vintage', '')}" for source in edition["sources"].values()
    ]


def _counted(figures: pd.DataFrame) -> dict[str, list[dict]]:
    """The cells that a sentence may rank or weigh, by table, each with the number that it prints."""
    units = figures["unit"].isin(["%", "structures", "établissements", "postes"])
    found: dict[str, list[dict]] = {name: [] for name in figures["table_id"].unique()}
    for cell in figures[figures["value"].notna() & units].to_dict("records"):
        found[cell["table_id"]].append(cell | {"printed": round(cell["value"], int(cell["decimals"]))})
    return found


def _claims(sentence: str, cells: list[dict]) -> list[str]:
    """Words of rank and quantity, against the cells that print the numbers of the sentence."""
    if not (LEADS.search(sentence) or MOST.search(sentence) or FEW.search(sentence)):
        return []
    wrong, numbers = [], [_value(text) for text in NUMBER.findall(sentence)]
    named = [cell for cell in cells if cell["printed"] in numbers]
    said = [cell for cell in cells if _is_named(str(cell["row_label"]), sentence)]
    if LEADS.search(sentence) and (said or named) and not any(_leads(cell, cells) for cell in said + named):
        wrong.append("what it says first is not")
    percents = [_value(text) for text in re.findall(NUMBER.pattern + r"(?=[\u202f\u00a0 ]%)", sentence)]
    if MOST.search(sentence) and percents and max(percents) <= 50:
        wrong.append("it says most, of less than half")
    if FEW.search(sentence) and percents and min(percents) > 50:
        wrong.append("it says few, of more than half")
    if FEW.search(sentence) and not percents:
        counts = [cell for cell in named if cell["unit"] == "structures" and cell["base_n"] == cell["base_n"]]
        if counts and all(cell["value"] > 0.5 * cell["base_n"] > 0 for cell in counts):
            wrong.append("it says few, of more than half")
    return wrong


def _is_named(label: str, sentence: str) -> bool:
    """Whether a sentence says the label of a row, as it is printed."""
    return len(label) > 3 and label.lower() in sentence.lower()


def _leads(cell: dict, cells: list[dict]) -> bool:
    """Whether no other row of its block (the part of its code before the point) has more."""
    aside = ("total", "base", "not_stated", "declined", "other", "present", "absent")
    block = str(cell["row_code"]).rpartition(".")[0]
    same = [other for other in cells if all(other[key] == cell[key] for key in ("table_id", "column_code"))]
    rows = [(*str(other["row_code"]).rpartition(".")[::2], other["value"]) for other in same]
    rivals = [value for of, last, value in rows if of == block and last not in aside]
    return bool(rivals) and cell["value"] >= max(rivals) - 1e-9
