"""Words in TOML: `pipelines/texts/codes.toml`, `scopes.toml`, `en/words.toml`."""

from __future__ import annotations

from pydantic import Field, RootModel

from ess_observatory.declare.models.base import Declared
from ess_observatory.declare.models.types import ColumnName, MessageCode, Words


class Message(Declared):
    """What a message code means."""

    title: Words = Field(description="titre")
    meaning: Words = Field(description="ce que cela veut dire")
    fix: Words = Field(description="ce qu’il faut faire")
    correct: bool = Field(True, description="false : rien n’est faux dans la ligne elle-même")
    whole: bool = Field(False, description="true : une réponse à l’enquête est refusée tout entière")


class CodesFile(RootModel[dict[MessageCode, Message]]):
    """Message codes."""


class ScopesFile(RootModel[dict[ColumnName, Words]]):
    """Scopes that a table may have, in words."""


class WordsFile(Declared):
    """English of what no card, nomenclature or codebook translates."""

    scopes: dict[ColumnName, Words] = Field({}, description="champs, comme dans scopes.toml")
    joints: dict[str, str] = Field({}, description="ce qui joint deux mots")
    words: dict[str, Words] = Field({}, description="français = anglais")
    controls: dict[str, Words] = Field({}, description="libellés des contrôles")
    patterns: dict[str, Words] = Field({}, description="phrases à trous : {} et {=}")
