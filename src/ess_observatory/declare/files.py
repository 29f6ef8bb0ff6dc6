"""Reading the small files in which the project is declared."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from ess_observatory.declare.faults import Fault, raise_faults
from ess_observatory.declare.reading import read_toml_document


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file, whatever editor saved it. Raises E106, which names the line, when it is none."""
    faults: list[Fault] = []
    document = read_toml_document(path, str(path), faults)
    raise_faults(faults)
    data: dict[str, Any] = document.data if document else {}
    return data


def read_csv_rows(path: Path) -> list[dict[str, str]]:
    """A small declared CSV (comma, UTF-8) as dictionaries."""
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))
