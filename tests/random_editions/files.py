"""How a file is laid down: rows of text, in the separator, encoding and first lines of its producer."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path


def write_csv(
    path: Path,
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    separator: str = ";",
    above: Sequence[str] = (),
) -> None:
    """A text file; None and False are empty cells."""
    text = io.StringIO()
    text.writelines(f"{line}\n" for line in above)
    writer = csv.writer(text, delimiter=separator, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([["" if cell is None else cell for cell in row] for row in rows])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.getvalue(), encoding="utf-8")
