"""Declared checks, as Great Expectations names them, and the budgets of a source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from ess_observatory.declare.faults import advice, shown
from ess_observatory.declare.models.base import Declared, refused
from ess_observatory.declare.models.types import (
    ColumnName,
    Count,
    NumberOrSql,
    Percent,
    Regular,
    RelativePath,
    StagedTable,
    Words,
    as_day,
)

Severity = Literal["block", "warn", "info"]

_RANGE = ("min_value", "max_value", "strict_min", "strict_max")
_SOME = ("mostly", "row_condition", "condition_parser")
_PAIR = ("column_A", "column_B", "ignore_row_if", *_SOME)
_LIST = ("column_list", "ignore_row_if", *_SOME)
#: Expectation → the arguments that it takes, those that it cannot do without first, up to « | ».
EXPECTATIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "ExpectTableRowCountToBeBetween": ((), _RANGE),
    "ExpectTableRowCountToEqual": (("value",), ()),
    "ExpectTableColumnCountToBeBetween": ((), _RANGE[:2]),
    "ExpectTableColumnCountToEqual": (("value",), ()),
    "ExpectTableColumnsToMatchSet": (("column_set",), ("exact_match",)),
    "ExpectTableColumnsToMatchOrderedList": (("column_list",), ()),
    "ExpectColumnToExist": (("column",), ("column_index",)),
    "ExpectColumnValuesToBeBetween": (("column",), (*_RANGE, *_SOME)),
    "ExpectColumnValuesToBeInSet": (("column", "value_set"), _SOME),
    "ExpectColumnValuesToNotBeInSet": (("column", "value_set"), _SOME),
    "ExpectColumnValuesToBeNull": (("column",), _SOME),
    "ExpectColumnValuesToNotBeNull": (("column",), _SOME),
    "ExpectColumnValuesToBeUnique": (("column",), _SOME),
    "ExpectColumnValuesToMatchRegex": (("column", "regex"), _SOME),
    "ExpectColumnValuesToNotMatchRegex": (("column", "regex"), _SOME),
    "ExpectColumnValuesToMatchRegexList": (("column", "regex_list"), ("match_on", *_SOME)),
    "ExpectColumnValuesToNotMatchRegexList": (("column", "regex_list"), _SOME),
    "ExpectColumnValuesToMatchLikePattern": (("column", "like_pattern"), _SOME),
    "ExpectColumnValuesToNotMatchLikePattern": (("column", "like_pattern"), _SOME),
    "ExpectColumnValuesToBeIncreasing": (("column",), ("strictly", *_SOME)),
    "ExpectColumnValuesToBeDecreasing": (("column",), ("strictly", *_SOME)),
    "ExpectColumnValueLengthsToBeBetween": (("column",), (*_RANGE, *_SOME)),
    "ExpectColumnValueLengthsToEqual": (("column", "value"), _SOME),
    "ExpectColumnValueZScoresToBeLessThan": (("column", "threshold", "double_sided"), _SOME),
    "ExpectColumnValuesToBeOfType": (("column", "type_"), _SOME),
    "ExpectColumnDistinctValuesToBeInSet": (("column", "value_set"), _SOME[1:]),
    "ExpectColumnDistinctValuesToContainSet": (("column", "value_set"), _SOME[1:]),
    "ExpectColumnDistinctValuesToEqualSet": (("column", "value_set"), _SOME[1:]),
    "ExpectColumnMostCommonValueToBeInSet": (("column", "value_set"), ("ties_okay", *_SOME[1:])),
    "ExpectColumnMaxToBeBetween": (("column",), (*_RANGE, *_SOME[1:])),
    "ExpectColumnMinToBeBetween": (("column",), (*_RANGE, *_SOME[1:])),
    "ExpectColumnMeanToBeBetween": (("column",), (*_RANGE, *_SOME[1:])),
    "ExpectColumnMedianToBeBetween": (("column",), (*_RANGE, *_SOME[1:])),
    "ExpectColumnStdevToBeBetween": (("column",), (*_RANGE, *_SOME[1:])),
    "ExpectColumnSumToBeBetween": (("column",), (*_RANGE, *_SOME[1:])),
    "ExpectColumnUniqueValueCountToBeBetween": (("column",), (*_RANGE, *_SOME[1:])),
    "ExpectColumnProportionOfUniqueValuesToBeBetween": (("column",), (*_RANGE, *_SOME[1:])),
    "ExpectColumnProportionOfNonNullValuesToBeBetween": (("column",), (*_RANGE, *_SOME[1:])),
    "ExpectColumnQuantileValuesToBeBetween": (("column", "quantile_ranges"), ("allow_relative_error", *_SOME[1:])),
    "ExpectColumnPairValuesAToBeGreaterThanB": (("column_A", "column_B"), ("or_equal", *_PAIR[2:])),
    "ExpectColumnPairValuesToBeEqual": (("column_A", "column_B"), _PAIR[2:]),
    "ExpectColumnPairValuesToBeInSet": (("column_A", "column_B", "value_pairs_set"), _PAIR[2:]),
    "ExpectCompoundColumnsToBeUnique": (("column_list",), _LIST[1:]),
    "ExpectSelectColumnValuesToBeUniqueWithinRecord": (("column_list",), _LIST[1:]),
    "ExpectMulticolumnSumToEqual": (("column_list", "sum_total"), _LIST[1:]),
}  # fmt: skip


def _known_expectation(name: str) -> str:
    if name not in EXPECTATIONS:
        raise refused(
            "attente inconnue de Great Expectations", advice(name, EXPECTATIONS, "attentes connues")
        )
    return name


Expectation = Annotated[
    str,
    AfterValidator(_known_expectation),
    WithJsonSchema({"type": "string", "enum": sorted(EXPECTATIONS)}),
]


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)


#: Argument → (whether a value fits, what is expected in words).
_ARGUMENTS: dict[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(("strict_min", "strict_max", "strictly", "exact_match", "or_equal", "ties_okay", "double_sided",
                     "allow_relative_error"), (lambda v: isinstance(v, bool), "true ou false")),
    **dict.fromkeys(("column", "column_A", "column_B", "regex", "like_pattern", "row_condition", "condition_parser", "type_",
                     "match_on", "ignore_row_if"), (lambda v: isinstance(v, str) and bool(v.strip()), "un texte")),
    **dict.fromkeys(("column_list", "column_set", "regex_list"), (_texts, "une liste de textes")),
    **dict.fromkeys(("value_set", "value_pairs_set"), (lambda v: isinstance(v, list) and bool(v), "une liste de valeurs")),
    **dict.fromkeys(("min_value", "max_value"), (lambda v: _number(v) or as_day(v) is not None, "un nombre sans guillemets, ou une date")),
    **dict.fromkeys(("value", "sum_total", "threshold", "column_index"), (_number, "un nombre")),
    "quantile_ranges": (lambda v: isinstance(v, dict), "un groupe de clés"),
    "mostly": (lambda v: _number(v) and 0 < v <= 1, "une part entre 0 et 1 (0 exclu)"),
}  # fmt: skip


class Check(Declared):
    """One check: what is expected, of what, and how grave it is when it is not so."""

    expectation: Expectation = Field(description="attente de Great Expectations")
    arguments: dict[str, Any] = Field(
        {}, description="arguments de l’attente : column, min_value, max_value, value_set…"
    )
    severity: Severity = Field(
        "block", description="block : arrête tout ; warn : à lire ; info : pour mémoire"
    )
    label: Words = Field(description="phrase imprimée dans le rapport de qualité")
    reason: Words | None = Field(None, description="pourquoi cette gravité")

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        required, optional = EXPECTATIONS[self.expectation]
        known = (*required, *optional)
        for name, value in self.arguments.items():
            if name not in known:
                raise refused(
                    f"argument inconnu « {name} » de {self.expectation}",
                    advice(name, known, "arguments connus"),
                )
            fits, expected = _ARGUMENTS[name]
            if not fits(value):
                raise refused(f"argument « {name} » = {shown(value)}", f"donnez {expected}")
            if name == "regex":
                _regular(str(value))
        if lacking := [name for name in required if name not in self.arguments]:
            raise refused(f"argument absent : {', '.join(lacking)}", "complétez « arguments »")
        low, high = self.arguments.get("min_value"), self.arguments.get("max_value")
        if "min_value" in optional and low is None and high is None:
            raise refused("ni « min_value » ni « max_value » : rien n’est contrôlé", "donnez l’un des deux")
        if _number(low) and _number(high) and float(low or 0) > float(high or 0):
            raise refused("« min_value » dépasse « max_value »", "échangez-les")
        return self

    @property
    def columns(self) -> list[str]:
        """The columns that the check reads."""
        given = [self.arguments.get(name) for name in ("column", "column_A", "column_B")]
        listed = [name for key in ("column_list", "column_set") for name in self.arguments.get(key, [])]
        return [name for name in [*given, *listed] if name is not None]


class _Pattern(Declared):
    regex: Regular


def _regular(text: str) -> None:
    from pydantic import ValidationError

    try:
        _Pattern(regex=text)
    except ValidationError:
        raise refused(
            "« regex » n’est pas une expression régulière", "vérifiez parenthèses et crochets"
        ) from None


class SourceCheck(Check):
    """A check of a source."""

    table: StagedTable | None = Field(
        None, description="autre table de la source à contrôler, par exemple core.survey_respondent"
    )


class PublicationChecksFile(Declared):
    """Checks of the figures that are about to leave."""

    title: Words = Field(description="titre de la série de contrôles")
    checks: list[Check] = Field(min_length=1, description="contrôles")


class CrossCheck(Declared):
    """A check between two sources: an observed value and what is expected of it."""

    id: ColumnName = Field(description="identifiant du contrôle")
    label: Words = Field(description="phrase imprimée")
    sources: list[Words] = Field(min_length=1, description="sources ; « a|b » : l’une ou l’autre")
    severity: Severity = Field("block", description="block, warn ou info")
    reason: Words | None = Field(None, description="pourquoi cette gravité")
    observed: Words | None = Field(None, description="requête SQL qui rend un nombre")
    query: RelativePath | None = Field(
        None, description="fichier de rules/cross_checks/ : item, observed, expected"
    )
    expected: NumberOrSql | None = Field(None, description="nombre attendu, ou requête SQL qui le rend")
    tolerance_pct: Percent | None = Field(None, description="écart admis, en %")
    tolerance: Annotated[float, Field(ge=0)] | None = Field(None, description="écart admis, en unités")
    min: NumberOrSql | None = Field(None, description="borne basse, ou requête SQL")
    max: NumberOrSql | None = Field(None, description="borne haute, ou requête SQL")
    unit: Words | None = Field(None, description="unité imprimée")
    public: bool = Field(False, description="true : la valeur observée est un agrégat déjà publié")

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        if (self.query is None) == (self.observed is None):
            raise refused("il faut « observed » ou « query », l’un des deux", "gardez l’un des deux")
        bounds = (self.expected, self.min, self.max)
        if self.observed is not None and all(bound is None for bound in bounds):
            raise refused("rien n’est attendu de « observed »", "donnez « expected », « min » ou « max »")
        if self.query is not None and any(bound is not None for bound in bounds):
            raise refused("« query » dit déjà ce qui est attendu", "retirez « expected », « min » et « max »")
        if _number(self.min) and _number(self.max) and self.min > self.max:  # type: ignore[operator]
            raise refused("« min » dépasse « max »", "échangez-les")
        return self


class CrossChecksFile(Declared):
    """`rules/cross_checks.toml`."""

    checks: list[CrossCheck] = Field(description="contrôles entre sources")


class Budget(Declared):
    """How many rows of a source may be refused."""

    max_refused_pct: Percent = Field(description="part de lignes refusées admise, en %")
    max_refused_cells_pct: Percent | None = Field(
        None,
        description="pour l’enquête, part de cellules refusées au-delà de laquelle un avertissement le dit, en %",
    )
    severity: Severity = Field("block", description="block, warn ou info")


class RowCounts(Declared):
    """How much the number of rows may change from one edition to the next."""

    max_change_pct: Annotated[float, Field(ge=0)] = Field(30, description="variation admise, en %")
    severity: Severity = Field("warn", description="block, warn ou info")
    by: Words | None = Field(
        None, description="expression SQL qui partage les lignes : une colonne, un début de code"
    )
    by_label: Words | None = Field(None, description="nom de ce partage")
    by_max_change_pct: Annotated[float, Field(ge=0)] = Field(
        50, description="variation admise d’une part, en %"
    )
    by_min_rows: Count = Field(10, description="une variation de moins de lignes n’est jamais dite")
