"""What leaves the observatory: `pipelines/export/package.toml`, `pipelines/export/directory.toml`."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from ess_observatory.declare.faults import nearest
from ess_observatory.declare.models.base import Declared, refused
from ess_observatory.declare.models.types import Address, ColumnName, QuestionCode, RelativePath, Slug, Words

#: Licences of public data in France, by their SPDX names; another one is let pass, nearly one of these is not.
_LICENCES = (
    "etalab-2.0",
    "ODbL-1.0",
    "ODC-By-1.0",
    "PDDL-1.0",
    "CC0-1.0",
    "CC-BY-4.0",
    "CC-BY-SA-4.0",
    "CC-BY-NC-4.0",
)
Theme = Literal[
    "AGRI", "ECON", "EDUC", "ENER", "ENVI", "GOVE", "HEAL", "INTR", "JUST", "REGI", "SOCI", "TECH", "TRAN"
]


def _spdx(name: str) -> str:
    if name not in _LICENCES and (close := nearest(name, _LICENCES)):
        raise refused("ce n’est pas le nom SPDX d’une licence", f"voulez-vous dire « {close} » ?")
    return name


Spdx = Annotated[Words, AfterValidator(_spdx)]


class Licence(Declared):
    """What is known of a licence."""

    name: Spdx = Field(description="nom SPDX")
    path: Address = Field(description="adresse de son texte")
    terms: Words = Field(description="termes")
    terms_en: Words | None = Field(None, description="termes en anglais")


class Select(Declared):
    """Which published cells a data set takes."""

    all: bool = Field(False, description="true : toutes")
    key_figures: bool = Field(False, description="true : les chiffres-clés")
    chapters: list[Words] = Field([], description="chapitres dont les chiffres sont aussi clés")
    source_kind: Literal["table", "survey"] | None = Field(None, description="nature de la première source")
    scopes: list[ColumnName] = Field([], description="champs des tableaux")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.all or self.key_figures or self.source_kind or self.scopes):
            raise refused("« select » ne prend rien", "donnez all, key_figures, source_kind ou scopes")
        return self


class Resource(Declared):
    """A data set of the package."""

    id: Slug = Field(description="identifiant")
    title: Words = Field(description="titre")
    title_en: Words = Field(description="titre anglais")
    description: Words = Field(description="description")
    description_en: Words = Field(description="description anglaise")
    select: Select = Field(description="cellules prises")
    fields: Annotated[list[ColumnName], Field(min_length=1)] = Field(description="colonnes, dans l’ordre")


class PackageField(Declared):
    """A column of the data sets."""

    header: Words = Field(description="en-tête du CSV français")
    type: Literal["string", "number", "integer", "boolean"] = Field(description="type")
    label_en: Words = Field(description="libellé anglais")
    description: Words = Field(description="sens")
    description_en: Words = Field(description="sens en anglais")
    unit: Words | None = Field(None, description="unité")
    nomenclature: Words | None = Field(None, description="nomenclature des codes")
    categories: dict[str, Words] = Field({}, description="code = libellé")
    required: bool = Field(False, description="true : jamais vide")
    unique: bool = Field(False, description="true : jamais deux fois")


class PackageFile(Declared):
    """The package that is handed over."""

    prefix: Slug = Field(description="préfixe des noms de fichiers")
    keywords: list[Words] = Field([], description="mots-clés")
    keywords_en: list[Words] = Field([], description="mots-clés anglais")
    themes: list[Theme] = Field([], description="thèmes DCAT (data-theme de l’Union européenne)")
    rules: list[RelativePath] = Field([], description="règles jointes (fichiers de pipelines/)")
    licences: dict[str, Licence] = Field({}, description="licences connues, par leur nom dans l’édition")
    resources: list[Resource] = Field(min_length=1, description="jeux de données")
    fields: dict[ColumnName, PackageField] = Field(description="colonnes")

    @model_validator(mode="after")
    def _headers_once(self) -> Self:
        headers: dict[str, str] = {}
        for name, field in self.fields.items():
            if (other := headers.setdefault(field.header, name)) != name:
                raise refused(
                    f"« {other} » et « {name} » ont l’en-tête « {field.header} »", "changez l’un des deux"
                )
        return self


class DirectorySurvey(Declared):
    """Questions that fill the columns of the directory."""

    commune: QuestionCode | None = Field(None, description="commune")
    activity: QuestionCode | None = Field(None, description="activité")
    family: QuestionCode | None = Field(None, description="famille")
    posts: QuestionCode | None = Field(None, description="postes")


class DirectoryRegister(Declared):
    """When a public register allows a unit to be named."""

    full: list[Words] = Field([], description="valeurs de diffusion_column qui le permettent")


class DirectoryFile(Declared):
    """The directory of structures."""

    title: Words = Field(description="titre")
    intro: Words = Field(description="ce qu’est l’annuaire")
    location: Words = Field(description="où sont les points")
    survey: DirectorySurvey = Field(DirectorySurvey(), description="questions des colonnes")
    register_: DirectoryRegister = Field(
        DirectoryRegister(), alias="register", description="répertoires publics"
    )
