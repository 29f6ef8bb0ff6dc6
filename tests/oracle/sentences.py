"""The words of a publication, in French and in English, read by someone who only has its tables.

Questions to each sentence: does it hold the sign of a hidden cell? Is each of its numbers in a table? Does the one that it says first,
lead? Does it say « more than half », or « few », of what its number denies? And do both languages give the same numbers, and the bar
that stands out lead where the title says so?
"""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from oracle.declared import Declared, kept
from oracle.phrases import look_at_phrases


@dataclass(frozen=True)
class Language:
    """How a language is read: the file of its texts, the end of its keys in cards, what its words and numbers look like."""

    file: str
    end: str
    number: re.Pattern[str]
    leads: re.Pattern[str]
    most: re.Pattern[str]
    few: re.Pattern[str]
    #: How much something moved, by how much in percent, from what, to what.
    moved: re.Pattern[str]

    def values(self, text: str) -> list[float]:
        """The numbers of a text."""
        return [self.value(number) for number in self.number.findall(text)]

    def literal(self, path: Path) -> frozenset[float]:
        """The numbers of a text of the project, outside placeholders."""
        return frozenset(self.values(re.sub(r"\{\{.*?\}\}|\{%.*?%\}", " ", path.read_text("utf-8"))))

    def value(self, number: str) -> float:
        """A number as it is written."""
        flat = re.sub(r"[\u202f\u00a0 ]", "", number)
        return float(flat.replace(",", "") if self.end else flat.replace(",", "."))

    def percents(self, text: str) -> list[float]:
        """Its numbers that are shares."""
        return [
            self.value(number) for number in re.findall(self.number.pattern + r"(?=[\u202f\u00a0 ]?%)", text)
        ]


SIGN = re.compile(
    r"(?<![\w’'.«“])(?:s|nd|///)(?=\s+(?:de|des|du|sur|%|structures|postes|établissements|in|of|out|SSE|organisations|posts)\b)"
)
FRENCH = Language(
    "texts.json",
    "",
    re.compile(r"\d(?:[\d\u202f\u00a0 ]*\d)?(?:[.,]\d+)?"),
    re.compile(
        r"en tête|la plus citée|le plus cité|les plus citées?|les plus cités|au premier rang|première inquiétude|premier frein|"
        r"premi(?:er|ère) cause|viennent d’abord|vient d’abord|: d’abord|le plus souvent désigné|nomment d’abord|la plus courante",
        re.IGNORECASE,
    ),
    re.compile(r"plus de la moitié|la majorité|majoritaire|la plupart", re.IGNORECASE),
    re.compile(r"\bpeu de\b|\brares\b", re.IGNORECASE),
    re.compile(
        r"en (?P<way>hausse|baisse) de (?P<much>[\d\s\u202f\u00a0,]*\d)[^(,]*(?:\((?P<percent>[+−-][\d\s\u202f\u00a0,]*\d)[^)]*\))?, "
        r"de (?P<first>−?\d[\d\u202f\u00a0,]*)[^:;]*? à (?P<last>−?\d[\d\u202f\u00a0,]*)"
    ),
)
ENGLISH = Language(
    "texts.en.json",
    "_en",
    re.compile(r"\d(?:\d|,(?=\d{3}))*(?:\.\d+)?"),
    re.compile(
        r"\bleads?\b|\bleading\b|comes? first|first (?:concern|obstacle|cause)|(?:named|known) most|most often|name first|, first:|"
        r"most common|first and foremost",
        re.IGNORECASE,
    ),
    re.compile(r"more than half|the majority|\bmost of\b|\bmost are\b|^for most\b", re.IGNORECASE),
    re.compile(r"\bfew (?:organisations|of)\b|\brare\b", re.IGNORECASE),
    re.compile(
        r"\b(?P<way>up|down) €?(?P<much>[\d,]*\d(?:\.\d+)?)[^(,]*(?:\((?P<percent>[+−-][\d,]*\d(?:\.\d+)?)[^)]*\))?, "
        r"from €?(?P<first>−?\d[\d,.]*\d|−?\d)[^:;]*? to €?(?P<last>−?\d[\d,.]*\d|−?\d)"
    ),
)
#: What a sentence is: where it stands, the tables that it is about, its words.
Sentence = tuple[str, list[str], str]


def read_sentences(declared: Declared, publication: Path, figures: list[dict]) -> tuple[int, list[str]]:
    """How many sentences were read, and what is wrong with them."""
    cards = json.loads((publication / "tables.json").read_text("utf-8"))
    counted = _counted(figures)
    printed, read, complaints = _printed(figures) | _given(declared), 0, _highlights(cards, counted)
    given: dict[str, list[list[float]]] = {}
    for language in (FRENCH, ENGLISH):
        known = printed | _literal(declared.root / "pipelines", language)
        if language is ENGLISH:
            counted = _in_english(counted, cards)
        every = [cell for cells in counted.values() for cell in cells]
        before = _printed(_edition_before(publication))
        for place, tables, text in _texts(publication, cards, language):
            given.setdefault(place, []).append(sorted(set(language.values(_plain(text)))))
            for sentence in _split(text):
                read += 1
                about = [cell for name in tables for cell in counted.get(name, [])] if tables else every
                apart, unlike = (
                    _moved(sentence, before, printed, language)
                    if place.startswith("change ")
                    else (set(), [])
                )
                wrong = [
                    *_signs(sentence),
                    *unlike,
                    *_numbers(sentence, known | apart, language),
                    *look_at_phrases(sentence, counted),
                ]
                complaints += [
                    f"{place}: {what}: « {sentence} »"
                    for what in [*wrong, *_claims(sentence, about, language)]
                ]
    for place, (french, *english) in given.items():
        if english and place.startswith(BOTH) and french != english[0]:
            complaints.append(f"{place}: French gives {french}, English {english[0]}")
    return read, complaints


#: Where both languages are to give the same numbers (the paragraphs of chapters are written apart).
BOTH = ("main point", "headline", "finding", "base", "reading_aid", "change")


def _in_english(counted: dict[str, list[dict]], cards: list[dict[str, Any]]) -> dict[str, list[dict]]:
    labels = {
        (card["id"], row["code"]): row.get("label_en") or row["label"]
        for card in cards
        for row in card["rows"]
    }
    return {
        name: [
            cell | {"row_label": labels.get((name, cell["row_code"]), cell["row_label"])} for cell in cells
        ]
        for name, cells in counted.items()
    }


def _texts(publication: Path, cards: list[dict[str, Any]], language: Language) -> Iterator[Sentence]:
    """Texts, titles, bases, reading aids, tiles and what changed; notes explain signs, and are left."""
    ids = {card["number"]: card["id"] for card in cards}
    texts = json.loads((publication / language.file).read_text("utf-8"))
    for rank, point in enumerate(texts.get("main_points", [])):
        yield f"main point {rank}", [], point
    for rank, tile in enumerate(texts.get("key_figures", [])):
        yield f"tile {rank}", [], f"{tile.get('label') or ''}. {tile.get('detail') or ''}"
    for chapter in texts.get("chapters", []):
        tables = [ids[number] for number in chapter.get("tables", []) if number in ids]
        for part in ("headline", "html", "stakes"):
            place = f"{part if part == 'headline' else 'chapter'} {chapter.get('number')}"
            if chapter.get(part):
                yield place, tables, chapter[part]
    for card in cards:
        for part in ("finding", "base", "reading_aid"):
            if card.get(part + language.end):
                yield f"{part} {card['id']}", [card["id"]], card[part + language.end]
    changes = json.loads((publication / "changes.json").read_text("utf-8"))
    for rank, line in enumerate(changes.get("lines", [])):
        yield f"change {rank}", [], line.get("text" + language.end) or ""


def _plain(text: str) -> str:
    text = html.unescape(re.sub(r"</(?:p|li|h3)>", ". ", text))
    return re.sub(r"<[^>]+>", "", text)


def _split(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"(?<=[.?!])\s+", _plain(text)) if len(part.strip()) > 2]


def _highlights(cards: list[dict[str, Any]], counted: dict[str, list[dict]]) -> list[str]:
    """A bar that stands out under a title that names a leader: no other bar is longer."""
    complaints = []
    for card in cards:
        chart = card.get("chart") or {}
        if not chart.get("highlight") or not FRENCH.leads.search(card.get("finding") or ""):
            continue
        bars = [cell for cell in counted.get(card["id"], []) if cell["column_code"] == chart["column"]]
        for bar in bars:
            if bar["row_code"] in chart["highlight"] and not _leads(bar, bars):
                complaints.append(
                    f"chart {card['id']}: {bar['row_code']} stands out and does not lead: « {card['finding']} »"
                )
    return complaints


def _printed(figures: list[dict]) -> set[float]:
    """Every number that the tables print, as rounded as a text may print it."""
    shown: set[float] = set()
    for column in ("value", "low", "high", "base_n", "ci_low", "ci_high"):
        for value in {cell[column] for cell in figures if not pd.isna(cell.get(column))}:
            for decimals in range(4):
                shown |= {_half_up(abs(value), decimals), round(abs(value), decimals)}
    return shown


def _half_up(value: float, decimals: int) -> float:
    """A number as it is printed: a half goes away from zero."""
    return math.copysign(int(abs(value) * 10**decimals + 0.5 + 1e-9) / 10**decimals, value)


def _literal(pipelines: Path, language: Language) -> set[float]:
    """Numbers that the analysts wrote themselves, outside placeholders."""
    found: set[float] = set()
    for path in [*(pipelines / "texts" / (language.end[1:] or "fr")).rglob("*.md"), *pipelines.glob("tables/*/card.toml"), *pipelines.glob("survey/*.toml"),
                 *pipelines.glob("survey/questionnaire.yml"), *pipelines.glob("claims/**/*.toml")]:  # fmt: skip
        found |= kept(language.literal, path)
    return found


def _signs(sentence: str) -> list[str]:
    return ["a sign stands for a number"] if SIGN.search(sentence) else []


def _given(declared: Declared) -> set[float]:
    """Numbers of the declaration of the edition: its dates, its communes, its labels."""
    day = declared.reference
    found = {float(declared.edition["year"]), float(len(declared.communes)), float(day.day), float(day.year)}
    found |= {float(day.year - back) for back in range(12)}  # the dates of figures
    found |= declared.years  # the edition before
    return found | {
        float(word) for label in _labels(declared) for word in re.findall(r"\d+(?:\.\d+)?", label)
    }


def _edition_before(publication: Path) -> list[dict]:
    """The figures of the edition that this one is compared with; none when there is no such edition."""
    told = json.loads((publication / "changes.json").read_text("utf-8"))
    since = told["since"] if told["status"] == "compared" else None
    path = publication.parent.parent / str(since) / "publication" / "figures.parquet"
    return pd.read_parquet(path).to_dict("records") if since else []  # type: ignore[return-value]


def _signed(number: str, language: Language) -> float:
    return -language.value(number[1:]) if number.startswith("−") else language.value(number)


def _moved(
    sentence: str, before: set[float], now: set[float], language: Language
) -> tuple[set[float], list[str]]:
    """Numbers that a sentence on what changed may hold (those of the edition before, and what moved since), and what moved wrongly."""
    known, wrong = set(before), []
    for others in re.findall(r"\b(?:et|and) (\d+) (?:autre|other)s?\b", sentence):
        known.add(float(others))  # that are not named
    for found in language.moved.finditer(sentence):
        much, first, last = (_signed(found[name], language) for name in ("much", "first", "last"))
        unit = (
            10.0 ** -len(re.split(r"[.,]", found["much"])[1])
            if re.search(r"[.,]\d{1,2}$", found["much"])
            else 1.0
        )
        if abs(first) not in before:
            wrong.append(f"{found['first']} is not in the edition before")
        if abs(last) not in now:
            wrong.append(f"{found['last']} is not in this edition")
        if (last > first) is not (found["way"] in ("hausse", "up")) or abs(
            abs(last - first) - much
        ) > 1.01 * unit:
            wrong.append(f"{found[0]} is not what moved")
        known.add(much)
        if found["percent"]:
            said = language.value(found["percent"][1:])
            slack = 100 * unit * (1 + abs(last / first)) / abs(first) + 0.051
            if abs(100 * abs((last - first) / first) - said) > slack:
                wrong.append(f"{found['percent']} is not by how much it moved")
            known.add(said)
    return known, wrong


def _numbers(sentence: str, known: set[float], language: Language) -> list[str]:
    wrong = []
    for text in language.number.findall(sentence):
        parts = [text, *re.split(r"[\u202f\u00a0 ]", text)]
        if not any(language.value(part) in known for part in parts if part):
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


def _counted(figures: list[dict]) -> dict[str, list[dict]]:
    """The cells that a sentence may rank or weigh, by table, each with the number that it prints."""
    found: dict[str, list[dict]] = {cell["table_id"]: [] for cell in figures}
    for cell in figures:
        if cell["unit"] in ("%", "structures", "établissements", "postes") and not pd.isna(cell["value"]):
            found[cell["table_id"]].append(cell | {"printed": _half_up(cell["value"], int(cell["decimals"]))})
    return found


def _claims(sentence: str, cells: list[dict], language: Language) -> list[str]:
    """Words of rank and quantity, against the cells that print the numbers of the sentence."""
    if not any(words.search(sentence) for words in (language.leads, language.most, language.few)):
        return []
    wrong, numbers = [], language.values(sentence)
    named = [cell for cell in cells if cell["printed"] in numbers]
    said = [cell for cell in cells if _is_named(str(cell["row_label"]), sentence)]
    if (
        language.leads.search(sentence)
        and (said or named)
        and not any(_leads(cell, cells) for cell in said + named)
    ):
        wrong.append("what it says first is not")
    percents = language.percents(sentence)
    if language.most.search(sentence) and percents and max(percents) <= 50:
        wrong.append("it says most, of less than half")
    if language.few.search(sentence) and percents and min(percents) > 50:
        wrong.append("it says few, of more than half")
    if language.few.search(sentence) and not percents:
        counts = [cell for cell in named if cell["unit"] == "structures" and cell["base_n"] == cell["base_n"]]
        if counts and all(cell["value"] > 0.5 * cell["base_n"] > 0 for cell in counts):
            wrong.append("it says few, of more than half")
    return wrong


def _is_named(label: str, sentence: str) -> bool:
    """Whether a sentence says the label of a row, as it is printed."""
    return len(label) > 3 and label.lower() in sentence.lower()


#: Last parts of the codes of rows that are no answer.
NOT_CHOICES = {"total", "base", "filtered", "not_applicable", "not_stated", "not_stated_all", "declined", "other",
               "present", "absent"}  # fmt: skip


def _leads(cell: dict, cells: list[dict]) -> bool:
    """Whether no other row of its block (the part of its code before the point) has more."""
    block = str(cell["row_code"]).rpartition(".")[0]
    same = [other for other in cells if all(other[key] == cell[key] for key in ("table_id", "column_code"))]
    rows = [(*str(other["row_code"]).rpartition(".")[::2], other["value"]) for other in same]
    rivals = [value for of, last, value in rows if of == block and last not in NOT_CHOICES]
    return bool(rivals) and cell["value"] >= max(rivals) - 1e-9
