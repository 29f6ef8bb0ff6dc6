"""The CSVs of `pipelines/rules/`: who is in the field, in which family, and what codes mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Annotated, ClassVar

from ess_observatory.declare.models.cells import (
    Date,
    In,
    LegalCategory,
    Siret,
    Text,
    Whole,
    YesNo,
    coded,
    one_of,
    word,
)
from ess_observatory.declare.models.nomenclatures_csv import NOMENCLATURES, Csvs
from ess_observatory.declare.models.rows import Problem, Row, Table, column

#: The family that says « known, and outside the field ».
OUTSIDE = "hors_ess"
_FAMILIES = "rules/ess_families.csv"
_SLUG = word("un identifiant", r"[a-z][a-z0-9_]*", "écrivez-le en minuscules sans accent, chiffres et _")
#: What another file declares: it is looked up there, however it is written.
_NAMED = word("un identifiant", r"\S+(?: \S+)*", "écrivez un identifiant sans espace autour")
_BAND = coded("un code de tranche d’effectif", "[0-9]{2}|N[NC]", "écrivez deux chiffres, NN ou NC", width=2)
_CAPITALS = word("un code", r"[A-Z0-9_]+", "écrivez-le en majuscules sans accent, chiffres et _")

Decision = Annotated[str, one_of("in", "out", "review")]
Confidence = Annotated[str, one_of("high", "medium", "low")]
Family = Annotated[str, _NAMED, In(_FAMILIES, "family")]


class EssFamily(Row):
    """Une famille de l’ESS."""

    files: ClassVar = (_FAMILIES,)
    keys: ClassVar = (("family",), ("rank",), ("label",))
    family: Annotated[str, _SLUG] = column("identifiant de la famille")
    label: Text = column("libellé français")
    label_en: Text = column("libellé anglais")
    rank: Whole = column("rang d’impression")


class FamilyLabel(Row):
    """Un nom sous lequel un producteur écrit une famille."""

    files: ClassVar = ("rules/ess_family_labels.csv",)
    keys: ClassVar = (("label",),)
    label: Text = column("nom lu, en minuscules, é écrit e")
    family: Family = column("famille")

    @classmethod
    def problems(cls, table: Table, others: Csvs) -> Iterator[Problem]:
        """A name that what is read is never compared with: files are read in lower case, é as e."""
        for number, label in enumerate(table.columns["label"]):
            if label != (plain := label.strip().lower().replace("é", "e")):
                yield number, "label", "ce nom ne serait jamais reconnu", f"écrivez « {plain} »"


class LegalRule(Row):
    """Une catégorie juridique et sa famille, entre deux dates."""

    files: ClassVar = ("rules/legal_categories.csv",)
    keys: ClassVar = (("code", "since"),)
    code: Annotated[LegalCategory, In("rules/nomenclatures/legal_categories_all.csv", "code", where=("level", "3"))] = (
        column("catégorie juridique, quatre chiffres")
    )  # fmt: skip
    label: Text = column("libellé")
    family: Annotated[str, _NAMED, In(_FAMILIES, "family", also=frozenset({OUTSIDE}))] = column(
        f"famille, ou {OUTSIDE}"
    )
    since: Date = column("premier jour, facultatif", empty=True)
    until: Date = column("dernier jour (compris), facultatif", empty=True)
    confidence: Confidence = column("sûreté de la décision : low demande une vérification")
    source: Text = column("d’où vient la décision", empty=True)

    @classmethod
    def problems(cls, table: Table, others: Csvs) -> Iterator[Problem]:
        """Periods the right way round, and one at a time for a code."""
        yield from _periods(table)
        columns = table.columns
        spans = sorted(
            (category, columns["since"][number], columns["until"][number] or "9999", number)
            for number, category in enumerate(columns["code"])
        )
        for (one, _, end, _), (other, start, _, number) in pairwise(spans):
            if one == other and start <= end:
                what = "la période recouvre celle d’une autre ligne du même code"
                yield (
                    number,
                    "code",
                    what,
                    "bornez « since » et « until » pour qu’un jour n’ait qu’une famille",
                )


class NafExclusion(Row):
    """Une activité exclue (ou à vérifier), par le début de son code."""

    files: ClassVar = ("rules/naf_exclusions.csv",)
    keys: ClassVar = (("nomenclature", "prefix"),)
    nomenclature: Annotated[str, _NAMED, In("rules/nomenclatures/naf_versions.csv", "nomenclature")] = column(
        "nomenclature d’activités"
    )
    prefix: Annotated[str, word("un début de code NAF", r"[0-9]{2}(?:\.[0-9]{1,2}[A-Z]?)?", "écrivez 94, 94.1, 94.11 ou 94.11Z")] = (
        column("début du code : 94, 94.1, 94.11 ou 94.11Z")
    )  # fmt: skip
    label: Text = column("libellé")
    decision: Decision = column(
        "out (exclue), review (à vérifier) ou in (gardée malgré un préfixe plus court)"
    )
    confidence: Confidence = column("sûreté")
    applies_to: Text = column("à quoi la règle s’applique", empty=True)
    source: Text = column("d’où vient la règle", empty=True)

    @classmethod
    def problems(cls, table: Table, others: Csvs) -> Iterator[Problem]:
        """A prefix that no code of its nomenclature begins with. 00.00Z says that the activity is not known."""
        rows = zip(table.columns["nomenclature"], table.columns["prefix"], strict=True)
        for number, (nomenclature, prefix) in enumerate(rows):
            listed = others.get(f"rules/nomenclatures/{nomenclature}.csv")
            if (
                listed
                and not "00.00Z".startswith(prefix)
                and not any(naf.startswith(prefix) for naf in listed.columns["naf"])
            ):
                fix = "corrigez le code, ou la nomenclature de la ligne"
                yield number, "prefix", f"aucun code de {nomenclature} ne commence ainsi", fix


class DecisionRule(Row):
    """Une règle du périmètre : la règle applicable de plus petit rang décide."""

    files: ClassVar = ("rules/decision_rules.csv",)
    keys: ClassVar = (("rule_id",), ("rank",))
    rule_id: Annotated[str, _CAPITALS] = column("identifiant, celui que le SQL du périmètre emploie")
    rank: Whole = column("rang : le plus petit décide")
    decision: Decision = column("in, out ou review")
    label: Text = column("libellé français")
    label_en: Text = column("libellé anglais")
    about: Annotated[str, one_of("place", "life", "nature")] = column(
        "lieu, vie ou nature de l’établissement"
    )
    shown: Annotated[str, one_of("always", "when_used")] = column("quand la règle paraît au tableau")


class NamedDecision(Row):
    """Le sort d’un établissement nommé."""

    files: ClassVar = ("rules/named_decisions.csv",)
    fault_code: ClassVar = "E113"
    may_be_empty: ClassVar = True
    siret: Siret = column("SIRET de l’établissement")
    decision: Annotated[str, one_of("in", "out")] = column("in (retenu) ou out (écarté)")
    family: Family = column("famille, facultative", empty=True)
    reason: Text = column("motif")
    decided_by: Text = column("qui a décidé")
    decided_on: Date = column("quand")
    since: Date = column("premier jour de validité, facultatif", empty=True)
    until: Date = column("dernier jour de validité (compris), facultatif", empty=True)
    editions: Text = column("* (toutes), ou des éditions séparées par une barre verticale", empty=True)

    @classmethod
    def problems(cls, table: Table, others: Csvs) -> Iterator[Problem]:
        """Periods the right way round; one decision a day and edition for an establishment."""
        yield from _periods(table)
        columns = table.columns
        seen: dict[str, list[int]] = {}
        for number, siret in enumerate(columns["siret"]):
            for other in seen.setdefault(siret, []):
                if _meet(columns, number, other):
                    what = f"cet établissement a déjà une décision, ligne {table.lines[other]}"
                    yield (
                        number,
                        "siret",
                        what,
                        "gardez-en une, ou bornez-les par « since », « until » ou « editions »",
                    )
            seen[siret].append(number)


def _meet(columns: Mapping[str, list[str]], one: int, other: int) -> bool:
    """Whether two decisions hold on one day for one edition."""
    names = [set(columns["editions"][number].replace(" ", "").split("|")) for number in (one, other)]
    everywhere = any(not found - {"", "*"} or "*" in found for found in names)
    since, until = columns["since"], columns["until"]
    return (everywhere or bool(names[0] & names[1])) and (
        since[one] <= (until[other] or "9999") and since[other] <= (until[one] or "9999")
    )


class SizeBand(Row):
    """Une tranche d’effectif."""

    files: ClassVar = ("rules/size_bands.csv",)
    keys: ClassVar = (("code",), ("rank",), ("label",))
    code: Annotated[str, _BAND] = column("code Insee : deux chiffres, NN ou NC")
    label: Text = column("libellé français")
    label_en: Text = column("libellé anglais")
    min: Whole = column("plus petit effectif", empty=True)
    max: Whole = column("plus grand effectif", empty=True)
    rank: Whole = column("rang d’impression")
    is_employer: YesNo = column("compte parmi les employeurs")
    key: Text = column("bornes telles qu’un répertoire les écrit", empty=True)

    @classmethod
    def problems(cls, table: Table, others: Csvs) -> Iterator[Problem]:
        """Bounds the right way round, and no number of employees in two bands."""
        low, high = table.columns["min"], table.columns["max"]
        if not all(value.isdigit() for value in (*low, *high) if value):
            return
        spans = sorted(
            (int(low[number]), int(high[number]) if high[number] else 10**9, number)
            for number in range(len(table))
            if low[number]
        )
        for start, end, number in spans:
            if end < start:
                yield number, "max", f"plus petit que « min » ({start})", "échangez les deux bornes"
        for number in range(len(table)):
            if high[number] and not low[number]:
                yield number, "min", "borne absente", "écrivez le plus petit effectif de la tranche"
        for (_, end, _), (start, _, number) in pairwise(spans):
            if start <= end:
                yield number, "min", "la tranche en recouvre une autre", "corrigez les bornes"


class SiaeKind(Row):
    """Une forme de structure d’insertion."""

    files: ClassVar = ("rules/siae_kinds.csv",)
    keys: ClassVar = (("code",), ("rank",))
    code: Annotated[str, _CAPITALS] = column("sigle, en majuscules")
    label: Text = column("libellé français")
    label_en: Text = column("libellé anglais")
    rank: Whole = column("rang d’impression")
    is_siae: YesNo = column("structure d’insertion par l’activité économique")


class FloresMeasure(Row):
    """Une mesure des fichiers Flores."""

    files: ClassVar = ("rules/flores_measures.csv",)
    keys: ClassVar = (("code",),)
    code: Annotated[str, _CAPITALS] = column("code du producteur")
    measure: Annotated[str, one_of("posts", "establishments")] = column("ce qu’il compte")


class FloresLegalForm(Row):
    """Une forme juridique des fichiers Flores."""

    files: ClassVar = ("rules/flores_legal_forms.csv",)
    keys: ClassVar = (("code",),)
    code: Annotated[str, _CAPITALS] = column("code du producteur")
    field: Annotated[str, one_of("all", "private", "public")] = column("champ qu’il désigne")
    label: Text = column("libellé")


class FloresSize(Row):
    """Une tranche d’effectif des fichiers Flores : celles qui se suivent, sans leurs regroupements."""

    files: ClassVar = ("rules/flores_sizes.csv",)
    keys: ClassVar = (("code",),)
    code: Annotated[str, _CAPITALS] = column("code du producteur")
    min: Whole = column("plus petit effectif")
    max: Whole = column("plus grand effectif", empty=True)

    @classmethod
    def problems(cls, table: Table, others: Csvs) -> Iterator[Problem]:
        """As for the bands of registers: an establishment is in one only."""
        yield from SizeBand.problems(table, others)


def _periods(table: Table) -> Iterator[Problem]:
    since, until = table.columns["since"], table.columns["until"]
    for number, (start, end) in enumerate(zip(since, until, strict=True)):
        if start and end and start > end:
            yield number, "until", f"finit avant de commencer ({start})", "échangez « since » et « until »"


RULES: tuple[type[Row], ...] = (EssFamily, FamilyLabel, LegalRule, NafExclusion, DecisionRule, NamedDecision, SizeBand,
                                SiaeKind, FloresMeasure, FloresLegalForm, FloresSize, *NOMENCLATURES)  # fmt: skip
