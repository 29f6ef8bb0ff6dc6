"""A producer's file: `pipelines/sources/*/source.toml`, and what its sample must give (`expected.toml`)."""

from __future__ import annotations

import re
from typing import Any, Literal, Self

from pydantic import Field, PositiveInt, model_validator

from ess_observatory.declare.models.base import Declared, refused
from ess_observatory.declare.models.checks import Budget, RowCounts, SourceCheck
from ess_observatory.declare.models.types import (
    ColumnName,
    CsvText,
    Day,
    MessageCode,
    Parameter,
    Regular,
    Share,
    Slug,
    Words,
    Year,
    YearKey,
)
from ess_observatory.declare.source_spec import Unpivot as UnpivotSpec
from ess_observatory.declare.source_spec import unpivot_spec

ColumnType = Literal[
    "text", "integer", "decimal", "siret", "siren", "commune", "naf", "legal_category", "date", "postcode"
]
Missing = Literal["secret", "not_available", "by_nature", "zero"]


class Widths(Declared):
    """How many characters the codes of a column have, when another column says it."""

    by: ColumnName = Field(description="colonne du fichier qui dit ce qu’est le code")
    widths: dict[str, PositiveInt] = Field(
        min_length=1, description="valeur de cette colonne = nombre de caractères"
    )


class SourceColumn(Declared):
    """A column of the file: our name, the headers it is known by, its type."""

    name: ColumnName = Field(description="nom de la colonne dans les requêtes")
    headers: list[Words] = Field(
        [],
        description="en-têtes sous lesquels le producteur la donne ; {vintage} (2024) ou {yy} (24) y tient la place de l’année",
    )
    type: ColumnType = Field("text", description="type des valeurs")
    required: bool = Field(False, description="true : sans elle, le fichier n’est pas reconnu")
    allow: Regular | None = Field(None, description="valeurs admises malgré le type (expression régulière)")
    nomenclature: Literal["naf_rev2", "naf_rev1", "naf_2025"] = Field(
        "naf_rev2", description="nomenclature des codes d’activité"
    )
    headers_by_vintage: dict[YearKey, list[Words]] = Field({}, description="en-têtes propres à un millésime")
    is_official: bool = Field(
        False,
        description="true (siret, siren) : le fichier est celui du répertoire ; une clé de contrôle fausse y est notée, non refusée",
    )
    is_vintage: bool = Field(
        False, description="true : donne l’année dont parle le fichier (en-têtes, titres) ; sans en-tête"
    )
    width: PositiveInt | Widths | None = Field(
        None,
        description="nombre de caractères d’un code (type text) : les zéros initiaux qu’un tableur lui a pris sont rendus",
    )

    @model_validator(mode="after")
    def _official(self) -> Self:
        if self.is_official and self.type not in ("siret", "siren"):
            raise refused(
                f"« is_official » sur une colonne de type « {self.type} »", "retirez « is_official »"
            )
        return self

    @model_validator(mode="after")
    def _code(self) -> Self:
        if self.width is not None and self.type != "text":
            raise refused(
                f"« width » sur une colonne de type « {self.type} »", "retirez « width », ou le type"
            )
        return self


class Repeated(Declared):
    """What is said of a row whose key another row has already given."""

    code: MessageCode = Field("E374", description="code du message")
    reason: Words = Field("déjà lu", description="pourquoi la ligne est écartée")
    fix: Words = Field("Retirez la ligne ou le fichier en double.", description="que faire")
    latest: ColumnName | None = Field(
        None, description="colonne de dates : la ligne la plus récente est gardée"
    )


class Merged(Declared):
    """What the rows of communes that are one now add up to."""

    code: ColumnName = Field(description="colonne du fichier qui dit la commune")
    sums: list[ColumnName] = Field(
        min_length=1, description="colonnes de staging.sql qui s’additionnent ; masquées dès que l’une l’est"
    )
    absent: Literal["zero", "unknown"] = Field(
        "zero", description="ce que dit l’absence d’une des lignes : unknown, la somme n’est qu’une partie"
    )


class Unpivot(Declared):
    """Wide columns, a header for each measure and code, made one row each."""

    into: ColumnName = Field(description="colonne qui dit le code")
    type: Literal["text", "integer", "decimal"] = Field("decimal", description="type des valeurs")
    measures: dict[ColumnName, Words] = Field(
        min_length=1, description="nom de la mesure = en-tête, où {} est la place du code"
    )
    codes: list[Words | int] = Field(min_length=1, description="codes que portent les en-têtes")
    values: dict[str, Words | int] = Field(
        {}, description="code = ce que la ligne en dit, si ce n’est pas le code lui-même"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for header in self.measures.values():
            if "{}" not in header:
                raise refused(
                    f"l’en-tête « {header} » ne dit pas la place du code", "écrivez {} là où vient le code"
                )
        names = list(self.spec().columns.values())
        if bad := next((name for name in names if not re.fullmatch(r"[a-z][a-z0-9_]*", name)), None):
            raise refused(
                f"nom de colonne impossible : « {bad} »", "changez la mesure ou le code dont il est fait"
            )
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise refused(f"colonne donnée deux fois : « {twice} »", "retirez l’un des deux codes")
        if unknown := next((code for code in self.values if code not in set(map(str, self.codes))), None):
            raise refused(
                f"« values » cite un code absent de « codes » : « {unknown} »",
                "ajoutez-le à « codes », ou retirez-le",
            )
        return self

    def spec(self) -> UnpivotSpec:
        """The same, as the reading uses it."""
        return unpivot_spec(self.model_dump())


class LastDay(Declared):
    """Where a register says up to which day it goes."""

    treatment: ColumnName | None = Field(
        None, description="colonne du dernier traitement de la ligne par le producteur"
    )
    changes: list[ColumnName] = Field(
        [], description="à défaut, colonnes de dates de création et de modification"
    )
    history: Slug | None = Field(None, description="source qui dit l’histoire de ce répertoire")


class SourceFile(Declared):
    """A source: what the file of a producer looks like."""

    title: Words = Field(description="nom complet de la source")
    producer: Words = Field(description="producteur")
    licence: Words = Field(description="licence du producteur")
    kind: Literal["table", "survey"] = Field(
        "table", description="table : un tableau ; survey : des réponses"
    )
    row: str = Field("", description="ce qu’est une ligne")
    note: str = Field("", description="ce qu’il faut savoir avant de s’en servir")
    rank: int = Field(
        100, description="ordre ; parmi les sources d’un même rôle, la plus haute remplace les autres"
    )
    role: Literal["register", "ess_posts", "all_posts", "jobs", "employers", "decisions"] | None = Field(
        None,
        description="rôle que plusieurs sources peuvent tenir ; decisions : ce qui revient décidé des cas à vérifier, lu pour toute "
        "édition où qu’il soit dans data/raw",
    )
    dated: Literal["vintage", "reference"] = Field(
        "vintage",
        description="de quand sont ses chiffres : vintage, son millésime ; reference, la date de référence de l’édition, où elle est lue",
    )
    diffusion: Literal["aggregates", "rows"] = Field(
        "aggregates", description="rows : la source permet de nommer une structure dans l’annuaire"
    )
    diffusion_column: ColumnName | None = Field(None, description="colonne qui dit la diffusion partielle")
    footers: list[Regular] = Field([], description="débuts des lignes de pied (expressions régulières)")
    missing: dict[str, Missing] = Field({}, description="signes du producteur, et leur sens")
    absent_is_zero_from: Share | None = Field(
        None,
        description="une commune sans ligne n’a rien si cette part des habitants de son intercommunalité vit "
        "dans des communes que le fichier nomme ; sinon, et sans cette clé, ce qui n’y est pas n’est pas connu",
    )
    ignored_headers: list[Words] = Field(
        [], description="colonnes du fichier que l’on n’a pas besoin de lire"
    )
    hidden_sheets: bool = Field(
        False, description="true : une feuille masquée d’un classeur est lue comme les autres"
    )
    recognised_by: list[ColumnName] = Field(
        [], description="colonnes dont une au moins doit être là pour que le fichier soit reconnu (mesures)"
    )
    carries: list[Slug] = Field(
        [],
        description="sources dont un même fichier peut porter aussi les colonnes (établissement et unité légale sur une ligne)",
    )
    vintage_pattern: Regular | None = Field(None, description="où lire l’année dans les titres du fichier")
    key: list[ColumnName] = Field(
        [], description="colonnes qui distinguent les lignes : une ligne de même clé est écartée"
    )
    repeated: Repeated | None = Field(None, description="ce qui est dit d’une ligne écartée ainsi")
    merged: Merged | None = Field(
        None, description="ce qui s’additionne quand plusieurs lignes sont de communes réunies depuis"
    )
    unpivot: Unpivot | None = Field(None, description="colonnes larges qui deviennent des lignes")
    columns: list[SourceColumn] = Field([], description="colonnes")
    last_day: LastDay | None = Field(
        None, description="jusqu’à quel jour va le répertoire ; la date de référence lui est comparée"
    )
    checks: list[SourceCheck] = Field([], description="contrôles des lignes lues")
    budget: Budget | None = Field(None, description="part de lignes refusées admise")
    row_counts: RowCounts | None = Field(None, description="variation admise du nombre de lignes")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.diffusion == "rows" and not self.diffusion_column:
            raise refused(
                '« diffusion = "rows" » sans « diffusion_column »', "nommez la colonne de diffusion"
            )
        names = [column.name for column in self.columns]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise refused(f"deux colonnes s’appellent « {twice} »", "changez l’un des deux noms")
        widths = [column.width for column in self.columns if isinstance(column.width, Widths)]
        if unknown := next((width.by for width in widths if width.by not in names), None):
            raise refused(
                f"« width » cite une colonne inconnue : « {unknown} »", "nommez une colonne de [[columns]]"
            )
        if unknown := next((name for name in self.recognised_by if name not in names), None):
            raise refused(
                f"« recognised_by » cite une colonne inconnue : « {unknown} »",
                "nommez une colonne de [[columns]]",
            )
        if self.repeated is not None and not self.key:
            raise refused("« [repeated] » sans « key »", "donnez les colonnes de la clé")
        if self.merged is not None and (not self.key or self.merged.code not in names):
            raise refused(
                "« [merged] » sans « key », ou dont « code » n’est pas une colonne du fichier",
                "donnez la clé de la source, et nommez une colonne de [[columns]]",
            )
        if self.last_day is not None:
            days = [*self.last_day.changes, *filter(None, [self.last_day.treatment])]
            if unknown := next((name for name in days if name not in names), None):
                raise refused(
                    f"« last_day » cite une colonne inconnue : « {unknown} »",
                    "nommez une colonne de [[columns]]",
                )
        if self.absent_is_zero_from is not None and self.role not in ("jobs", "employers"):
            raise refused(
                "« absent_is_zero_from » vaut pour les emplois et les employeurs par commune (core.unlisted)",
                "retirez la clé : ce que les autres sources ne donnent pas n’est pas connu",
            )
        if self.kind == "table" and not self.columns:
            raise refused("source sans colonne", "déclarez [[columns]]")
        return self


class ExpectedFile(Declared):
    """What the `sample.csv` of a source must give."""

    kept: CsvText | None = Field(None, description="lignes retenues, en CSV")
    refused: CsvText | None = Field(None, description="lignes refusées, en CSV : line, code")
    notes: CsvText | None = Field(None, description="notes, en CSV")


class Correction(Declared):
    """A correction of rows of a producer's file, with its reason."""

    action: Literal["drop", "override", "scale", "flag"] = Field(description="ce qui est fait de la ligne")
    match: dict[ColumnName, Parameter] = Field({}, description="colonne = valeur des lignes visées")
    file: Words | None = Field(None, description="nom du fichier")
    sheet: Words | None = Field(None, description="nom de la feuille")
    line: int | None = Field(None, ge=1, description="numéro de la ligne")
    column: ColumnName | None = Field(None, description="colonne corrigée")
    expect: Any = Field(None, description="valeur que le fichier doit encore avoir")
    value: Any = Field(None, description="nouvelle valeur (override)")
    factor: float | None = Field(None, description="multiplicateur (scale)")
    reason: Words = Field(description="motif")
    who: Words = Field(description="qui l’a décidée")
    when: Day = Field(description="quand")
    edition: Slug | None = Field(None, description="édition où elle vaut")
    vintage: Year | None = Field(None, description="millésime où elle vaut")


class CorrectionsFile(Declared):
    """Corrections of a source."""

    corrections: list[Correction] = Field([], description="corrections")
