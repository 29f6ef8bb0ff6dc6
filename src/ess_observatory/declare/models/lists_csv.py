"""The CSVs beside the rules: communes of a territory, decisions on the survey, figures of a reference report."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar

from ess_observatory.declare.faults import advice
from ess_observatory.declare.models.cells import (
    Commune,
    Date,
    Epci,
    Number,
    Text,
    Whole,
    YesNo,
    coded,
    one_of,
    word,
)
from ess_observatory.declare.models.nomenclatures_csv import Csvs
from ess_observatory.declare.models.rows import Problem, Row, Table, column

_FIGURE = word(
    "un identifiant de chiffre", r"[A-Za-z_][A-Za-z0-9_]*", "écrivez-le en lettres sans accent, chiffres et _"
)

_ANSWER = coded("l’empreinte d’une réponse", "[0-9A-Fa-f]{12}", "recopiez « answer » depuis appariements-a-decider.csv, en texte", width=12)  # fmt: skip

#: The register says whether such a SIRET exists, so that its key is not looked at.
_LISTED = coded(
    "un SIRET (14 chiffres)",
    "[0-9]{14}",
    "recopiez-le, en texte, depuis appariements-a-decider.csv",
    width=14,
)


class TerritoryCommune(Row):
    """Une commune d’un territoire ; ce que la liste ne dit pas est pris à la nomenclature."""

    files: ClassVar = ("territories/*.csv",)
    required: ClassVar = False
    keys: ClassVar = (("code",),)
    may_lack: ClassVar = frozenset({"name", "epci_code", "epci_name", "population"})
    open_ended: ClassVar = True
    other_layouts: ClassVar = True
    code: Commune = column("code Insee")
    name: Text = column("nom", empty=True)
    epci_code: Epci = column("intercommunalité", empty=True)
    epci_name: Text = column("nom de l’intercommunalité", empty=True)
    population: Whole = column("population", empty=True)

    @classmethod
    def problems(cls, table: Table, others: Csvs) -> Iterator[Problem]:
        """Communes that do not exist; areas that have two names."""
        known = others.known_communes
        names: dict[str, str] = {}
        blank = [""] * len(table)
        columns = (table.columns.get(name, blank) for name in ("code", "epci_code", "epci_name"))
        areas = zip(*columns, strict=True)
        for number, (commune, area, name) in enumerate(areas):
            if known and commune not in known:
                fix = "corrigez le code ; une commune récente s’ajoute à rules/nomenclatures/communes.csv"
                yield number, "code", "commune inconnue du code officiel géographique", fix
            if area and name and names.setdefault(area, name) != name:
                what = f"l’intercommunalité {area} s’appelle aussi « {names[area]} »"
                yield number, "epci_name", what, "donnez-lui un seul nom"


class Recode(Row):
    """Ce que veut dire une réponse libre."""

    files: ClassVar = ("survey/recodes.csv",)
    fault_code: ClassVar = "E297"
    required: ClassVar = False
    may_be_empty: ClassVar = True
    question_code: Text = column("question", empty=True)
    text: Text = column("réponse telle qu’écrite", empty=True)
    choice_code: Text = column("modalité", empty=True)
    by: Text = column("qui a recodé", empty=True)
    on: Date = column("quand", empty=True)


class LinkageDecision(Row):
    """L’établissement auquel rattacher une réponse ; SIRET vide : absent du répertoire."""

    files: ClassVar = ("survey/linkage_decisions.csv",)
    fault_code: ClassVar = "E272"
    required: ClassVar = False
    may_be_empty: ClassVar = True
    may_lack: ClassVar = frozenset({"reason", "decided_by", "decided_on"})
    open_ended: ClassVar = True
    answer: Annotated[str, _ANSWER] = column("empreinte de la réponse")
    siret: Annotated[str, _LISTED] = column("SIRET retenu, ou rien", empty=True)
    reason: Text = column("motif", empty=True)
    decided_by: Text = column("qui a décidé", empty=True)
    decided_on: Date = column("quand", empty=True)

    @classmethod
    def problems(cls, table: Table, others: Csvs) -> Iterator[Problem]:
        """One answer linked to two establishments."""
        known: dict[str, str] = {}
        for number, (answer, siret) in enumerate(
            zip(table.columns["answer"], table.columns["siret"], strict=True)
        ):
            if known.setdefault(answer, siret) != siret:
                yield (
                    number,
                    "siret",
                    "cette réponse a déjà un autre établissement",
                    "gardez une seule décision",
                )


class ReplicationFigure(Row):
    """Un chiffre publié par le rapport de référence."""

    files: ClassVar = ("replications/*/figures.csv",)
    required: ClassVar = False
    keys: ClassVar = (("figure_id",),)
    may_lack: ClassVar = frozenset({"label_en", "remark_en"})
    figure_id: Annotated[str, _FIGURE] = column("identifiant du chiffre")
    label: Text = column("ce qu’il dit")
    label_en: Text = column("le même en anglais", empty=True)
    published: Number = column("valeur publiée", empty=True)
    decimals: Whole = column("décimales publiées")
    unit: Text = column("unité", empty=True)
    consistent: YesNo = column("le rapport ne se contredit pas")
    check: Text = column("ce qu’un contrôle en dit", empty=True)
    withheld: YesNo = column("ne se publie pas (une seule structure)")
    remark: Text = column("remarque", empty=True)
    remark_en: Text = column("la même en anglais", empty=True)
    source_line: Whole = column("ligne du relevé", empty=True)


class ReplicationCheck(Row):
    """Un contrôle de cohérence du rapport de référence."""

    files: ClassVar = ("replications/*/checks.csv",)
    required: ClassVar = False
    keys: ClassVar = (("check_id",),)
    may_be_empty: ClassVar = True
    check_id: Annotated[str, _FIGURE] = column("identifiant du contrôle")
    label: Text = column("ce qu’il vérifie")
    said: Text = column("la formule en mots")
    left: Text = column("premier membre : chiffres, nombres, + - * /")
    right: Text = column("second membre")
    tolerance: Number = column("écart admis")
    decimals: Whole = column("décimales")
    unit: Text = column("unité", empty=True)
    kind: Annotated[str, one_of("contradiction", "tension", "at_most")] = column("ce que dit un écart")
    remark: Text = column("remarque", empty=True)

    @classmethod
    def problems(cls, table: Table, others: Csvs) -> Iterator[Problem]:
        """Expressions that are none, or name figures that the reference does not have."""
        figures = others.get(_beside(table, others))
        known = set(figures.columns["figure_id"]) if figures else set()
        for side in ("left", "right"):
            for number, text in enumerate(table.columns[side]):
                if not _is_arithmetic(text):
                    yield (
                        number,
                        side,
                        "expression non comprise",
                        "n’employez que des chiffres, des nombres et + - * /",
                    )
                    continue
                for name in dict.fromkeys(re.findall(r"[A-Za-z_]\w*", text)):
                    if known and name not in known:
                        yield (
                            number,
                            side,
                            f"chiffre inconnu « {name} »",
                            advice(name, known, "chiffres connus"),
                        )


def _beside(table: Table, others: Csvs) -> str:
    """The figures of the folder of a file of checks."""
    return next((n for n, t in others.items() if t is table), "").replace("checks.csv", "figures.csv")


def _is_arithmetic(text: str) -> bool:
    """Whether a text is an expression of names, plain numbers, `+ - * /` and parentheses, of a reasonable length."""
    import ast

    if len(text) > 2000 or not re.fullmatch(r"[\w\s.+\-*/()]+", text, re.ASCII):
        return False
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    allowed = (ast.Expression, ast.BinOp, ast.Name, ast.Load, ast.Add, ast.Sub, ast.Mult, ast.Div)
    return all(
        isinstance(node, allowed) or (isinstance(node, ast.Constant) and isinstance(node.value, int | float))
        for node in ast.walk(tree)
    )


LISTS: tuple[type[Row], ...] = (
    TerritoryCommune,
    Recode,
    LinkageDecision,
    ReplicationFigure,
    ReplicationCheck,
)
