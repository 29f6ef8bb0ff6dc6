"""Refused rows that someone must correct, with all the cells of the row, as the analyst reads and corrects them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from ess_observatory.declare.project import Project
from ess_observatory.declare.source_spec import SourceSpec
from ess_observatory.engine.database import Database
from ess_observatory.quality.catalogue import not_to_correct
from ess_observatory.read.cast import quote
from ess_observatory.read.headers import normalise
from ess_observatory.read.recognise import Inventory
from ess_observatory.read.refused_headers import CORRECTED, FILE, LINE, REFUSED_HEADERS, SHEET

#: Rows a sheet of the workbook holds at most: past that, the file itself has to be asked for again.
MOST_ROWS = 50_000


@dataclass(frozen=True)
class RefusedRow:
    """A refused row: its cells as they came (an empty one to fill in, for a cell of the survey), where it is, and why."""

    cells: tuple[str | None, ...]
    file: str
    sheet: str
    line: int | None
    column: str
    value: str
    code: str
    reason: str
    fix: str


@dataclass(frozen=True)
class RefusedSheet:
    """The refused rows of a source, under the headers by which its files are recognised."""

    source: str
    title: str
    headers: tuple[str, ...]
    rows: list[RefusedRow]
    total: int


def note_corrected(db: Database, inventory: Inventory) -> None:
    """`staging.corrected_refusal`: the refused rows that came back in a corrected workbook (source, file, sheet, line)."""
    import pyarrow as pa

    found: set[tuple[str, str, str, int]] = set()
    wanted = {normalise(header) for header in REFUSED_HEADERS}
    for match in inventory.matches:
        if match.kind != "table" or match.header_line < 1:
            continue
        head = match.sheet.head[match.header_line - 1]
        positions = {normalise(cell): i for i, cell in enumerate(head) if cell}
        if not wanted <= positions.keys():
            continue
        file, sheet, line = (positions[normalise(header)] for header in (FILE, SHEET, LINE))
        for row in match.sheet.rows[match.header_line :]:
            texts = [row[i] if i < len(row) else None for i in (file, sheet, line)]
            if texts[0] and texts[2] and texts[2].isdigit():
                found.add((match.source, texts[0], texts[1] or "", int(texts[2])))
    rows = sorted(found)
    kinds = (("source", pa.string()), ("file", pa.string()), ("sheet", pa.string()), ("line", pa.int64()))
    db.put(
        "staging.corrected_refusal",
        pa.table({name: pa.array([row[i] for row in rows], kind) for i, (name, kind) in enumerate(kinds)}),
    )


def still_refused(pipelines: Path) -> str:
    """SQL: refused rows that wait for a correction (not footers, not duplicates, not corrected since)."""
    spared = ", ".join(quote(code) for code in sorted(not_to_correct(pipelines))) or quote("")
    return (
        f"(select r.* from staging.refused as r where r.code not in ({spared}) and not exists (select 1 from "
        "staging.corrected_refusal as c where c.source = r.source and c.file = r.file and c.sheet = coalesce(r.sheet, '') "
        "and c.line = r.line))"
    )


def refused_sheets(db: Database, project: Project, inventory: Inventory) -> list[RefusedSheet]:
    """One sheet a source that has rows to correct, in the order of the sources."""
    waiting = still_refused(project.pipelines)
    totals = dict(db.rows(f"select source, count(*) from {waiting} group by source"))
    found = []
    for spec in sorted(project.sources.values(), key=lambda s: s.rank):
        if spec.id in totals:
            rows = _rows(db, spec, waiting)
            found.append(RefusedSheet(spec.id, spec.title, _headers(spec, inventory), rows, totals[spec.id]))
    return found


def _rows(db: Database, spec: SourceSpec, waiting: str) -> list[RefusedRow]:
    is_survey = spec.kind == "survey"
    has_columns = db.exists("raw", spec.id) and not is_survey
    names = [column.name for column in spec.columns if has_columns and not column.is_vintage]
    cells = ", ".join(f'w."{name}"' for name in names)
    joined = (
        f"left join raw.{spec.id} as w on w._file = r.file and w._sheet = r.sheet and w._line = r.line"
        if names
        else ""
    )
    rows = db.rows(
        f"select r.file, coalesce(r.sheet, ''), r.line, coalesce(r.\"column\", ''), coalesce(r.value, ''), r.code, r.reason, "
        f"r.fix{', ' + cells if cells else ''} from {waiting} as r {joined} where r.source = ? "
        f'order by r.file, r.sheet, r.line, r."column", r.code limit {MOST_ROWS}',
        [spec.id],
    )
    found: list[RefusedRow] = []
    for row in rows:
        if is_survey:
            found.append(RefusedRow((None,), *row[:8]))
            continue
        refused = RefusedRow(tuple(None if cell is None else str(cell) for cell in row[8:]), *row[:8])
        last = found[-1] if found else None
        if (
            names
            and last
            and (last.file, last.sheet, last.line) == (refused.file, refused.sheet, refused.line)
        ):
            found[-1] = replace(
                last, reason=f"{last.reason} ; {refused.reason}", fix=f"{last.fix} {refused.fix}"
            )
        else:
            found.append(refused)
    return found


def _headers(spec: SourceSpec, inventory: Inventory) -> tuple[str, ...]:
    """The first header declared for each column; the one that was read where the declared one has a year in it.

    Of the survey, a cell is corrected and not a row: it has one column, for the right value.
    """
    if spec.kind == "survey":
        return (CORRECTED,)
    read = next(
        (match for match in inventory.matches if match.source == spec.id and match.kind == "table"), None
    )

    def header(name: str, declared: tuple[str, ...]) -> str:
        plain = next((text for text in declared if "{" not in text), None)
        if plain is None and read is not None and name in read.mapping:
            head = read.sheet.head[read.header_line - 1]
            plain = head[read.mapping[name]] if read.mapping[name] < len(head) else None
        return plain or name

    return tuple(header(column.name, column.headers) for column in spec.columns if not column.is_vintage)
