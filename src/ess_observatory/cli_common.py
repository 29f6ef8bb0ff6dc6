"""What the commands share: the options that several of them take, and how data are printed."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

EditionOption = Annotated[
    str | None,
    typer.Option(
        "--edition", "-e", help="Nom d’une édition, ou chemin d’un .toml (défaut : celle de référence)."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Résultat en JSON sur la sortie standard.")]


def print_json(data: Any) -> None:
    """Data for a program, on stdout."""
    print(json.dumps(data, ensure_ascii=False, indent=1, default=str))
