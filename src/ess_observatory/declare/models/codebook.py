"""The codebook of the survey (`survey/questionnaire.yml`): its keys and what they hold."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from ess_observatory.declare.models.base import Declared, refused
from ess_observatory.declare.models.types import Words

#: Wordings that mean the same thing: a list for every version, or one list a version.
Aliases = list[Words] | dict[str, list[Words]]


def _matching_code(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", text):
        raise refused(
            "ce n’est pas un code", "écrivez-le en lettres sans accent, chiffres, tirets, sans espace"
        )
    return text


_Code = Annotated[str, AfterValidator(_matching_code)]


def _printed(text: str) -> str:
    """A wording of the questionnaire becomes the title of a table: nothing in it may be a placeholder."""
    if "{{" in text or "{%" in text or "}}" in text:
        raise refused("aucun placeholder n’est rempli dans le questionnaire", "écrivez le texte lui-même")
    return text


def _as_list(value: object) -> object:
    """`key:` with nothing after it is an empty list, as people write it."""
    return [] if value is None else value


Wording = Annotated[Words, AfterValidator(_printed)]
_Type = Literal[
    "amount_eur", "commune", "decimal", "integer", "likert", "long_text", "naf", "percent", "select_multiple", "select_one",
    "siret", "text",
]  # fmt: skip
_Sensitivity = Literal["identity", "confidential", "ordinary"]
_Reason = Literal["nsp", "refus", "sans_objet", "nr"]


class ChoiceOfCodebook(Declared):
    """A choice of a question."""

    code: _Code = Field(description="code de la modalité")
    label_fr: Wording = Field(description="libellé français")
    label_en: Wording | None = Field(None, description="libellé anglais")
    aliases: Aliases | None = Field(
        None, description="autres libellés à reconnaître, pour toutes les versions ou par version"
    )
    covers: list[Words] = Field(
        [], description="ce que la modalité recouvre (sigles, noms) : lu comme elle, avec une remarque"
    )


class QuestionOfCodebook(Declared):
    """A question."""

    code: _Code = Field(description="code de la question")
    label_fr: Wording = Field(description="libellé français")
    label_en: Wording | None = Field(None, description="libellé anglais")
    type: _Type = Field(description="type de réponse")
    short_fr: Wording | None = Field(None, description="libellé court, pour les tableaux")
    hint_fr: Words | None = Field(None, description="aide montrée au répondant")
    hint_en: Words | None = Field(None, description="la même en anglais")
    note_fr: Words | None = Field(None, description="note pour l’équipe")
    choices: Annotated[list[ChoiceOfCodebook], BeforeValidator(_as_list)] = Field([], description="modalités")
    other: bool = Field(False, description="ajoute « Autre », avec une réponse libre")
    exclusive: list[_Code] = Field([], description="modalités qui excluent les autres")
    nonresponse: list[_Reason] = Field([], description="non-réponses offertes")
    required: bool = Field(False, description="réponse demandée")
    relevant: Words | None = Field(None, description="à qui la question est posée (filtre)")
    constraint: Words | None = Field(None, description="ce qu’une réponse doit vérifier")
    unit: Words | None = Field(None, description="unité")
    sensitivity: _Sensitivity | None = Field(None, description="identité, confidentiel ou ordinaire")
    confidential: bool | None = Field(None, description="ancienne écriture de « sensitivity »")
    basis: Words | None = Field(None, description="d’où vient la question")
    feeds: Annotated[list[Words], BeforeValidator(_as_list)] = Field(
        [], description="chiffres que la question sert"
    )
    aliases: Aliases | None = Field(
        None, description="autres libellés à reconnaître, pour toutes les versions ou par version"
    )
    table: Annotated[str, Field(pattern=r"^\d{1,2}\.\d{1,3}$")] | None = Field(
        None, description="numéro de son tableau, entre apostrophes"
    )


class SectionOfCodebook(Declared):
    """A section of the questionnaire."""

    code: _Code = Field(description="code de la rubrique")
    label_fr: Wording = Field(description="titre français")
    label_en: Wording | None = Field(None, description="titre anglais")
    questions: Annotated[list[QuestionOfCodebook], BeforeValidator(_as_list)] = Field(
        [], description="questions"
    )


class NonresponseOfCodebook(Declared):
    """A reason not to answer."""

    code: _Reason = Field(description="code")
    label_fr: Wording = Field(description="libellé français")
    label_en: Wording | None = Field(None, description="libellé anglais")


class ConsentOfCodebook(Declared):
    """The question that says whether a structure may be named."""

    question: _Code = Field(description="question")
    choice: _Code = Field(description="modalité qui vaut accord")


class ColumnsOfCodebook(Declared):
    """Headers of the columns that are no answers."""

    submission_id: list[Words] = Field([], description="identifiant de la réponse")
    submitted_on: list[Words] = Field([], description="date de la réponse")
    other_text: list[Words] = Field([], description="réponse libre à « Autre »")
    ignored: list[Words] = Field([], description="colonnes à laisser")


class FormOfCodebook(Declared):
    """Words of the form."""

    sheet: Words | None = Field(None, description="nom de la feuille")
    version_label: Words | None = Field(None, description="intitulé de la version")
    code_header: Words | None = Field(None, description="en-tête des codes")
    answer_header: Words | None = Field(None, description="en-tête des réponses")
    question_header: Words | None = Field(None, description="en-tête des questions")
    help_header: Words | None = Field(None, description="en-tête des aides")
    other_label: Words | None = Field(None, description="intitulé de la réponse libre")
    chosen_mark: Words | None = Field(None, description="marque d’une case cochée")
    notice_title: Words | None = Field(None, description="titre de la notice")
    notice: list[Words] = Field(
        [], description="lignes de la notice ; {publisher}, {contact} et {consent} y sont remplis"
    )


class MarksOfCodebook(Declared):
    """What cells of a form say."""

    empty: list[Words] = Field([], description="sans réponse")
    chosen: list[Words] = Field([], description="case cochée")
    not_chosen: list[Words] = Field([], description="case non cochée")


class CodebookFile(Declared):
    """The codebook of the survey."""

    id: _Code = Field(description="identifiant")
    version: Words = Field(description="version, entre apostrophes")
    title_fr: Wording = Field(description="titre français")
    title_en: Wording | None = Field(None, description="titre anglais")
    language: Literal["fr", "en"] = Field("fr", description="langue du questionnaire")
    languages: list[Literal["fr", "en"]] = Field(["fr"], description="langues offertes")
    source: Words | None = Field(None, description="d’où vient le questionnaire")
    population: Words | None = Field(None, description="qui est interrogé")
    reference_date: Words | None = Field(None, description="date à laquelle se rapportent les réponses")
    nonresponse_codes: list[NonresponseOfCodebook] = Field([], description="raisons de ne pas répondre")
    rules: list[Words] = Field([], description="règles de calcul, en clair")
    types: dict[_Type, Words] = Field({}, description="ce que veut dire chaque type")
    consent: ConsentOfCodebook | None = Field(None, description="accord pour être citée")
    columns: ColumnsOfCodebook | None = Field(
        None, description="en-têtes des colonnes qui ne sont pas des réponses"
    )
    form: FormOfCodebook | None = Field(None, description="mots du formulaire")
    units: dict[Words, list[Words]] = Field(
        {}, description="unité = mots qui peuvent suivre un nombre, lu avec une remarque"
    )
    marks: MarksOfCodebook | None = Field(None, description="marques des cases")
    other_label_fr: Wording = Field("Autre", description="libellé de « Autre »")
    other_label_en: Wording = Field("Other", description="le même en anglais")
    reads_versions: list[Words] = Field([], description="versions passées encore lues")
    sections: list[SectionOfCodebook] = Field(min_length=1, description="rubriques")
