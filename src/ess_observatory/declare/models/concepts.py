"""What is counted, said once: `pipelines/rules/concepts.toml`, and how a card names it."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from ess_observatory.declare.models.base import Declared, refused
from ess_observatory.declare.models.types import ConceptName, Slug, Words

When = Literal["reference", "vintage", "last_year", "survey"]


class ConceptGroup(Declared):
    """Concepts that a reader may take for one another."""

    label: Words = Field(description="ce que le lecteur cherche")
    label_en: Words | None = Field(None, description="le même en anglais")


class Concept(Declared):
    """What a figure counts: population, source, date; and what it may be confused with."""

    label: Words = Field(description="ce qui est compté")
    label_en: Words | None = Field(None, description="le même en anglais")
    population: Words = Field(description="population : qui en est, qui n’en est pas")
    population_en: Words | None = Field(None, description="la même en anglais")
    source: Slug = Field(description="rôle des fichiers dont il vient (« role » d’une source), ou une source")
    per: Slug | None = Field(None, description="de même pour le dénominateur, s’il vient d’ailleurs")
    date: When = Field(
        description="reference : date de référence ; vintage : millésime de la source ; last_year : dernière année pleine ; survey : année de l’enquête"
    )
    secrecy: Literal["public"] | None = Field(
        None, description="public : public par nature, quelle que soit la colonne qui le montre"
    )
    group: Slug | None = Field(None, description="groupe des concepts qu’un lecteur confondrait avec lui")
    rank: int | None = Field(
        None,
        ge=1,
        description="préférence dans le groupe : 1 pour le plus récent et le plus proche du périmètre de la loi",
    )
    why: Words | None = Field(None, description="pourquoi il diffère des autres du groupe")
    why_en: Words | None = Field(None, description="le même en anglais")

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        if self.group is not None and (self.rank is None or self.why is None):
            raise refused("un concept d’un groupe a « rank » et « why »", "ajoutez la clé qui manque")
        if self.group is None and (self.rank is not None or self.why is not None):
            raise refused("« rank » et « why » ne servent que dans un groupe", "ajoutez « group »")
        return self


class ConceptsFile(Declared):
    """Concepts, and the groups that the report reconciles."""

    groups: dict[Slug, ConceptGroup] = Field({}, description="groupe = ses mots")
    concepts: dict[ConceptName, Concept] = Field(description="concept = ce qu’il compte")
