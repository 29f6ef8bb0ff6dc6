"""The card of a published table: `pipelines/tables/*/card.toml`, and that of a question (`survey/table.toml`)."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from ess_observatory.declare.models.base import Declared, refused
from ess_observatory.declare.models.charts import Chart
from ess_observatory.declare.models.checks import Check
from ess_observatory.declare.models.claims import Claim
from ess_observatory.declare.models.measures import CardRows, RateTerms, SecrecyClass
from ess_observatory.declare.models.survey_blocks import SurveyBlock
from ess_observatory.declare.models.types import (
    CellName,
    CellPath,
    ChapterMark,
    ColumnName,
    ConceptName,
    Count,
    Decimals,
    FigureId,
    Parameter,
    PartName,
    Percent,
    PositiveRate,
    Rate,
    Share,
    Slug,
    TableNumber,
    Words,
)


class RatioTerms(Declared):
    """What a computed column is made of."""

    numerator: PartName | None = Field(
        None, description="colonne, ou ligne/colonne, ou tableau:ligne/colonne"
    )
    denominator: PartName | None = Field(None, description="de même")


class CardColumn(Declared):
    """A column of the table."""

    code: ColumnName = Field(description="code, qui ne change pas d’une édition à l’autre")
    measure: Slug | None = Field(
        None,
        description="mesure déclarée (pipelines/measures), qui donne à la colonne ses mots et son secret",
    )
    share: Slug | None = Field(None, description="mesure dont la colonne est la part dans l’ensemble")
    among: Literal["known"] | None = Field(
        None, description="known : part parmi les lignes connues (« row_kind » data)"
    )
    rate: RateTerms | None = Field(None, description="mesures dont la colonne est le rapport")
    attribute: ColumnName | None = Field(None, description="colonne de la dimension, imprimée comme un texte")
    label: Words | None = Field(None, description="en-tête ; à défaut celui de la mesure")
    label_en: Words | None = Field(None, description="en-tête anglais")
    unit: str = Field("", description="unité : %, structures, k€…")
    decimals: Decimals = Field(0, description="décimales imprimées")
    secrecy: SecrecyClass | None = Field(
        None, description="classe de secret de la colonne ; à défaut celle de la mesure"
    )
    concept: ConceptName | None = Field(
        None, description="ce que compte la colonne (rules/concepts.toml) ; à défaut, un concept à elle seule"
    )
    base_rule: bool | None = Field(
        None, description="true : le pourcentage est retenu quand la base est petite"
    )
    additive: bool = Field(False, description="true : les lignes de la colonne donnent son ensemble")
    sum_of: list[ColumnName] = Field([], description="colonnes dont celle-ci est la somme")
    ratio: RatioTerms | None = Field(None, description="termes dont la colonne se calcule")
    follows: PartName | None = Field(None, description="colonne avec laquelle celle-ci est masquée")
    when_hidden: Literal["rounded"] | None = Field(None, description="rounded : elle reste, arrondie")
    cost: float | None = Field(None, gt=0, description="ce que coûte de la masquer (1 : comme une autre)")

    @property
    def made_of(self) -> tuple[str, ...]:
        """The measures that the column is made of."""
        rate = (self.rate.of, self.rate.per) if self.rate else ()
        return tuple(name for name in (self.measure, self.share, *rate) if name is not None)

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        origins = [key for key in ("measure", "share", "rate", "attribute") if getattr(self, key) is not None]
        if len(origins) > 1:
            raise refused(f"« {origins[0]} » et « {origins[1]} » à la fois", "gardez l’un des deux")
        if not self.made_of:
            lacking = [key for key in ("label", "secrecy") if getattr(self, key) is None]
            if lacking and not (self.attribute and lacking == ["secrecy"]):
                raise refused(
                    f"sans mesure, la colonne a besoin de « {lacking[0]} »", "ajoutez la clé qui manque"
                )
        return self


class SecrecySum(Declared):
    """Cells that add up to another, or to a constant."""

    whole: CellPath | None = Field(None, description="cellule du tout")
    constant: float | None = Field(None, description="total constant, à la place du tout (100)")
    parts: list[CellPath] = Field(min_length=1, description="cellules des parts")

    @model_validator(mode="after")
    def _one_whole(self) -> Self:
        if (self.whole is None) == (self.constant is None):
            raise refused("il faut « whole » ou « constant », l’un des deux", "gardez l’un des deux")
        return self


class SecrecyDifference(Declared):
    """A cell inside another."""

    whole: CellPath = Field(description="cellule du tout")
    part: CellPath = Field(description="cellule de la part")


class ProtectionOverride(Declared):
    """How far an attacker must stay, for one table."""

    rate: PositiveRate | None = Field(None, description="part de la valeur, pour une cellule secrète")
    minimum: float | None = Field(None, ge=1, description="unités du dernier chiffre imprimé, au moins")
    secondary: PositiveRate | None = Field(
        None, description="part de la valeur, pour une cellule masquée en plus"
    )
    insider: Rate | None = Field(None, description="de même contre un contributeur (0 : non vérifié)")


class SecrecyOverride(Declared):
    """Thresholds of one table, with a reason."""

    reason: Words = Field(description="motif de la dérogation")
    min_units: int | None = Field(None, ge=2, le=1000, description="unités légales au moins")
    max_share: Share | None = Field(None, description="part de la plus grande unité, au plus")
    p_percent: Percent | None = Field(None, description="règle du p %")
    opinion_min_respondents: int | None = Field(None, ge=1, description="réponses au moins")
    protection: ProtectionOverride | None = Field(None, description="intervalles de protection")


class CardSecrecy(Declared):
    """What can be computed from what, beyond the columns."""

    ratios: dict[CellName, RatioTerms] = Field({}, description="termes d’une seule cellule calculée")
    sums: list[SecrecySum] = Field([], description="sommes de cellules")
    differences: list[SecrecyDifference] = Field([], description="cellule dans une autre")
    history_row: Words | None = Field(None, description="ligne que les années suivantes reprennent")
    override: SecrecyOverride | None = Field(None, description="dérogation aux seuils")


class CardTexts(Declared):
    """What every card says."""

    title: Words = Field(description="titre")
    title_en: Words | None = Field(None, description="titre anglais")
    scope: ColumnName = Field(description="champ : clé de pipelines/texts/scopes.toml")
    sources: list[Slug] = Field([], description="sources ; la première décide si le tableau paraît")
    origins: dict[Words, list[Slug]] = Field(
        {},
        description="ligne ou colonne = les sources dont elle vient, quand elle ne vient pas de toutes celles du tableau",
    )
    years_in_rows: bool = Field(False, description="true : chaque ligne est une année, celle de ses chiffres")
    requires: Literal["all"] | None = Field(None, description="all : toutes les sources sont nécessaires")
    base: Words = Field(description="base de calcul")
    base_en: Words | None = Field(None, description="la même en anglais")
    reading_aid: Words = Field(description="aide à la lecture")
    reading_aid_en: Words | None = Field(None, description="la même en anglais")
    finding: Words | None = Field(None, description="constat, au-dessus du tableau")
    finding_en: Words | None = Field(None, description="le même en anglais")
    notes: list[Words] = Field([], description="notes")
    notes_en: list[Words] = Field([], description="les mêmes en anglais")
    stub: Words = Field(description="en-tête des lignes")
    stub_en: Words | None = Field(None, description="en-tête anglais des lignes")
    rows: CardRows | None = Field(None, description="lignes que fait le moteur, à la place d’une requête")
    columns: list[CardColumn] = Field(min_length=1, description="colonnes")
    chart: Chart | None = Field(None, description="dessin")
    claims: dict[ColumnName, Claim] = Field({}, description="ce que les phrases peuvent affirmer du tableau")
    survey: SurveyBlock | None = Field(None, description="calcul sur les réponses de l’enquête")
    checks: list[Check] = Field([], description="contrôles du tableau publié")
    parameters: dict[ColumnName, Parameter] = Field({}, description="valeurs que lit la requête")
    figures: dict[CellName, FigureId] = Field({}, description="cellule = identifiant stable du chiffre")
    secrecy: CardSecrecy | None = Field(None, description="ce qui se calcule de quoi")
    categories: ColumnName | dict[str, ColumnName | Literal[""]] | None = Field(
        None,
        description="ce que sont les lignes : une dimension (family, sector, commune…), ou début de leur code = dimension, vide pour l’ensemble",
    )
    concepts: dict[CellName, ConceptName] = Field(
        {}, description="cellule = ce qu’elle compte, quand sa ligne est un indicateur"
    )

    @model_validator(mode="after")
    def _columns_once(self) -> Self:
        codes = [column.code for column in self.columns]
        if twice := next((code for code in codes if codes.count(code) > 1), None):
            raise refused(f"deux colonnes ont le code « {twice} »", "changez l’un des deux codes")
        if self.notes and self.notes_en and len(self.notes) != len(self.notes_en):
            raise refused(
                "« notes » et « notes_en » n’ont pas le même nombre de notes", "traduisez chaque note"
            )
        return self


class CardFile(CardTexts):
    """A published table."""

    number: TableNumber = Field(description="numéro imprimé : 1.1, A.2")
    chapter: ChapterMark = Field(description="chapitre : un nombre, ou une lettre pour les annexes")
    method: bool = Field(False, description="true : tableau de méthode, replié sur la page")
    kind: Literal["checks", "chosen", "reconciled"] | None = Field(
        None,
        description="checks : contrôles du rapport ; chosen : meilleur chiffre de chaque groupe ; reconciled : pourquoi ceux d’un groupe diffèrent",
    )
    groups: list[Slug] = Field([], description="groupes de concepts (chosen), dans l’ordre")

    @model_validator(mode="after")
    def _in_its_chapter(self) -> Self:
        if self.number.partition(".")[0] != str(self.chapter):
            raise refused(
                f"le numéro {self.number} n’est pas du chapitre {self.chapter}",
                "changez « number » ou « chapter »",
            )
        return self


class QuestionCard(CardTexts):
    """The card that every question with a table shares; `{code}`, `{label}`, `{choice}`… are the question's."""


__all__ = ["CardColumn", "CardFile", "CardSecrecy", "Count", "QuestionCard"]
