"""Reading the small files in which the project is declared."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path
from typing import Any

from ess_observatory.errors import ObservatoryError


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file, with an error that names it."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ObservatoryError(
            "E106", "Fichier TOML mal formé", f"{path} : {error}", "Corrigez la ligne indiquée."
        ) from error


def read_csv_rows(path: Path) -> list[dict[str, str]]:
    """A small declared CSV (comma, UTF-8) as dictionaries."""
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))
