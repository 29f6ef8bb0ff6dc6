"""A declared measure: `pipelines/measures/*.toml`, and how a card takes its columns and its rows from what is declared once."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from ess_observatory.declare.models.base import Declared, refused
from ess_observatory.declare.models.types import ColumnName, Decimals, MeasuredTable, Slug, Words

SecrecyClass = Literal["public", "magnitude", "opinion", "text"]


class MeasureWords(Declared):
    """How a number made of the measure is called and printed."""

    label: Words | None = Field(None, description="en-tête")
    label_en: Words | None = Field(None, description="en-tête anglais")
    unit: str = Field("%", description="unité")
    decimals: Decimals = Field(1, description="décimales imprimées")


class RateWords(MeasureWords):
    """The same for a rate per that measure."""

    times: float = Field(100, gt=0, description="ce par quoi le rapport est multiplié : 100, 1000…")


class MeasureFile(Declared):
    """What is measured, said once: its words, its secrecy, the rows that it is made of; it counts the concept of its name."""

    label: Words = Field(description="en-tête d’une colonne")
    label_en: Words | None = Field(None, description="en-tête anglais")
    unit: str = Field("", description="unité : établissements, postes…")
    decimals: Decimals = Field(0, description="décimales imprimées")
    secrecy: SecrecyClass = Field(description="classe de secret")
    adds_up: bool = Field(
        True, description="false : ses parts ne font pas son ensemble (unités comptées une fois)"
    )
    share: MeasureWords | None = Field(None, description="mots de sa part dans un ensemble")
    rate: RateWords | None = Field(None, description="mots d’un taux pour cette mesure")
    rows: MeasuredTable | None = Field(
        None, description="table dont elle est faite ; absente : seule l’enquête la calcule"
    )
    where: Words | None = Field(None, description="lignes gardées, en SQL")
    value: ColumnName | None = Field(
        None, description="colonne à additionner ; absente : les lignes sont comptées"
    )
    distinct: ColumnName | None = Field(
        None, description="colonne dont chaque valeur est comptée une fois, à la place"
    )
    absent_is_zero: bool = Field(
        False,
        description="true : ce qui n’a pas de ligne n’a rien (liste complète) ; sinon on ne le sait pas, et l’ensemble est « au moins »",
    )
    unit_key: ColumnName | None = Field(
        None, description="colonne de l’unité légale (secret d’une somme sur les unités)"
    )
    mark: Words | None = Field(
        None,
        description="marque du producteur (colonne, ou SQL) : secret, partial ou rien ; chaque ligne est alors une de ses cellules, l’ensemble compris",
    )
    units: ColumnName | None = Field(
        None, description="colonne du nombre d’unités d’une cellule du producteur"
    )
    low: ColumnName | None = Field(
        None, description="colonne du moins que vaut une cellule incomplète du producteur"
    )
    high: ColumnName | None = Field(None, description="colonne du plus qu’elle vaut")
    by: dict[ColumnName, Words] = Field({}, description="dimension = colonne qui la donne dans ces lignes")
    whole: dict[ColumnName, str] = Field(
        {}, description="dimension = valeur de la colonne pour l’ensemble d’un producteur (à défaut, vide)"
    )
    closes: dict[ColumnName, Words] = Field(
        {},
        description="dimension = lignes (condition SQL) qui valent zéro quand le producteur ne les nomme pas et que les autres font l’ensemble",
    )

    @property
    def may_lack(self) -> bool:
        """Whether what has no row is not known: the rows are figures of members, not units."""
        return self.value is not None and not self.mark and not self.unit_key and not self.absent_is_zero

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.value is not None and self.distinct is not None:
            raise refused("il faut « value » ou « distinct », pas les deux", "gardez l’un des deux")
        if self.mark is not None and (self.value is None or self.units is None):
            raise refused(
                "une cellule de producteur a sa valeur et son nombre d’unités",
                "ajoutez « value » et « units »",
            )
        if self.absent_is_zero and (self.value is None or self.mark is not None or self.unit_key is not None):
            raise refused(
                "« absent_is_zero » est dit d’une somme de lignes qui ne sont ni des unités légales ni les cellules d’un producteur",
                "retirez-la",
            )
        if self.rows is not None and self.secrecy == "magnitude" and not (self.mark or self.unit_key):
            raise refused(
                "une grandeur dit de quelles unités légales elle vient",
                "ajoutez « unit_key », ou « mark » et « units »",
            )
        if stray := next((key for key in (*self.whole, *self.closes) if key not in self.by), None):
            raise refused(f"dimension « {stray} » absente de « by »", "ajoutez-y sa colonne")
        return self


class RateTerms(Declared):
    """A measure for so many of another."""

    of: Slug = Field(description="mesure rapportée")
    per: Slug = Field(description="mesure à laquelle elle l’est")


class CardRows(Declared):
    """The rows of a table that the engine makes."""

    dimension: ColumnName = Field(description="dimension : pipelines/dimensions/<nom>.sql")
    order: ColumnName | None = Field(
        None, description="colonne par laquelle ranger, de la plus grande valeur à la plus petite"
    )
    observed: bool = Field(False, description="true : seulement les lignes dont une mesure a quelque chose")
