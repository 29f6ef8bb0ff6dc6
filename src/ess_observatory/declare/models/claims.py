"""What a text may claim of a table: `[claims]` of a card, thresholds and words of `pipelines/rules/claims.toml`."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, RootModel, model_validator

from ess_observatory.declare.models.base import Declared, refused
from ess_observatory.declare.models.types import CellPath, ColumnName, Percent, RowCode, Share, Words


class Leader(Declared):
    """One row, or several together, stand ahead of all the others."""

    kind: Literal["leader"]
    column: ColumnName = Field(description="colonne comparée")
    rows: list[RowCode] = Field([], description="lignes comparées (sinon, toutes celles du bloc)")
    block: Words | None = Field(None, description="début du code des lignes comparées : « D04. »")
    exclude: list[RowCode] = Field([], description="lignes qui ne se comparent pas aux autres (sous-totaux)")
    unnamed: list[RowCode] = Field(
        [], description="lignes comparées que la phrase ne peut pas nommer : « Autre », « Aucun »"
    )
    proper: bool = Field(
        False, description="true : les lignes sont des noms propres, écrits sans article ni guillemets"
    )
    count: int = Field(1, ge=1, le=6, description="combien de lignes sont en tête ensemble")


class Level(Declared):
    """A share is high, or low: more than half, a third, rare."""

    kind: Literal["level"]
    qualifier: ColumnName = Field(description="qualificatif de rules/claims.toml : half, few, rare…")
    cell: CellPath = Field(description="cellule qualifiée")
    of: CellPath | None = Field(
        None, description="cellule à laquelle elle se rapporte, si elle n’est pas une part"
    )


class More(Declared):
    """A cell is greater than another: a rise, a difference, a comparison with another area."""

    kind: Literal["more"]
    cell: CellPath = Field(description="cellule plus grande")
    than: CellPath = Field(description="cellule plus petite")


Claim = Annotated[Leader | Level | More, Field(discriminator="kind")]


class Qualifier(Declared):
    """Bounds, in percent, between which a share may be called so; the bounds themselves are out."""

    above: Percent | None = Field(None, description="plus que")
    below: Percent | None = Field(None, description="moins que")

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.above is None and self.below is None:
            raise refused("qualificatif sans borne", "donnez « above » ou « below »")
        if self.above is not None and self.below is not None and self.above >= self.below:
            raise refused("« above » n’est pas sous « below » : aucune part n’y tient", "échangez-les")
        return self


class Reliability(Declared):
    """From when a claim is stated."""

    confidence: Share = Field(0.95, description="confiance à laquelle un écart de l’enquête est affirmé")
    min_answers: int = Field(10, ge=1, description="réponses exprimées au moins")
    min_units: int = Field(10, ge=1, description="unités comptées au moins, hors enquête")
    unmeasured_margin: Percent = Field(
        10, description="points à laisser autour d’un seuil, pour une part de l’enquête sans intervalle"
    )


def _expression(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error:
        raise refused("ce n’est pas une expression régulière", "écrivez un mot, ou un motif simple") from None
    return pattern


Pattern = Annotated[Words, AfterValidator(_expression)]


class ClaimWords(Declared):
    """Words (regular expressions, whole words) that a text may hold only under a claim of that kind."""

    fr: list[Pattern] = Field([], description="français")
    en: list[Pattern] = Field([], description="anglais")


class Allowed(Declared):
    """An expression that holds such a word and claims nothing."""

    text: Pattern = Field(description="expression")
    reason: Words = Field(description="pourquoi elle n’affirme rien")


class ClaimsFile(Declared):
    """When a claim is stated, and the words that need one."""

    reliability: Reliability = Field(Reliability(), description="quand une affirmation est tenue pour sûre")
    qualifiers: dict[ColumnName, Qualifier] = Field({}, description="qualificatifs")
    words: dict[Literal["leader", "level", "more"], ClaimWords] = Field(
        {}, description="mots qu’aucune phrase n’emploie sans affirmation de ce genre"
    )
    allowed: list[Allowed] = Field([], description="expressions où ces mots n’affirment rien")


class SentenceForm(Declared):
    """A label as a sentence says it, article included."""

    fr: Words = Field(description="français : « les associations »")
    en: Words = Field(description="anglais")


class SentenceFormsFile(RootModel[dict[Words, SentenceForm]]):
    """Labels of rows as a sentence says them; a label that is not here is quoted."""


__all__ = ["Claim", "ClaimsFile", "Leader", "Level", "More", "SentenceFormsFile"]
