"""Rules in TOML: secrecy, perimeters, breaks in series (`pipelines/rules/`)."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ess_observatory.declare.models.base import Declared, refused
from ess_observatory.declare.models.types import (
    ColumnName,
    Count,
    Percent,
    PositiveRate,
    Rate,
    Share,
    Slug,
    Words,
    Year,
)


class Protection(Declared):
    """What an attacker must still not know of a hidden cell."""

    rate: PositiveRate = Field(description="part de la valeur, pour une cellule secrète")
    minimum: float = Field(ge=1, description="unités du dernier chiffre imprimé, au moins")
    secondary: PositiveRate = Field(description="part de la valeur, pour une cellule masquée en plus")
    insider: Rate = Field(description="de même contre un contributeur (0 : non vérifié)")


class Costs(Declared):
    """What is lost by hiding a cell, by nature of its row."""

    data: float = Field(gt=0, description="donnée")
    missing: float = Field(gt=0, description="non exprimé")
    subtotal: float = Field(gt=0, description="sous-total")
    base: float = Field(gt=0, description="base")
    total: float = Field(gt=0, description="ensemble")


class Bounds(Declared):
    """Which bounds of a sum with unknown terms are worth printing."""

    widest: float = Field(
        2, gt=1, description="un « au plus » s’imprime jusqu’à ce multiple de l’« au moins »"
    )


class Precision(Declared):
    """How many decimals a figure may be printed with."""

    decimal_margin: float = Field(
        0,
        ge=0,
        description="une décimale est imprimée tant que la marge d’erreur reste sous ce nombre de ses unités (0 : toujours)",
    )


class Bases(Declared):
    """From how many answers a percentage is printed."""

    percent_from: int = Field(ge=1, description="réponses à partir desquelles le pourcentage est imprimé")
    flag_from: int = Field(
        ge=1, description="réponses à partir desquelles il est imprimé avec une réserve (u)"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.flag_from > self.percent_from:
            raise refused("« flag_from » dépasse « percent_from »", "échangez-les")
        return self


class SecrecyFile(Declared):
    """Thresholds of statistical secrecy."""

    unit: Literal["unité légale"] = Field(description="ce que comptent les seuils")
    min_units: int = Field(ge=2, le=1000, description="une cellule de moins d’unités légales est secrète")
    max_share: Share = Field(description="de même si une unité fait cette part de la valeur, ou plus (0,85)")
    p_percent: Percent = Field(0, description="règle du p % (0 : non appliquée)")
    opinion_min_respondents: int = Field(ge=1, description="réponses au moins, pour un effectif d’opinions")
    protection: Protection = Field(description="intervalles de protection")
    costs: Costs = Field(description="coût de masquer")
    bases: Bases = Field(description="pourcentages de l’enquête")
    precision: Precision = Field(Precision(), description="décimales imprimées")
    bounds: Bounds = Field(Bounds(), description="sommes dont des termes sont inconnus")


class PerimeterFile(Declared):
    """A perimeter of the ESS."""

    title: Words = Field(description="nom du périmètre, imprimé")
    title_en: Words | None = Field(None, description="le même en anglais")
    families: list[ColumnName] = Field(min_length=1, description="familles retenues (rules/ess_families.csv)")
    on_evidence: list[ColumnName] = Field([], description="familles retenues sur preuve")
    evidence: list[Literal["sirene_flag", "ess_list", "esus", "siae", "name"]] = Field(
        [], description="preuves admises"
    )
    nomenclature: Literal["naf_rev1", "naf_rev2", "naf_2025"] = Field(
        description="nomenclature des activités exclues"
    )
    naf_level: Literal["establishment", "legal_unit"] = Field(
        "establishment", description="où l’activité exclue est regardée"
    )
    from_year: Year | None = Field(
        None, description="année à partir de laquelle « ess new edition » le propose"
    )
    default: bool = Field(False, description="true : celui d’une édition qui n’en nomme pas")
    description: Words = Field(description="ce que le périmètre retient")
    source: Words = Field(description="textes et publications dont il vient")

    @model_validator(mode="after")
    def _evidence(self) -> Self:
        if self.on_evidence and not self.evidence:
            raise refused(
                "« on_evidence » sans « evidence » : aucune preuve n’est admise", "donnez « evidence »"
            )
        for key, names in (("families", self.families), ("on_evidence", self.on_evidence)):
            if twice := next((name for name in names if names.count(name) > 1), None):
                raise refused(f"« {twice} » est deux fois dans « {key} »", "gardez-la une fois")
        if both := set(self.families) & set(self.on_evidence):
            raise refused(
                f"« {sorted(both)[0]} » est dans « families » et « on_evidence »", "gardez l’un des deux"
            )
        return self


class _Break(Declared):
    from_: Slug = Field(alias="from", description="ce qui est remplacé")
    to: Slug = Field(description="ce qui le remplace")

    @model_validator(mode="after")
    def _of_two(self) -> Self:
        if self.from_ == self.to:
            raise refused("rien ne se remplace soi-même", "corrigez « from » ou « to »")
        return self


class SourceBreak(_Break):
    """A source that replaces another."""

    from_: Slug = Field(alias="from", description="source d’avant")
    to: Slug = Field(description="source d’après")
    reason: Words = Field(description="motif imprimé")
    reason_en: Words | None = Field(None, description="le même en anglais")


class PerimeterBreak(_Break):
    """A perimeter that replaces another."""

    from_: Slug = Field(alias="from", description="périmètre d’avant")
    to: Slug = Field(description="périmètre d’après")
    reason: Words = Field(description="motif imprimé")
    reason_en: Words | None = Field(None, description="le même en anglais")
    untouched: list[Slug] = Field([], description="sources dont les chiffres n’en dépendent pas")


class NomenclatureBreak(_Break):
    """A nomenclature of activities that replaces another in the registers."""

    from_: Slug = Field(
        alias="from", description="nomenclature d’avant (rules/nomenclatures/naf_versions.csv)"
    )
    to: Slug = Field(description="nomenclature d’après")
    tables: list[ColumnName] = Field(min_length=1, description="tableaux rangés par activité")
    reason: Words = Field(description="motif imprimé")
    reason_en: Words | None = Field(None, description="le même en anglais")


class BreaksFile(Declared):
    """Breaks in series."""

    not_compared: list[ColumnName] = Field(
        [], description="tableaux qui portent déjà plusieurs années, ou des chiffres d’autres tableaux"
    )
    communes: dict[ColumnName, list[ColumnName]] = Field(
        {}, description="tableau par commune = colonnes qui s’additionnent"
    )
    source: list[SourceBreak] = Field([], description="sources qui se remplacent")
    perimeter: list[PerimeterBreak] = Field([], description="périmètres qui se remplacent")
    nomenclature: list[NomenclatureBreak] = Field(
        [], description="nomenclatures d’activités qui se remplacent"
    )

    @model_validator(mode="after")
    def _once(self) -> Self:
        for key, changes in (
            ("source", self.source),
            ("perimeter", self.perimeter),
            ("nomenclature", self.nomenclature),
        ):
            pairs = [frozenset((change.from_, change.to)) for change in changes]
            if twice := next((pair for pair in pairs if pairs.count(pair) > 1), None):
                raise refused(f"[[{key}]] dit deux fois {' et '.join(sorted(twice))}", "gardez l’un des deux")
        return self


class ReferenceDateFile(Declared):
    """How far the reference date may stand from today and from the last day of the registers."""

    warn_after_days: Count = Field(
        31, description="jours après le dernier jour d’un répertoire : avertissement"
    )
    block_after_days: Count = Field(
        92, description="jours après le dernier traitement d’un répertoire, ou après aujourd’hui : arrêt"
    )
    warn_before_days: Count = Field(
        183, description="jours avant le dernier jour d’un répertoire sans historique : avertissement"
    )
    stray_share: Annotated[float, Field(ge=0, le=0.1)] = Field(
        0.001, description="part des dates de création écartées avant de prendre la dernière"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.warn_after_days > self.block_after_days:
            raise refused("« warn_after_days » dépasse « block_after_days »", "échangez-les")
        return self


class ChangeBudgetFile(Declared):
    """What a change of rules may move without being confirmed."""

    max_moved_pct: Percent = Field(
        5, description="établissements qui entrent ou sortent, en % de ceux du périmètre"
    )
    max_unveiled_cells: Count = Field(0, description="cellules masquées qui seraient montrées")
    allow_emptied_family: bool = Field(False, description="true : une famille peut se vider")
