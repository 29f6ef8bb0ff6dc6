"""Deterministic files: the same content always gives the same bytes, whatever the day and the machine."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ess_observatory.words.spreadsheet import BOM, safe_text

if TYPE_CHECKING:
    import pyarrow as pa

SUMS = "SHA256SUMS"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def write_parquet(table: pa.Table, path: Path) -> None:
    """Parquet, zstd, with the metadata of fields and table."""
    import pyarrow.parquet as pq

    pq.write_table(table, path, compression="zstd")


def french_csv(table: pa.Table, headers: Sequence[str]) -> str:
    """A table as French CSV text: BOM, `;`, decimal comma, exact values, Oui/Non, nothing where there is no value."""
    columns = [[_csv_cell(value) for value in column.to_pylist()] for column in table.columns]
    return rows_csv(headers, zip(*columns, strict=True) if columns else [])


def rows_csv(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows of text as French CSV text."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    writer.writerow(headers)
    writer.writerows(rows)
    return BOM + stream.getvalue()


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Oui" if value else "Non"
    if isinstance(value, float):
        text = format(Decimal(repr(value)), "f")
        return (text.removesuffix(".0")).replace(".", ",")
    return safe_text(str(value))


def write_text(path: Path, text: str) -> None:
    """Text in UTF-8, line ends untouched."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


def write_json(path: Path, data: Any) -> None:
    """JSON that people can read."""
    write_text(path, json.dumps(data, ensure_ascii=False, indent=1) + "\n")


def sha256(path: Path) -> str:
    """Fingerprint of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def members(folder: Path) -> list[str]:
    """Every file under a folder, as sorted relative names with `/`."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def write_sums(folder: Path) -> None:
    """`SHA256SUMS` in the form that `sha256sum --check` reads."""
    lines = [f"{sha256(folder / name)}  {name}\n" for name in members(folder) if name != SUMS]
    write_text(folder / SUMS, "".join(lines))


def write_zip(folder: Path, path: Path) -> None:
    """The folder as a zip with fixed dates, order and permissions; stored, as compressed bytes depend on the machine's zlib."""
    with zipfile.ZipFile(path, "w") as archive:
        for name in members(folder):
            entry = zipfile.ZipInfo(f"{folder.name}/{name}", _EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            archive.writestr(entry, (folder / name).read_bytes())
