"""What an observatory adds of its own to the headers of the sources (`pipelines/local/headers.toml`), and the words of headers."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from ess_observatory.declare.models.base import Declared, refused
from ess_observatory.declare.models.types import ColumnName, Slug, Words


class Layout(Declared):
    """The headers of one producer's file that the source does not know."""

    source: Slug = Field(description="source dont ce fichier est")
    headers: dict[Words, ColumnName] = Field(
        {}, description="en-tête du fichier = colonne de la source qu’il remplit"
    )
    ignored: list[Words] = Field([], description="en-têtes du fichier dont la colonne n’est pas lue")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if twice := next((header for header in self.ignored if header in self.headers), None):
            raise refused(
                f"« {twice} » remplit une colonne et n’est pas lu",
                "retirez-le de « headers » ou de « ignored »",
            )
        return self


class LayoutsFile(Declared):
    """Headers of this observatory's own files, beside those that the sources declare."""

    layouts: list[Layout] = Field([], description="une entrée par fichier ; la dernière complète les autres")


class HeaderWordsFile(Declared):
    """Words that producers use for one another in headers: what likeness between two headers rests on."""

    idle: list[Words] = Field([], description="mots qui ne disent rien")
    kinds: list[Words] = Field(
        [], description="mots qui disent de quelle sorte est la colonne : code, libellé…"
    )
    same: dict[Words, list[Words]] = Field(
        {}, description="sens = mots ou groupes de mots qui le disent, sans accent"
    )
