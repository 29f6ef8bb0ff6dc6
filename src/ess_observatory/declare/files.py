"""Reading the small files in which the project is declared."""

from __future__ import annotations

import pickle
from functools import lru_cache
from pathlib import Path
from typing import Any

from ess_observatory.declare.faults import Fault, raise_faults
from ess_observatory.declare.models.base import Model, check
from ess_observatory.declare.models.csvfile import table_of
from ess_observatory.declare.models.rows import Table
from ess_observatory.declare.reading import read_toml_document


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file, whatever editor saved it. Raises E106, which names the line, when it is none."""
    try:
        content = path.read_bytes() if path.is_file() else None
    except (OSError, ValueError):
        content = None
    data: dict[str, Any] = pickle.loads(_toml(path, content))
    return data


@lru_cache(maxsize=64)
def _toml(path: Path, _content: bytes | None) -> bytes:
    """What a file of that content says, to be taken afresh by each who asks: a build reads some files again and again."""
    faults: list[Fault] = []
    document = read_toml_document(path, str(path), faults)
    raise_faults(faults)
    return pickle.dumps(document.data if document else {})


def read_model(path: Path, model: type[Model]) -> Model:
    """A TOML file as its model. Raises the error that tells every fault of the file."""
    faults: list[Fault] = []
    document = read_toml_document(path, str(path), faults)
    found = check(model, document, faults) if document else None
    raise_faults(faults)
    assert found is not None
    return found


def read_csv(path: Path) -> Table:
    """A declared CSV, whatever spreadsheet saved it. Raises the error that tells every fault of the file."""
    faults: list[Fault] = []
    table = table_of(path, None, faults)
    raise_faults(faults)
    if table is None:
        raise_faults([Fault(str(path), what="en-têtes inconnus", fix="remettez ceux du fichier d’origine")])
    assert table is not None
    return table


def read_csv_rows(path: Path) -> list[dict[str, str]]:
    """The lines of a declared CSV as dictionaries (see `read_csv`)."""
    return read_csv(path).rows()
