"""Settings of the survey in TOML: estimation, linkage, renamed codes (`pipelines/survey/`)."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ess_observatory.declare.models.base import Declared, refused
from ess_observatory.declare.models.types import ColumnName, CoreTable, PositiveRate, QuestionCode, Words

_Score = Annotated[float, Field(ge=0, le=100)]
_Weight = Annotated[float, Field(ge=0)]


class WeightingSettings(Declared):
    """How respondents are given the structure of the frame."""

    margins: list[ColumnName] = Field([], description="caractéristiques dont la structure est imposée")
    method: Literal["linear", "raking", "logit", "truncated"] = Field(
        "logit", description="méthode de calage"
    )
    bounds: list[Annotated[float, Field(gt=0)]] = Field([0.3, 3.0], description="rapports de poids extrêmes")
    least_respondents: int = Field(
        5, ge=1, description="répondants au moins, pour garder une modalité à part"
    )
    least_linked: int = Field(30, ge=1, description="répondants rapprochés au moins, pour étendre")

    @model_validator(mode="after")
    def _around_one(self) -> Self:
        if len(self.bounds) != 2 or not self.bounds[0] < 1 < self.bounds[1]:
            raise refused(
                "« bounds » n’encadre pas 1", "donnez deux bornes, l’une sous 1 et l’autre au-dessus"
            )
        return self


class Intervals(Declared):
    """Confidence intervals."""

    level: PositiveRate = Field(0.95, description="niveau de confiance")
    percent_from: int = Field(30, ge=2, description="réponses au moins, pour un intervalle")


class Crossings(Declared):
    """Crossings by category."""

    least_base: int = Field(10, ge=1, description="réponses au moins, dans une modalité croisée")


class VariableGroup(Declared):
    """A category of a characteristic."""

    code: ColumnName = Field(description="code de la modalité")
    label: Words = Field(description="libellé")
    values: list[Words] = Field([], description="valeurs de la colonne")
    rest: bool = Field(False, description="true : toutes les autres valeurs")
    nearest: ColumnName | None = Field(None, description="modalité avec laquelle la réunir d’abord")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.values and not self.rest:
            raise refused("modalité sans valeur", "donnez « values », ou « rest = true »")
        if self.code == "unknown":
            raise refused("le code « unknown » est réservé", "changez « code »")
        return self


class Variable(Declared):
    """A characteristic of the establishments of the frame."""

    code: ColumnName = Field(description="code")
    label: Words | None = Field(None, description="libellé")
    column: ColumnName = Field(description="colonne de la base de sondage")
    ordered: bool = Field(False, description="true : modalités dans un ordre (tailles)")
    groups: list[VariableGroup] = Field(min_length=1, description="modalités")

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        codes = [group.code for group in self.groups]
        if len(set(codes)) != len(codes):
            raise refused(
                f"deux modalités de « {self.code} » ont le même code", "changez l’un des deux codes"
            )
        if sum(group.rest for group in self.groups) > 1:
            raise refused(f"deux restes dans « {self.code} »", "gardez une seule modalité « rest = true »")
        for group in self.groups:
            if group.nearest is not None and group.nearest not in codes:
                raise refused(
                    f"« nearest » désigne « {group.nearest} », inconnu", f"modalités : {', '.join(codes)}"
                )
        values = [value for group in self.groups for value in group.values]
        if twice := next((value for value in values if values.count(value) > 1), None):
            raise refused(f"la valeur « {twice} » est dans deux modalités", "gardez-la dans une seule")
        return self


class EstimationFile(Declared):
    """How results of the survey are extended to all establishments."""

    frame: CoreTable = Field(description="base de sondage : une ligne par établissement")
    weighting: WeightingSettings = Field(WeightingSettings(), description="redressement")
    intervals: Intervals = Field(Intervals(), description="intervalles")
    crossings: Crossings = Field(Crossings(), description="croisements")
    variables: list[Variable] = Field(min_length=1, description="caractéristiques")

    @model_validator(mode="after")
    def _margins_known(self) -> Self:
        codes = [variable.code for variable in self.variables]
        if len(set(codes)) != len(codes):
            raise refused("deux caractéristiques ont le même code", "changez l’un des deux codes")
        for code in self.weighting.margins:
            if code not in codes:
                raise refused(
                    f"« margins » cite « {code} », inconnue", f"caractéristiques : {', '.join(codes)}"
                )
        return self


class LinkageWeights(Declared):
    """What each element weighs in the score."""

    name: Annotated[float, Field(gt=0)] = Field(description="nom")
    commune: _Weight = Field(0, description="commune")
    postcode: _Weight = Field(0, description="code postal")


class Accept(Declared):
    """When a link is taken without asking."""

    score: _Score = Field(95, description="score au moins (0 à 100)")
    margin: _Score = Field(5, description="avance sur le suivant, au moins")
    name: _Score = Field(90, description="ressemblance du nom seul, au moins")
    same_place: bool = Field(True, description="même commune ou même code postal")
    same_words: bool = Field(True, description="aucun mot sans équivalent")


class Review(Declared):
    """What is shown to the analyst."""

    candidates: Annotated[int, Field(ge=1, le=50)] = Field(5, description="candidats proposés")
    floor: _Score = Field(0, description="score au-dessous duquel rien n’est proposé")


class LinkageWords(Declared):
    """Words that weigh little."""

    legal: list[Words] = Field([], description="formes juridiques")
    drop: list[Words] = Field([], description="mots retirés")
    replace: dict[str, Words] = Field({}, description="abréviation = mot entier")


class LinkageTerritory(Declared):
    """Which respondents are of the territory."""

    place: list[Literal["commune", "siret"]] = Field(
        ["commune", "siret"],
        min_length=1,
        description="ce qui dit où est un répondant, le premier connu l’emporte : commune répondue, commune de son SIRET",
    )
    register_: CoreTable = Field(
        "core.register_place", alias="register", description="commune de chaque SIRET : siret, commune_code"
    )
    unknown: Literal["in", "out"] = Field(
        "in", description="répondant dont rien ne dit le lieu : in, compté ; out, laissé à part"
    )


class LinkageFile(Declared):
    """How answers and the register are linked."""

    register_: CoreTable = Field(alias="register", description="répertoire : une ligne par SIRET")
    name_question: QuestionCode = Field(description="question du nom")
    postcode_question: QuestionCode | None = Field(None, description="question du code postal")
    weights: LinkageWeights = Field(description="poids des éléments")
    accept: Accept = Field(Accept(), description="rapprochement retenu sans relecture")
    review: Review = Field(Review(), description="cas douteux")
    words: LinkageWords = Field(LinkageWords(), description="mots")
    territory: LinkageTerritory = Field(LinkageTerritory(), description="répondants du territoire")

    @model_validator(mode="after")
    def _on_their_scales(self) -> Self:
        given = [
            weight for weight in (self.weights.name, self.weights.commune, self.weights.postcode) if weight
        ]
        if max(given) > 1 and min(given) < 1:
            raise refused("poids en parts et en pourcentages mêlés", "écrivez-les tous en parts, comme 0.65")
        for key, score in (("score", self.accept.score), ("name", self.accept.name)):
            if score <= 1:
                raise refused(f"« accept.{key} » va de 0 à 100", "écrivez par exemple 90, pas une part")
        if self.review.floor > self.accept.score:
            raise refused(
                "« review.floor » dépasse « accept.score »", "abaissez « floor » : rien ne serait proposé"
            )
        return self


class Change(Declared):
    """What changed its code between two versions of the questionnaire."""

    from_: Words = Field(alias="from", description="version d’avant")
    to: Words = Field(description="version d’après")
    questions: dict[QuestionCode, QuestionCode] = Field({}, description="code d’avant = code d’après")
    choices: dict[str, dict[str, Words]] = Field(
        {}, description="question = { choix d’avant = choix d’après }"
    )
    harmless: list[QuestionCode] = Field(
        [], description="questions dont la nouvelle rédaction ne change rien"
    )


class VersionsFile(Declared):
    """Codes renamed from one version of the questionnaire to the next."""

    change: list[Change] = Field([], description="changements")
