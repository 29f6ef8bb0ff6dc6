"""Raw files as a person sees them: a header is the first line that has the wanted columns; all the rest is text."""

from __future__ import annotations

import csv
import io
import unicodedata
import warnings
from collections.abc import Container, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

Line = list[str]


def table(raw: Path, *wanted: str, without: str = "") -> pd.DataFrame | None:
    """The rows, as text, of the files that have these columns (and not that one); None where no file has."""
    keys, found = {plain(name) for name in wanted}, []
    for lines in _sheets(raw):
        for rank, line in enumerate(lines[:15]):
            header = [plain(cell) for cell in line]
            if keys <= set(header) and plain(without) not in header[: len(header) if without else 0]:
                rows = [row[: len(header)] + [""] * (len(header) - len(row)) for row in lines[rank + 1 :]]
                found.append(pd.DataFrame(rows, columns=header, dtype=str))
                break
    return pd.concat(found, ignore_index=True).fillna("") if found else None


@lru_cache(maxsize=4096)
def plain(text: object) -> str:
    """A header without case, accents nor kind of apostrophe."""
    flat = unicodedata.normalize("NFD", str(text).replace("’", "'").strip().lower())
    return "".join(letter for letter in flat if not unicodedata.combining(letter))


def _sheets(raw: Path) -> Iterator[list[Line]]:
    for path in sorted(path for path in raw.rglob("*") if path.is_file()):
        yield from _read(path)


@lru_cache(maxsize=64)
def _read(path: Path) -> list[list[Line]]:
    if path.suffix == ".xlsx":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sheets = pd.read_excel(path, sheet_name=None, header=None, dtype=object, engine="calamine")
        return [
            [[_text(cell) for cell in row] for row in sheet.itertuples(index=False)]
            for sheet in sheets.values()
        ]
    if path.suffix != ".csv":
        return []
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252")
    head = "\n".join(text.splitlines()[:15])
    separator = max(";,", key=head.count)
    return [[[cell.strip() for cell in line] for line in csv.reader(io.StringIO(text), delimiter=separator)]]


def _text(cell: object) -> str:
    if cell is None or cell != cell:
        return ""
    if hasattr(cell, "strftime"):
        return cell.strftime("%Y-%m-%d")
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def number(text: str) -> float | None:
    """A number as producers write it; None where there is none."""
    flat = text.replace(" ", "").replace("\u00a0", "").replace("\u202f", "").replace(",", ".")
    try:
        return float(flat)
    except ValueError:
        return None


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Each row by name of column, as plain values: what `to_dict` gives, column by column."""
    columns = [rows[name].astype(object).tolist() for name in rows.columns]
    return [dict(zip(rows.columns, row, strict=True)) for row in zip(*columns, strict=True)]


def among(column: pd.Series, codes: Container[str]) -> pd.Series:
    """Whether each text of a column is one of these."""
    return pd.Series([text in codes for text in column], index=column.index, dtype=bool)


def days(column: pd.Series) -> pd.Series:
    """Dates, written 2011-12-31 or 31/12/2011."""
    iso = pd.to_datetime(column, format="%Y-%m-%d", errors="coerce")
    found = iso.fillna(pd.to_datetime(column, format="%d/%m/%Y", errors="coerce"))
    return found.where(found.dt.year > 1)  # 0001-01-01: no date
