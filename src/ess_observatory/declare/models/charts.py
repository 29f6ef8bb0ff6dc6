"""The `[chart]` block of a card."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from ess_observatory.declare.models.base import Declared, refused
from ess_observatory.declare.models.types import SAID, ColumnName, Words

ChartType = Literal[
    "bars",
    "grouped",
    "stacked",
    "multiples",
    "diverging",
    "progress",
    "dumbbell",
    "lines",
    "map",
    "tiles",
]


def _highlight(value: Any) -> Any:
    if value == "finding" or (isinstance(value, list) and all(isinstance(item, str) for item in value)):
        return value
    raise refused(
        "« finding », ou une liste de codes de lignes, est attendu ici", 'écrivez "finding", ou ["a", "b"]'
    )


def _heading(value: Any) -> Any:
    if isinstance(value, str) and value.strip():
        return value
    if (
        isinstance(value, dict)
        and set(value) == {"fr", "en"}
        and all(isinstance(v, str) for v in value.values())
    ):
        return value
    raise refused("un texte, ou { fr = …, en = … }, est attendu ici", "donnez les deux langues")


class Reference(Declared):
    """A line drawn across the bars."""

    value: float = Field(description="valeur")
    label: Words = Field(description="ce qu’elle est")


class Bilingual(Declared):
    """A text in both languages."""

    fr: Words = Field(description="en français")
    en: Words = Field(description="en anglais")


class Chart(Declared):
    """The drawing of a table."""

    type: ChartType = Field(description="forme")
    column: ColumnName | None = Field(
        None, description="colonne dessinée (sinon, la première qui est un nombre)"
    )
    columns: list[ColumnName] = Field([], description="colonnes dessinées")
    order: Literal["given", "descending", "ascending"] = Field("given", description="ordre des lignes")
    order_by: ColumnName | None = Field(None, description="colonne qui donne l’ordre")
    also: ColumnName | None = Field(None, description="colonne dont la valeur est écrite à côté")
    label_from: ColumnName | None = Field(None, description="colonne de texte qui nomme les lignes")
    include: list[Words] = Field([], description="codes des lignes dessinées")
    exclude: list[Words] = Field([], description="codes des lignes laissées de côté")
    apart: list[Words] = Field([], description="codes des lignes dessinées à part, en gris")
    section: Words | None = Field(None, description="bloc dessiné")
    highlight: Annotated[
        Any,
        BeforeValidator(_highlight),
        WithJsonSchema({"type": ["string", "array"], SAID: "« finding », ou une liste de textes"}),
    ] = Field(
        None,
        description="lignes en couleur, celles que nomme le constat : finding les y lit, sinon leurs codes",
    )
    negative: list[Words] = Field([], description="lignes à gauche du centre (diverging)")
    neutral: list[Words] = Field([], description="lignes au centre (diverging)")
    positive: list[Words] = Field([], description="lignes à droite du centre (diverging)")
    limit: Annotated[int, Field(ge=1)] | None = Field(None, description="nombre de lignes dessinées")
    below: float | None = Field(None, description="seulement les valeurs plus petites")
    shown: bool = Field(False, description="true : seulement les lignes qui ont une valeur")
    reliable: bool = Field(False, description="true : pas de dessin sans deux valeurs solides")
    cumulative: bool = Field(False, description="true : barres qui s’ajoutent")
    titled: bool | None = Field(None, description="true : le nom de chaque bloc est écrit")
    heading: Annotated[
        Any,
        BeforeValidator(_heading),
        WithJsonSchema({"type": ["string", "object"], SAID: "un texte, ou { fr, en }"}),
    ] = Field(None, description="ligne au-dessus des barres")
    title: Bilingual | None = Field(
        None, description="ce que montre le dessin, quand il laisse de côté des colonnes du tableau"
    )
    max: Annotated[float, Field(gt=0)] | None = Field(
        None, description="bout de l’échelle (une part de « progress » va toujours jusqu’à 100 %)"
    )
    reference: Reference | None = Field(None, description="repère (progress)")
    group: ColumnName | None = Field(None, description="colonne de texte qui colore la carte")
    names: Annotated[int, Field(ge=0)] | None = Field(None, description="communes nommées sur la carte")

    def named_columns(self) -> list[tuple[str, str]]:
        """(key, column) of every column that the chart names."""
        single = ("column", "order_by", "also", "label_from", "group")
        found = [(key, getattr(self, key)) for key in single if getattr(self, key)]
        return [*found, *(("columns", code) for code in self.columns)]
