"""Cards completed by the measures that they name: words, secrecy, what is computed from what, and the checks that go without saying."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ess_observatory.declare.faults import Fault
from ess_observatory.declare.links_rules import unknown
from ess_observatory.declare.load import Loaded
from ess_observatory.declare.models.cards import CardTexts
from ess_observatory.declare.models.measures import MeasureFile, MeasureWords
from ess_observatory.declare.reading import Document

Measures = Mapping[str, MeasureFile]
_NOT_NEGATIVE = ({"min_value": 0}, "Les effectifs ne sont pas négatifs")
_SHARE = ({"min_value": 0, "max_value": 100}, "Les parts tiennent entre 0 et 100")


def measures_of(loaded: Loaded) -> dict[str, MeasureFile]:
    """The measures of a project, by name."""
    return {entry.name: entry.model for entry in loaded.entries("measure")}


def completed(card: dict[str, Any], measures: Measures) -> dict[str, Any]:
    """A card whose columns say all that their measures say for them; what the card says itself wins."""
    columns = [_column(column, card["columns"], measures) for column in card["columns"]]
    checks = list(_checks(columns)) if "rows" in card else []
    return {**card, "columns": columns, "checks": [*checks, *card.get("checks", [])]}


def _column(column: dict[str, Any], others: list[dict[str, Any]], measures: Measures) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if "attribute" in column:
        said = {"secrecy": "text"}
    elif name := column.get("measure"):
        said = _words(measures[name])
    elif name := column.get("share"):
        own, secrecy = _code(name, others), measures[name].secrecy
        said = {
            "label": "Part (%)",
            "label_en": "Share (%)",
            **_ratio_words(measures[name].share),
            "secrecy": secrecy,
        }
        if own and secrecy == "magnitude":
            said |= {"ratio": {"numerator": own, "denominator": f"total/{own}"}, "follows": own}
    elif rate := column.get("rate"):
        of, per = measures[rate["of"]], measures[rate["per"]]
        terms = _rate_secrecy(of, per, _code(rate["of"], others), _code(rate["per"], others))
        said = {**_ratio_words(per.rate), **terms}
    if "label" in column:  # the English of another label is not its own
        said.pop("label_en", None)
    return {**said, **column}


def _ratio_words(words: MeasureWords | None) -> dict[str, Any]:
    return (words or MeasureWords()).model_dump(exclude={"times"}, exclude_none=True)


def _words(measure: MeasureFile) -> dict[str, Any]:
    said = measure.model_dump(include={"label", "label_en", "unit", "decimals", "secrecy"}, exclude_none=True)
    return {**said, "additive": True} if measure.secrecy == "magnitude" and measure.adds_up else said


def _rate_secrecy(of: MeasureFile, per: MeasureFile, own: str | None, other: str | None) -> dict[str, Any]:
    """The class of a rate, that of its more sensitive term, and its terms where the table shows them."""
    if "magnitude" not in (of.secrecy, per.secrecy):
        return {"secrecy": of.secrecy}
    terms = (
        {"ratio": {"numerator": own, "denominator": other}} if own and other else {"follows": own or other}
    )
    return {"secrecy": "magnitude", **{key: value for key, value in terms.items() if value}}


def _code(measure: str, columns: list[dict[str, Any]]) -> str | None:
    """The column of the card that shows a measure."""
    return next((column["code"] for column in columns if column.get("measure") == measure), None)


def made_of(column: Mapping[str, Any]) -> list[str]:
    """The measures that a column of a card is made of."""
    rate = column.get("rate", {})
    return [
        name for name in (column.get("measure"), column.get("share"), rate.get("of"), rate.get("per")) if name
    ]


def _checks(columns: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for column in columns:
        if bounds := _NOT_NEGATIVE if "measure" in column else _SHARE if "share" in column else None:
            arguments = {"column": column["code"], **bounds[0]}
            expectation = "ExpectColumnValuesToBeBetween"
            yield {
                "expectation": expectation,
                "arguments": arguments,
                "severity": "block",
                "label": bounds[1],
            }


def column_faults(document: Document, card: CardTexts, loaded: Loaded) -> Iterator[Fault]:
    """Measures that a card names and that are not declared, or that only the survey computes; rows without their dimension."""
    known, measures = loaded.known("measure"), measures_of(loaded)
    for number, column in enumerate(card.columns):
        at = ("columns", number)
        for name in column.made_of:
            if name not in known:
                key = "measure" if column.measure else "share" if column.share else "rate"
                yield from unknown(
                    document, (*at, key), name, known or {""}, "nom de mesure", "pipelines/measures"
                )
            elif card.rows is not None and name in measures and measures[name].rows is None:
                yield document.fault(
                    at, f"la mesure « {name} » ne dit pas ses lignes", "ajoutez « rows » à sa déclaration"
                )
        if card.rows is not None and not column.made_of and column.attribute is None:
            yield document.fault(
                at,
                "une colonne que fait le moteur vient d’une mesure",
                "donnez « measure », « share », « rate » ou « attribute »",
            )
        rate = column.rate if column.label is None else None
        per = measures.get(rate.per) if rate is not None else None
        if rate is not None and per is not None and (per.rate is None or per.rate.label is None):
            yield document.fault(
                (*at, "rate"),
                f"la mesure « {rate.per} » ne dit pas le nom d’un taux",
                "donnez « label » à la colonne",
            )
    if card.rows is None:
        return
    dimensions = {path.stem for path in (loaded.pipelines / "dimensions").glob("*.sql")}
    yield from unknown(
        document,
        ("rows", "dimension"),
        card.rows.dimension,
        dimensions or {""},
        "nom de dimension",
        "pipelines/dimensions",
    )
    if (order := card.rows.order) is not None:
        codes = {column.code for column in card.columns}
        yield from unknown(document, ("rows", "order"), order, codes, "nom de colonne")
