"""Made-up publications (rankings shuffled, leaders swapped, small bases, ties, hidden cells): no sentence says what its table denies.

The oracle is plain arithmetic on the cells, and shares nothing with the judge of claims but the declarations.
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ess_observatory.declare.english_words import Words, load_words
from ess_observatory.declare.project import Project
from ess_observatory.engine.outputs import Outputs
from ess_observatory.publish import write
from ess_observatory.publish.book import Book
from ess_observatory.publish.claims import Claimed, Claims, Estimate
from ess_observatory.publish.edition_words import placeholders_of
from ess_observatory.publish.origins import Origins
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.reader import read_publication
from ess_observatory.secrecy.door import Cell
from ess_observatory.survey.estimation.intervals import wilson

#: A sign of the tables, alone in a sentence.
SIGN = re.compile(r"(?<![\w’])(?:s|nd|ns|///)(?![\w’])")
QUOTED = re.compile(r"«[^»]*»|“[^”]*”")
#: Publications made up of each: where time is short, where it is not, and those among which a planted fault is found.
FEW, MANY, SEEDS = range(1), range(30), range(6)


def book_of(project: Project, publication: Publication) -> Book:
    """The tables of a publication as they were when its texts were filled."""
    book = Book(project.edition(str(publication.manifest["edition"])), "test")
    cards = {table.id: table for table in project.tables}
    for table in publication.tables:
        if table.id not in cards or any(column.kind == "text" for column in table.columns[:1]):
            continue
        cells = [
            Cell(
                row.code, row.label, rank, row.kind, row.section, column.code,
                value=found.value, text=found.text, numerator=found.numerator, denominator=found.denominator,
                base_n=found.base_n, ci_low=found.ci_low, ci_high=found.ci_high, obs_status=found.obs_status,
                conf_status=found.conf_status, unit=found.unit, decimals=found.decimals,
            )
            for rank, row in enumerate(table.rows)
            for column in table.columns
            if (found := table.cell(row, column)).figure_id or found.text
        ]  # fmt: skip
        book.tables.append((cards[table.id], cells))
    return book


def answers(cells: list[Cell], draw: random.Random) -> list[Cell]:
    """Other answers to the same questions: counts drawn anew over a base drawn anew, shares and intervals that follow."""
    bases: dict[str, int] = {}
    drawn: dict[tuple[str, str], int] = {}
    found = []
    for cell in cells:
        block, _, choice = cell.row_code.partition(".")
        base = bases.setdefault(block, draw.choice([7, 12, 25, 40, 40, 80, 400]))
        if cell.row_kind == "base":
            count = base
        elif cell.row_kind == "data":
            count = drawn.setdefault(
                (block, choice), draw.choice([0, base, draw.randint(0, base), draw.randint(0, base // 4)])
            )
        else:
            found.append(cell)
            continue
        if cell.column_code == "share":
            low, high = (100 * float(bound) for bound in wilson(count, base))
            cell = replace(
                cell, value=100 * count / base if base >= 10 else None, numerator=count, denominator=base, base_n=base,
                obs_status="N" if base < 10 else "U" if base < 30 else "A",
                ci_low=low if base >= 30 and cell.row_kind == "data" else None, ci_high=high if base >= 30 and cell.row_kind == "data" else None,
            )  # fmt: skip
        else:
            cell = replace(cell, value=float(count), base_n=base)
        found.append(cell)
    return found


def shuffled(cells: list[Cell], draw: random.Random) -> list[Cell]:
    """The same rows with one another's values; now and then two of them alike, or all divided."""
    rows = list(dict.fromkeys(cell.row_code for cell in cells if cell.row_kind == "data"))
    turned = dict(zip(rows, draw.sample(rows, len(rows)), strict=True))
    if len(rows) > 1 and draw.random() < 0.5:
        turned[rows[0]] = turned[rows[1]]
    by_key = {cell.key: cell for cell in cells}
    scale = draw.choice([1, 1, 0.02])
    found = []
    for cell in cells:
        other = by_key.get((turned.get(cell.row_code, cell.row_code), cell.column_code), cell)
        value = other.value if other.value is None or cell.unit == "%" else float(round(other.value * scale))
        found.append(
            replace(
                other, row_code=cell.row_code, row_label=cell.row_label, row_rank=cell.row_rank, value=value
            )
        )
    return found


def made_up(book: Book, seed: int) -> Book:
    """Another publication of the same shape."""
    draw = random.Random(seed)
    made = Book(book.edition, "test", book.present)
    for table, cells in book.tables:
        if draw.random() < 0.1:
            continue  # the table is not there
        survey = table.card.get("survey")
        changed = answers(cells, draw) if survey and survey["kind"] == "choices" else shuffled(cells, draw)
        made.tables.append(
            (
                table,
                [
                    replace(cell, conf_status="C", obs_status="A", value=None, numerator=None, denominator=None, base_n=None,
                            ci_low=None, ci_high=None)
                    if draw.random() < 0.04 and cell.text is None else cell
                    for cell in changed
                ],
            )
        )  # fmt: skip
    return made


# --- the oracle


def denied(book: Book, name: str, rows: tuple[str, ...]) -> str | None:
    """Why a claim is false, or rests on what is not shown; None when the cells bear it out."""
    table_id, _, claim_name = name.partition(".")
    tables = {table.id: (table.card, {cell.key: cell for cell in cells}) for table, cells in book.tables}
    card, cells = tables[table_id]
    claim = card["claims"][claim_name]

    def value(path: str) -> float | None:
        other, _, place = path.rpartition(":")
        row, _, column = place.rpartition("/")
        cell = tables.get(other or table_id, ({}, {}))[1].get((row, column))
        return cell.value if cell is not None and cell.conf_status == "F" else None

    if claim["kind"] == "leader":
        compared = {
            row: cell.value
            for (row, column), cell in cells.items()
            if column == claim["column"] and cell.obs_status != "M" and row not in claim.get("exclude", ())
            and (row in claim["rows"] if claim.get("rows") else row.startswith(claim.get("block", "")))
            and cell.row_kind in (("data",) if card.get("survey") else ("data", "missing"))
        }  # fmt: skip
        if None in compared.values():
            return "a compared cell is not shown"
        ranked = sorted(compared, key=lambda row: -(compared[row] or 0))
        count = claim.get("count", 1)
        if set(rows) != set(ranked[:count]) or set(rows) & set(claim.get("unnamed", ())):
            return f"{ranked[:count]} lead"
        if not (compared[ranked[count - 1]] or 0) > (compared[ranked[count]] or 0):
            return "a tie"
        return None
    first = value(claim["cell"])
    if first is None:
        return "the cell is not shown"
    if claim["kind"] == "more":
        second = value(claim["than"])
        return None if second is not None and first > second else "not greater"
    if claim.get("of"):
        whole = value(claim["of"])
        if not whole:
            return "the whole is not shown"
        first = 100 * first / whole
    bounds = {
        "any": (0, 101),
        "tiny": (-1, 5),
        "rare": (0, 20),
        "few": (-1, 33),
        "third": (33, 101),
        "half": (50, 101),
        "most": (66, 101),
    }
    low, high = bounds[claim["qualifier"]]
    return None if low < first < high else f"{first} is not {claim['level']}"


def sentences(folder: Path) -> Iterator[tuple[str, str]]:
    """Every text of a publication folder, with its place."""
    for name in ("texts.json", "texts.en.json"):
        texts = json.loads((folder / name).read_text(encoding="utf-8"))
        for chapter in texts["chapters"]:
            if chapter["id"].isdigit():
                for key in ("headline", "html"):
                    yield f"{name} {chapter['id']}", re.sub(r"<[^>]+>", " ", chapter[key] or "")
        yield from ((f"{name} point", re.sub(r"<[^>]+>", "", point)) for point in texts["main_points"])
    for card in json.loads((folder / "tables.json").read_text(encoding="utf-8")):
        for key in (
            "title",
            "finding",
            "base",
            "reading_aid",
            "title_en",
            "finding_en",
            "base_en",
            "reading_aid_en",
        ):
            yield f"{card['id']} {key}", card[key] or ""


#: The English words of each edition, as they are before a publication teaches its own.
WORDS: dict[str, Words] = {}


def said(project: Project, book: Book, folder: Path) -> dict[str, tuple[str, ...]]:
    """Write the texts and the cards of a publication; the claims that were found to hold, with the rows that they name."""
    folder.mkdir(parents=True, exist_ok=True)
    placeholders = placeholders_of(project, book)
    stated: dict[str, tuple[str, ...]] = {}
    judge = placeholders.claims.of

    def of(name: str) -> Claimed:
        verdict = judge(name)
        if verdict.holds:
            stated[name] = verdict.rows
        return verdict

    placeholders.claims.of = of  # type: ignore[method-assign]
    if book.edition.id not in WORDS:
        WORDS[book.edition.id] = load_words(project, book.edition)
    words = deepcopy(WORDS[book.edition.id])
    write.write_tables(book, project, Origins(book, project), placeholders, words, folder)
    write.write_texts(book, project, placeholders, words, folder)
    return stated


def faults(project: Project, book: Book, folder: Path) -> tuple[list[str], Iterable[str]]:
    """What a reader could object to a publication; the claims that it states."""
    stated = said(project, book, folder)
    found = [f"{name}: {why}" for name, rows in stated.items() if (why := denied(book, name, rows))]
    for place, text in sentences(folder):
        if sign := SIGN.search(QUOTED.sub("", text)):
            found.append(f"{place}: « {sign.group(0)} » in « {text} »")
    tables = {table.id: cells for table, cells in book.tables}
    for card in json.loads((folder / "tables.json").read_text(encoding="utf-8")):
        chart = card["chart"] or {}
        if chart.get("highlight") and not card["finding"]:
            found.append(f"{card['id']}: a highlighted bar that no title names")
        if chart and chart["type"] in ("bars", "progress", "dumbbell", "lines"):
            codes = chart.get("columns") or [chart.get("column")]
            shown = {c.row_code for c in tables[card["id"]] if c.column_code in codes and c.value is not None}
            if len(shown) < 2:
                found.append(f"{card['id']}: a chart of {len(shown)} bar")
    return found, stated


@pytest.fixture(scope="module")
def books(project: Project, reference_build: Outputs, today_build: Outputs) -> list[Book]:
    return [book_of(project, read_publication(build.publication)) for build in (reference_build, today_build)]


def test_no_sentence_is_denied_by_its_table(
    project: Project, books: list[Book], tmp_path: Path, thorough: bool
) -> None:
    stated: dict[str, int] = defaultdict(int)
    for number, book in enumerate(books):
        for seed in MANY if thorough else FEW:
            found, names = faults(project, made_up(book, seed), tmp_path / f"{number}-{seed}")
            assert not found, (number, seed)
            for name in names:
                stated[name] += 1
    assert len(stated) > (
        15 if thorough else 8
    )  # claims are stated, the oracle has something to hold them to


def test_the_publications_as_they_are(project: Project, books: list[Book], tmp_path: Path) -> None:
    for number, book in enumerate(books):
        assert not faults(project, book, tmp_path / str(number))[0]


@pytest.mark.parametrize("fault", ["ties", "inverted", "hidden"])
def test_the_oracle_catches_a_planted_fault(
    fault: str, project: Project, books: list[Book], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(self: Claims, first: Estimate, second: Estimate) -> bool:
        return first.printed >= second.printed if fault == "ties" else first.printed < second.printed

    estimate = Claims._estimate

    def blind(self: Claims, table: Any, cell: Cell) -> Estimate | None:
        return estimate(self, table, cell) or Estimate(
            0.0, 0.0, 0.0, 0.0, "%" if cell.column_code == "share" else ""
        )

    if fault == "hidden":
        monkeypatch.setattr(Claims, "_estimate", blind)
    else:
        monkeypatch.setattr(Claims, "_exceeds", wrong)
    assert any(
        denied(made, name, rows)
        for book in books
        for seed in SEEDS
        for made in [made_up(book, seed)]
        for name, rows in said(project, made, tmp_path / f"{seed}").items()
    )


def test_every_declared_claim_is_stated_somewhere(project: Project) -> None:
    """A claim that no text states is a declaration too many."""
    written = "".join(
        path.read_text(encoding="utf-8") for path in (project.pipelines / "texts").rglob("*.md")
    )
    written += "".join(json.dumps(table.card, ensure_ascii=False, default=str) for table in project.tables)
    declared = [f"{table.id}.{name}" for table in project.tables for name in table.card.get("claims", {})]
    assert [name for name in declared if f"'{name}'" not in written] == []
