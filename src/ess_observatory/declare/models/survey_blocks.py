"""The `[survey]` block of a card, kind by kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ess_observatory.declare.models.base import Declared, refused
from ess_observatory.declare.models.types import Code, ColumnName, Decimals, QuestionCode, RowCode, Words

Measure = Literal[
    "sum", "sum_per", "ratio", "weighted_mean", "mean", "count_expressed", "count_positive", "none"
]
RowKind = Literal["data", "total", "subtotal", "base", "missing"]
Status = Literal["answered", "nsp", "refus", "sans_objet", "nr", "filtered"]
ChoiceOrder = Literal["codebook", "descending"]


class Labels(Declared):
    """Words of the closing rows."""

    base: Words | None = Field(None, description="ensemble des réponses exprimées")
    filtered: Words | None = Field(None, description="non concernés")
    not_applicable: Words | None = Field(None, description="sans objet")
    declined: Words | None = Field(None, description="refus et « ne sait pas »")
    not_stated: Words | None = Field(None, description="non exprimé")
    total: Words | None = Field(None, description="ensemble des répondants")


class _Kind(Declared):
    labels: Labels = Field(Labels(), description="libellés des lignes de fin")


def _once(rows: Sequence[NumberIndicator | Indicator | ShareIndicator]) -> None:
    """Two rows of one code would be one figure with two values."""
    codes = [row.code for row in rows]
    if twice := next((code for code in codes if codes.count(code) > 1), None):
        raise refused(f"deux lignes ont le code « {twice} »", "changez l’un des deux codes")


class ChoiceBlock(Declared):
    """A question of a table of choices."""

    question: QuestionCode = Field(description="code de la question")
    code: Code | None = Field(None, description="code du bloc (sinon, celui de la question)")
    label: Words | None = Field(None, description="libellé du bloc")
    order: ChoiceOrder | None = Field(None, description="ordre des choix")
    among: Words | None = Field(None, description="condition : seulement ces répondants")
    missing: bool | None = Field(None, description="false : sans les lignes de non-réponse")
    rows: Literal["choices", "groups"] = Field(
        "choices", description="groups : seulement les lignes de [[survey.groups]]"
    )


class Group(Declared):
    """A derived row."""

    block: Code | None = Field(None, description="bloc où la ligne s’ajoute")
    question: QuestionCode | None = Field(None, description="le même, par sa question")
    code: RowCode = Field(description="code de la ligne")
    label: Words = Field(description="libellé de la ligne")
    where: Words | None = Field(None, description="condition sur les réponses")
    statuses: list[Status] = Field([], description="motifs de non-réponse réunis")

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.where is None) == (not self.statuses):
            raise refused("il faut « where » ou « statuses », l’un des deux", "gardez l’un des deux")
        if self.block is None and self.question is None:
            raise refused("ligne sans bloc", "donnez « block »")
        return self


class Choices(_Kind):
    """Stacked blocks of choices."""

    kind: Literal["choices"]
    questions: list[QuestionCode] = Field([], description="questions, dans l’ordre")
    blocks: list[ChoiceBlock] = Field([], description="les mêmes, avec leurs réglages")
    groups: list[Group] = Field([], description="lignes déduites")
    order: ChoiceOrder = Field("codebook", description="ordre des choix")

    @model_validator(mode="after")
    def _has_questions(self) -> Self:
        if not self.questions and not self.blocks:
            raise refused("aucune question", "donnez « questions » ou [[survey.blocks]]")
        return self


class ExtraColumn(Declared):
    """A column that a condition makes."""

    code: ColumnName = Field(description="code de la colonne")
    where: Words = Field(description="condition sur les réponses")


class Cross(_Kind):
    """Two questions crossed."""

    kind: Literal["cross"]
    rows: QuestionCode = Field(description="question des lignes")
    columns: QuestionCode = Field(description="question des colonnes")
    missing: bool = Field(True, description="false : seulement ceux qui ont répondu aux lignes")
    among: Words | None = Field(None, description="condition : seulement ces répondants")
    extra_columns: list[ExtraColumn] = Field([], description="colonnes déduites")


class NumberIndicator(Declared):
    """A row of a table of numbers."""

    code: RowCode = Field(description="code de la ligne")
    label: Words = Field(description="libellé")
    value: Words | None = Field(None, description="valeur par répondant")
    per: Words | None = Field(None, description="dénominateur")
    where: Words | None = Field(None, description="condition : seulement ces répondants")
    kind: RowKind = Field("data", description="nature de la ligne")
    section: Words | None = Field(None, description="bloc")
    measures: dict[ColumnName, Measure] = Field({}, description="mesure propre à une colonne")
    values: dict[ColumnName, Words] = Field({}, description="valeur propre à une colonne")
    pers: dict[ColumnName, Words] = Field({}, description="dénominateur propre à une colonne")


class Numbers(_Kind):
    """Sums, means and ratios of what respondents wrote."""

    kind: Literal["numbers"]
    measures: dict[ColumnName, Measure] = Field({}, description="colonne = mesure")
    where: Words | None = Field(None, description="condition : seulement ces répondants")
    indicators: list[NumberIndicator] = Field(min_length=1, description="lignes")

    @model_validator(mode="after")
    def _rows_once(self) -> Self:
        _once(self.indicators)
        return self


class Expression(_Kind):
    """How many answered each question."""

    kind: Literal["expression"]
    sections: list[Words] | None = Field(None, description="parties du questionnaire (toutes sinon)")
    exclude_types: list[Words] = Field([], description="types de questions laissés de côté")


class Indicator(Declared):
    """A share (`question`, `where`) or an amount (`value`, `measure`)."""

    code: RowCode = Field(description="code de la ligne")
    label: Words = Field(description="libellé")
    section: Words | None = Field(None, description="bloc")
    among: Words | None = Field(None, description="condition : seulement ces répondants")
    question: QuestionCode | None = Field(None, description="question de la part")
    where: Words | None = Field(None, description="condition de la part")
    value: Words | None = Field(None, description="valeur du montant")
    measure: Literal["total", "mean", "ratio", "median"] | None = Field(None, description="mesure du montant")
    per: Words | None = Field(None, description="dénominateur d’un rapport")
    unit: str = Field("", description="unité")
    decimals: Decimals = Field(0, description="décimales imprimées")

    @model_validator(mode="after")
    def _share_or_amount(self) -> Self:
        is_share = self.question is not None and self.where is not None
        if not is_share and (self.value is None or self.measure is None):
            raise refused(
                "indicateur incomplet", "donnez « question » et « where », ou « value » et « measure »"
            )
        if self.measure == "ratio" and self.per is None:
            raise refused("rapport sans dénominateur", "donnez « per »")
        return self


class ShareIndicator(Declared):
    """A share of the respondents."""

    code: RowCode = Field(description="code de la ligne")
    label: Words = Field(description="libellé")
    among: Words | None = Field(None, description="condition : seulement ces répondants")
    question: QuestionCode = Field(description="question de la part")
    where: Words = Field(description="condition de la part")


class Crossing(_Kind):
    """A share by category of establishment, small categories merged."""

    kind: Literal["crossing"]
    by: list[ColumnName] = Field(min_length=1, description="caractéristiques de survey/estimation.toml")
    indicators: list[ShareIndicator] = Field(min_length=1, description="parts")

    @model_validator(mode="after")
    def _rows_once(self) -> Self:
        _once(self.indicators)
        return self


class Extended(_Kind):
    """What respondents say, and the estimate for all establishments."""

    kind: Literal["extended"]
    indicators: list[Indicator] = Field(min_length=1, description="lignes")

    @model_validator(mode="after")
    def _rows_once(self) -> Self:
        _once(self.indicators)
        return self


class Weighting(_Kind):
    """Diagnostics of the weights."""

    kind: Literal["weighting"]


SurveyBlock = Annotated[
    Choices | Cross | Numbers | Expression | Crossing | Extended | Weighting, Field(discriminator="kind")
]
