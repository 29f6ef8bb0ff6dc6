"""A publication against the facts: each difference is a complaint, in words that name the cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from oracle.counts import count_register
from oracle.declared import Declared
from oracle.economy import count_economy
from oracle.facts import Fact, Facts, Key
from oracle.frame import against_frame
from oracle.interviews import count_answers, inside, respondents
from oracle.rawfiles import records
from oracle.register import establishments
from oracle.sentences import read_sentences
from oracle.sums import look_at_sums
from oracle.truth import look_at_truth


@dataclass
class Judgement:
    """What was found: complaints, cells that agree, cells without an opinion (table → how many)."""

    complaints: list[str] = field(default_factory=list)
    agreed: int = 0
    unjudged: dict[str, int] = field(default_factory=dict)
    sentences: int = 0


def judge(declared: Declared, publication: Path, truth: Declared | None = None) -> Judgement:
    """The publication of an edition, set against its own raw files; and against those of `truth`, where nothing is hidden."""
    found = Judgement()
    figures = pd.read_parquet(publication / "figures.parquet")
    sites = establishments(declared)
    facts = facts_of(declared, sites)
    cells = records(figures)
    for cell in cells:
        fact = facts.get(key_of(cell, facts))
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
    found.complaints += look_at_sums(cells, publication, declared.cards)
    found.complaints += _strays(figures)
    if truth is not None:
        found.complaints += look_at_truth(cells, facts, count_economy(truth, sites))
    sentences, complaints = read_sentences(declared, publication, cells)
    found.sentences, found.complaints = sentences, found.complaints + complaints
    return found


#: Concept, as tables 0.1 and 0.2 name it → the cell that gives it.
CONCEPTS = {
    "establishments": ("size_bands", "total", "count"),
    "establishments.per_employers": ("economic_weight", "establishments", "share"),
    "producer_ess_establishments": ("same_source_weight", "establishments", "ess"),
    "producer_ess_establishments.share": ("same_source_weight", "establishments", "share"),
    "ess_sites": ("demography", "last", "stock"),
    "ess_posts": ("economic_weight", "jobs", "ess"),
    "ess_posts.per_all_posts": ("same_source_weight", "posts_all", "share"),
    "ess_posts.per_private_posts": ("same_source_weight", "posts_private", "share"),
    "ess_posts.per_jobs": ("economic_weight", "jobs", "share"),
    "all_posts": ("same_source_weight", "posts_all", "total"),
    "private_posts": ("same_source_weight", "posts_private", "total"),
    "jobs": ("economic_weight", "jobs", "total"),
    "survey_responses": ("participation", "returned", "value"),
}  # fmt: skip


def key_of(cell: dict, facts: Facts) -> Key:
    """The key of a cell; a crossing unites categories in an order of its own."""
    table, row, column = cell["table_id"], cell["row_code"], cell["column_code"]
    if (table, row, column) not in facts and row.count(".") == 2:
        *first, united = row.split(".")
        row = ".".join([*first, "_".join(sorted(united.split("_")))])
    return table, row, column


def facts_of(declared: Declared, sites: pd.DataFrame) -> Facts:
    """Everything that the oracle knows of an edition."""
    facts = count_register(declared, sites) | count_economy(declared, sites)
    everyone = respondents(declared) if len(sites) else None
    if everyone is not None:
        here = inside(declared, everyone, sites)
        facts |= count_answers(declared, everyone, here, facts)
        facts |= against_frame(declared, sites[sites["decision"] == "in"], here)
    named = {concept: facts[key] for concept, key in CONCEPTS.items() if key in facts}
    for table in ("key_figures", "reconciled"):
        facts |= {(table, concept, "value"): fact for concept, fact in named.items()}
    return facts


def _complaint(cell: dict, fact: Fact) -> str | None:
    value = cell["value"]
    if pd.isna(value):
        if fact.must and cell["conf_status"] != "C" and not fact.has_none:
            return f"no number, and the files give {fact.low:g}"
        return _bounds(cell, fact)
    if fact.has_none:
        return f"{value:g} is printed, and the files give no number"
    if fact.is_estimate:
        return _estimate(cell, fact)
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


def _estimate(cell: dict, fact: Fact) -> str | None:
    value, low, high = cell["value"], cell["ci_low"], cell["ci_high"]
    if not fact.low - 1e-6 <= value <= fact.high + 1e-6:
        return f"{value:g} is estimated, and the files allow {fact.low:g} to {fact.high:g}"
    if not pd.isna(low) and not low - 1e-6 <= value <= high + 1e-6:
        return f"{value:g} is estimated, out of its interval {low:g} to {high:g}"
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
