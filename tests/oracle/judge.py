"""A publication against the facts: each difference is a complaint, in words that name the cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from oracle.counts import count_register
from oracle.declared import Declared
from oracle.economy import count_economy
from oracle.facts import Fact, Facts
from oracle.interviews import count_answers
from oracle.register import establishments
from oracle.sentences import read_sentences
from oracle.sums import look_at_sums


@dataclass
class Judgement:
    """What was found: complaints, cells that agree, cells without an opinion (table → how many)."""

    complaints: list[str] = field(default_factory=list)
    agreed: int = 0
    unjudged: dict[str, int] = field(default_factory=dict)
    sentences: int = 0


def judge(declared: Declared, publication: Path) -> Judgement:
    """The publication of an edition, set against its own raw files."""
    found = Judgement()
    figures = pd.read_parquet(publication / "figures.parquet")
    facts = facts_of(declared)
    for cell in figures.to_dict("records"):
        fact = facts.get((cell["table_id"], cell["row_code"], cell["column_code"]))
        if fact is None:
            found.unjudged[cell["table_id"]] = found.unjudged.get(cell["table_id"], 0) + 1
            continue
        complaint = _complaint(cell, fact)
        if complaint:
            found.complaints.append(
                f"{cell['table_id']}.{cell['row_code']}.{cell['column_code']}: {complaint}"
            )
        else:
            found.agreed += 1
    found.complaints += look_at_sums(figures, publication, declared.cards())
    found.complaints += _strays(figures)
    sentences, complaints = read_sentences(declared, publication, figures)
    found.sentences, found.complaints = sentences, found.complaints + complaints
    return found


def facts_of(declared: Declared) -> Facts:
    """Everything that the oracle knows of an edition."""
    sites = establishments(declared)
    facts = count_register(declared, sites) | count_economy(declared, sites)
    return facts | count_answers(declared, sites, facts)


def _complaint(cell: dict, fact: Fact) -> str | None:
    value = cell["value"]
    if pd.isna(value):
        if fact.must and cell["conf_status"] != "C" and not fact.has_none:
            return f"no number, and the files give {fact.low:g}"
        return _bounds(cell, fact)
    if fact.has_none:
        return f"{value:g} is printed, and the files give no number"
    if not fact.is_exact:
        return f"{value:g} is printed as if it were known, and the files leave {fact.low:g} to {fact.high:g}"
    rounded = _half_up(fact.low, int(cell["decimals"]))
    if abs(value - fact.low) > 1e-6 * max(1, abs(fact.low)) and abs(value - rounded) > 1e-9:
        return f"{value:g} is printed, and the files give {fact.low:g}"
    return _terms(cell, fact)


def _bounds(cell: dict, fact: Fact) -> str | None:
    """A printed interval holds what the files allow: its ends neither cross nor leave the true interval."""
    low, high = cell.get("low"), cell.get("high")
    if low is not None and not pd.isna(low) and (low > fact.high + 1e-6 or low < 0):
        return f"at least {low:g} is printed, and the files allow {fact.high:g} at most"
    if high is not None and not pd.isna(high) and high < fact.low - 1e-6:
        return f"at most {high:g} is printed, and the files allow {fact.low:g} at least"
    return None


def _terms(cell: dict, fact: Fact) -> str | None:
    part, whole = cell["numerator"], cell["denominator"]
    if pd.isna(part) or pd.isna(whole) or cell["unit"] != "%" or not whole:
        return None
    if abs(100 * part / whole - fact.low) > 1e-6 * max(1, abs(fact.low)):
        return f"its terms {part:g} and {whole:g} do not make {fact.low:g}"
    return None


def _half_up(value: float, decimals: int) -> float:
    scaled = value * 10**decimals
    return (int(scaled + 0.5 + 1e-9) if scaled >= 0 else -int(-scaled + 0.5 + 1e-9)) / 10**decimals


def _strays(figures: pd.DataFrame) -> list[str]:
    """A cell that is hidden gives nothing away; a bound is never beside a number."""
    complaints = []
    hidden = figures[figures["conf_status"] != "F"]
    for column in ("value", "numerator", "denominator", "ci_low", "ci_high"):
        for figure in hidden["figure_id"][hidden[column].notna()]:
            complaints.append(f"{figure}: hidden, and its {column} is published")
    return complaints
