"""Worked examples beside a query: `pipelines/tables/*/example.toml`, `pipelines/core/*.example.toml`."""

from __future__ import annotations

from pydantic import Field

from ess_observatory.declare.models.base import Declared
from ess_observatory.declare.models.types import CsvText, ExampleTable, Words


class Example(Declared):
    """A few rows in, the rows out."""

    title: Words = Field(description="ce que l’exemple montre")
    given: dict[ExampleTable, CsvText] = Field(
        {}, description="lignes de chaque table lue, en CSV (nom:type)"
    )
    expected: CsvText = Field(description="lignes attendues, en CSV")
    rows: int | None = Field(None, ge=0, description="nombre de lignes qui sortent en tout")


class ExampleFile(Declared):
    """The examples of a query."""

    example: list[Example] = Field(min_length=1, description="exemples")
