"""An edition and its territory: `pipelines/editions/*.toml`, `pipelines/territories/*.toml`."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from ess_observatory.declare.models.base import Declared, refused
from ess_observatory.declare.models.types import (
    Codes,
    Day,
    FigureId,
    Month,
    RelativePath,
    Slug,
    Version,
    Words,
    Year,
    YearKey,
)


class EditionSource(Declared):
    """What an edition says of a source that it expects."""

    label: Words | None = Field(
        None, description="libellé imprimé sous les tableaux (sinon, le titre de la source)"
    )
    vintage: Year | None = Field(
        None, description="millésime attendu ; un fichier d’une autre année est signalé"
    )
    cog: YearKey | None = Field(
        None,
        description="année des codes de commune de ses fichiers, entre guillemets (sinon, celle du millésime)",
    )
    required: bool = Field(True, description="false : l’édition se fait sans ce fichier")


class EditionSurvey(Declared):
    """The survey of an edition."""

    frame_size: Annotated[int, Field(ge=1)] | None = Field(
        None, description="nombre de questionnaires envoyés"
    )
    year: Year | None = Field(None, description="année de l’enquête (sinon, celle de l’édition)")


class Revision(Declared):
    """Published figures that this version corrects."""

    figures: list[FigureId] = Field(min_length=1, description="identifiants des chiffres corrigés")
    reason: Words = Field(description="motif, publié avec la correction")
    reason_en: Words | None = Field(None, description="le même en anglais")


class EditionFile(Declared):
    """One edition of the report."""

    id: Slug | None = Field(None, description="identifiant de l’édition (sinon, le nom du fichier)")
    title: Words | None = Field(None, description="titre du rapport")
    title_en: Words | None = Field(None, description="titre de la page anglaise")
    year: Year = Field(description="année du rapport")
    published: Month | None = Field(None, description="mois de publication, AAAA-MM")
    version: Version | None = Field(None, description="version du rapport (1.0.0)")
    territory: RelativePath = Field(
        description="identifiant d’un territoire, ou son fichier à côté de l’édition"
    )
    perimeter: Slug | None = Field(
        None, description="identifiant d’un périmètre de pipelines/rules/perimeters/"
    )
    reference_date: Day | None = Field(
        None, description="jour où l’on compte ce qui existe (sinon, le 31 décembre, une fois venu)"
    )
    previous: Slug | None = Field(
        None,
        description="identifiant de l’édition précédente, pour comparer (sinon, la dernière déclarée du même territoire)",
    )
    replication: Slug | None = Field(
        None, description="dossier de pipelines/replications/ : chiffres à retrouver"
    )
    texts: Slug | None = Field(None, description="dossier de textes qui remplacent les textes communs")
    default: bool = Field(
        False, description="true : l’édition que les commandes prennent quand aucune n’est nommée"
    )
    publisher: Words | None = Field(None, description="organisme qui publie")
    publisher_en: Words | None = Field(None, description="le même en anglais")
    contact: Words | None = Field(None, description="adresse de contact")
    licence: Words | None = Field(None, description="licence des données publiées")
    synthetic: bool = Field(False, description="true : édition de démonstration, dite partout")
    synthetic_banner: Words | None = Field(None, description="phrase qui le dit, obligatoire alors")
    sources: dict[Slug, EditionSource] = Field({}, description="sources attendues, par identifiant")
    survey: EditionSurvey = Field(EditionSurvey(), description="enquête de l’édition")
    revisions: list[Revision] = Field([], description="chiffres corrigés depuis la version précédente")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.synthetic and not self.synthetic_banner:
            raise refused(
                "« synthetic = true » sans « synthetic_banner »", "ajoutez la phrase « synthetic_banner »"
            )
        latest = self.year + 1
        for name, source in self.sources.items():
            if source.vintage is not None and source.vintage > latest:
                raise refused(
                    f"« sources.{name}.vintage » est après l’année {self.year} de l’édition",
                    "corrigez le millésime, ou « year »",
                )
        if self.survey.year is not None and not self.year - 3 <= self.survey.year <= latest:
            raise refused(
                f"« survey.year » est loin de l’année {self.year} de l’édition",
                "corrigez l’une des deux années",
            )
        if self.published is not None and int(self.published[:4]) < self.year - 1:
            raise refused(
                f"« published » est avant l’année {self.year} de l’édition",
                "corrigez « published », ou « year »",
            )
        return self

    @field_validator("reference_date")
    @classmethod
    def _near_its_year(cls, day: str | None, info: ValidationInfo) -> str | None:
        year = info.data.get("year")
        if day and year and not -3 <= dt.date.fromisoformat(day).year - year <= 1:
            raise refused(
                f"cette date est loin de l’année {year} de l’édition",
                "corrigez « reference_date » ou « year »",
            )
        return day


AreaObject = Literal["EPCI", "ARR", "ZE2020", "DEP", "REG", "COM", "FRANCE"]


class Area(Declared):
    """An official area, as statistical producers name it."""

    object: AreaObject = Field(description="niveau, comme les producteurs l’écrivent")
    code: Words = Field(description="code Insee, entre guillemets")


class ComparedArea(Area):
    """An area that the territory is compared with."""

    name: Words = Field(description="nom imprimé")


class TerritoryFile(Declared):
    """A list of communes, or one or several official areas, with their nested levels."""

    id: Slug | None = Field(None, description="identifiant (sinon, le nom du fichier)")
    name: Words = Field(description="nom du territoire")
    name_in: Words | None = Field(None, description="le même après « dans » : en Artois, dans le Cambrésis")
    name_in_en: Words | None = Field(None, description="le même en anglais : in Cambrésis")
    description: Words | None = Field(None, description="sous-titre du rapport")
    description_en: Words | None = Field(None, description="sous-titre anglais")
    cog: YearKey | None = Field(None, description="millésime du code officiel géographique, entre guillemets")
    france: bool = Field(False, description="true : toute la France")
    communes: Codes | None = Field(None, description="codes Insee de communes")
    epci: Codes | None = Field(None, description="codes d’intercommunalités")
    arrondissement: Codes | None = Field(None, description="codes d’arrondissements")
    zone_emploi: Codes | None = Field(None, description="codes de zones d’emploi")
    departement: Codes | None = Field(None, description="codes de départements")
    region: Codes | None = Field(None, description="codes de régions")
    file: RelativePath | None = Field(
        None, description="fichier de la liste des communes, à côté du territoire"
    )
    map: RelativePath | None = Field(None, description="contours GeoJSON des communes, à côté du territoire")
    area: Area | None = Field(None, description="le territoire officiel que la liste recouvre exactement")
    sublevel: Literal["epci", "arrondissement", "departement", "region"] = Field(
        "epci", description="niveau des tableaux par sous-territoire"
    )
    sublevel_label: Words | None = Field(None, description="en-tête de ce niveau")
    sublevel_label_en: Words | None = Field(None, description="en-tête anglais de ce niveau")
    compare: list[ComparedArea] = Field(
        [], description="territoires de comparaison ; le premier sert de référence"
    )

    @model_validator(mode="after")
    def _has_communes(self) -> Self:
        given = (
            self.communes,
            self.epci,
            self.arrondissement,
            self.zone_emploi,
            self.departement,
            self.region,
        )
        if not (self.france or self.file or any(given)):
            raise refused(
                "territoire sans commune",
                "donnez « communes », « epci », « arrondissement », « zone_emploi », « departement », « region », "
                "« france » ou « file »",
            )
        areas = [(area.object, area.code) for area in self.compare]
        if twice := next((area for area in areas if areas.count(area) > 1), None):
            raise refused(f"« compare » donne deux fois {' '.join(twice)}", "gardez-le une fois")
        return self
