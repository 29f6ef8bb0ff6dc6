"""The survey, from its export: who answered what, by the codebook; shares over those who answered, sums and means of what they gave."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pandas as pd

from oracle.declared import Declared
from oracle.expressions import amount, holds
from oracle.facts import NONE, Fact, Facts, count, exact, share
from oracle.rawfiles import number, plain, records, table

YES = {"x", "oui", "1", "vrai", "true", "yes", "o"}
#: From how many answers a share is printed.
LEAST_BASE = 10
DECLINED = ("nsp", "refus")


@dataclass(frozen=True)
class Answer:
    """What one respondent says to one question: a status, and its choices or its number."""

    status: str
    chosen: frozenset[str] = frozenset()
    number: float | None = None


class Respondent(dict[str, Answer]):
    """What one respondent says, question by question, and who it is."""

    siret = ""
    commune = ""


def count_answers(
    declared: Declared, everyone: list[Respondent], here: list[Respondent], facts: Facts
) -> Facts:
    """The facts of every table of the survey that a card declares in words that are understood here."""
    found: Facts = {}
    for name, card in declared.cards.items() if here else ():
        kind = card.get("survey", {}).get("kind")
        if kind in KINDS:
            found |= KINDS[kind](declared, name, card["survey"], here)
    return found | _participation(declared, everyone, here, facts)


def inside(declared: Declared, everyone: list[Respondent], sites: pd.DataFrame) -> list[Respondent]:
    """Those of the territory, by the commune that they give, else by that of their SIRET."""
    places = dict(zip(sites["siret"], sites["commune"], strict=True)) if len(sites) else {}
    return [one for one in everyone if (one.commune or places.get(one.siret)) in declared.communes]


def respondents(declared: Declared) -> list[Respondent] | None:
    """Each line of the export; None without one, or when forms were filled in besides."""
    rows = table(declared.raw, "A02", "A03", "H01") if "survey" in declared.edition["sources"] else None
    if rows is None or (declared.raw / "enquete" / "formulaires").is_dir():
        return None
    found = []
    for row in records(rows):
        if plain(row["a03"]) == plain(declared.questions["A03"]["label_fr"]):
            continue
        answers = Respondent()
        for code, question in declared.questions.items():
            answers[code] = _answer(code, question, row, answers)
        answers.siret, answers.commune = row["a02"], declared.moves.get(row["a03"], row["a03"])
        found.append(answers)
    return found


def _answer(code: str, question: dict[str, Any], row: dict[str, str], before: Respondent) -> Answer:
    if "relevant" in question and not holds(question["relevant"], before):
        return Answer("not_concerned")
    unsaid = {"ne sait pas": "nsp", "ne souhaite pas communiquer": "refus", "sans objet": "sans_objet"}
    key = code.lower()
    if question["type"] == "select_multiple":
        reason = unsaid.get(plain(row.get(f"{key}[nonresponse]", "")))
        marked = {c["code"] for c in question["choices"] if plain(row.get(f"{key}[{c['code']}]", "")) in YES}
        marked |= {"other"} if row.get(f"{key}[other]") else set()
        return Answer(
            reason or ("expressed" if marked else "nr"), frozenset() if reason else frozenset(marked)
        )
    text = row.get(key, "")
    if plain(text) in unsaid:
        return Answer(unsaid[plain(text)])
    if question["type"] in ("select_one", "likert"):
        labels = {plain(c["label_fr"]): c["code"] for c in question["choices"]} | {
            c["code"]: c["code"] for c in question["choices"]
        }
        chosen = labels.get(plain(text)) or ("other" if row.get(f"{key}[other]") else None)
        return Answer("expressed", frozenset({chosen})) if chosen else Answer("nr")
    value = number(text)
    return Answer("expressed" if text else "nr", number=value)


def share_of(part: float, base: float) -> Fact:
    """A share of those who answered, from enough answers on."""
    return NONE if base < LEAST_BASE else share(exact(part), exact(base))


def _participation(
    declared: Declared, everyone: list[Respondent], here: list[Respondent], facts: Facts
) -> Facts:
    """Table 4.1."""
    sent = declared.edition.get("survey", {}).get("frame_size")
    posts = sum(one["H01"].number or 0 for one in here)
    whole = facts.get(("economic_weight", "jobs", "ess"), NONE)
    found: Facts = {
        ("participation", "received", "value"): exact(len(everyone)),
        ("participation", "outside", "value"): exact(len(everyone) - len(here)),
        ("participation", "returned", "value"): count(len(here)),
        ("participation", "hr", "value"): exact(sum(one["H01"].status == "expressed" for one in here)),
        ("participation", "posts_share", "value"): share(exact(posts), whole),
    }
    if sent:
        found["participation", "sent", "value"] = exact(sent)
        found["participation", "rate", "value"] = share(exact(len(here)), exact(sent))
    return found


def _choices(declared: Declared, name: str, survey: dict[str, Any], here: list[Respondent]) -> Facts:
    """A row a choice, then those who answered, who declined, who said nothing."""
    blocks = survey.get("blocks") or [{"question": code} for code in survey.get("questions", [])]
    facts: Facts = {}
    for block in blocks:
        if set(block) - {"question", "label", "label_en", "order", "code", "among", "rows"}:
            continue
        those = [one for one in here if "among" not in block or holds(block["among"], one)]
        question, code = declared.questions[block["question"]], block.get("code", block["question"])
        answers = [one[block["question"]] for one in those]
        base = sum(answer.status == "expressed" for answer in answers)
        chosen = Counter(choice for answer in answers for choice in answer.chosen)
        for choice in _choices_of(question):
            facts[name, f"{code}.{choice}", "count"] = exact(chosen[choice])
            facts[name, f"{code}.{choice}", "share"] = share_of(chosen[choice], base)
        statuses = Counter(answer.status for answer in answers)
        facts[name, f"{code}.base", "count"] = exact(base)
        facts[name, f"{code}.base", "share"] = share_of(base, base)
        for row in ("filtered", "not_applicable", "declined", "not_stated", "total"):
            facts[name, f"{code}.{row}", "share"] = NONE
        facts[name, f"{code}.filtered", "count"] = exact(statuses["not_concerned"])
        facts[name, f"{code}.not_applicable", "count"] = exact(statuses["sans_objet"])
        facts[name, f"{code}.declined", "count"] = exact(statuses["nsp"] + statuses["refus"])
        facts[name, f"{code}.not_stated", "count"] = exact(statuses["nr"])
        facts[name, f"{code}.total", "count"] = exact(len(those))
        for group in survey.get("groups", []):
            if group.get("block") != code:
                continue
            if "statuses" in group:
                facts[name, f"{code}.{group['code']}", "count"] = exact(
                    sum(statuses[s] for s in group["statuses"])
                )
                facts[name, f"{code}.{group['code']}", "share"] = NONE
            elif "where" in group:
                held = sum(
                    holds(group["where"], one)
                    for one in those
                    if one[block["question"]].status == "expressed"
                )
                facts[name, f"{code}.{group['code']}", "count"] = exact(held)
                facts[name, f"{code}.{group['code']}", "share"] = share_of(held, base)
    return facts


def _expression(declared: Declared, name: str, survey: dict[str, Any], here: list[Respondent]) -> Facts:
    """Who is concerned by each question, and who answers it."""
    facts: Facts = {}
    for code, question in declared.questions.items():
        if question["section"] not in survey["sections"] or question["type"] in survey["exclude_types"]:
            continue
        statuses = Counter(one[code].status for one in here)
        asked = len(here) - statuses["not_concerned"]
        concerned = asked - statuses["sans_objet"]  # the base of the rates
        facts[name, code, "concerned"] = exact(asked)
        facts[name, code, "not_applicable"] = exact(statuses["sans_objet"])
        facts[name, code, "expressed"] = exact(statuses["expressed"])
        facts[name, code, "declined"] = exact(statuses["nsp"] + statuses["refus"])
        facts[name, code, "not_stated"] = exact(statuses["nr"])
        facts[name, code, "rate"] = share(exact(statuses["expressed"]), exact(concerned))
        unsaid = exact(concerned - statuses["expressed"])
        facts[name, code, "nonexpression_rate"] = share(unsaid, exact(concerned))
    return facts


def _cross(declared: Declared, name: str, survey: dict[str, Any], here: list[Respondent]) -> Facts:
    """Those who gave both answers, key by key: a choice, no object, no answer; all, or those who answered the first."""
    facts: Facts = {}

    def keys(code: str) -> dict[str, set[int]]:
        answers = [one[code] for one in here]
        found = {
            choice: {rank for rank, answer in enumerate(answers) if choice in answer.chosen}
            for choice in _choices_of(declared.questions[code])
        }
        answered = {rank for rank, answer in enumerate(answers) if answer.status == "expressed"}
        if survey.get("missing", True):
            empty = {rank for rank, answer in enumerate(answers) if answer.status == "sans_objet"}
            found["not_applicable"] = empty
            found["not_stated"] = set(range(len(here))) - answered - empty
        return found | {"answered": answered}

    rows, columns = keys(survey["rows"]), keys(survey["columns"])
    answered = rows.pop("answered")
    del columns["answered"]
    rows["total"] = columns["total"] = set(range(len(here))) if survey.get("missing", True) else answered
    for extra in survey.get("extra_columns", []):
        columns[extra["code"]] = {rank for rank, one in enumerate(here) if holds(extra["where"], one)}
    for row, those in rows.items():
        for column, these in columns.items():
            facts[name, row, column] = exact(len(those & these))
    return facts


def _choices_of(question: dict[str, Any]) -> list[str]:
    """The codes of its choices, « other » included."""
    return [c["code"] for c in question.get("choices", [])] + (["other"] if question.get("other") else [])


def _numbers(declared: Declared, name: str, survey: dict[str, Any], here: list[Respondent]) -> Facts:
    """Sums, ratios and means of numbers; a ratio over those who gave both of its terms."""
    facts: Facts = {}
    for indicator in survey["indicators"]:
        measures = survey["measures"] | indicator.get("measures", {})
        where = [text for text in (survey.get("where"), indicator.get("where")) if text]
        those = [one for one in here if all(holds(text, one) for text in where)]
        for column in declared.cards[name]["columns"]:
            facts[name, indicator["code"], column["code"]] = NONE
        for column, measure in measures.items():
            formula = indicator.get("values", {}).get(column, indicator["value"])
            found = _measure(measure, formula, indicator.get("per"), those)
            if found is not None:
                facts[name, indicator["code"], column] = found
    return facts


def _measure(measure: str, formula: str, per: str | None, those: list[Respondent]) -> Fact | None:
    pairs = [(amount(formula, one), amount(per, one) if per else 1.0) for one in those]
    given = [(value, weight) for value, weight in pairs if value is not None and weight is not None]
    if measure == "count_expressed":
        return exact(len(given))
    if measure == "count_positive":
        return exact(sum(value > 0 for value, _ in given))
    if not given or measure == "none":
        return NONE
    values, weights = sum(value for value, _ in given), sum(weight for _, weight in given)
    if measure == "sum":
        return exact(values)
    if measure == "ratio":
        return NONE if not per or len(given) < LEAST_BASE else share(exact(values), exact(weights))
    if measure == "mean":
        return exact(values / len(given))
    if measure == "weighted_mean" and weights:
        return exact(sum(value * weight for value, weight in given) / weights)
    return None


KINDS = {"choices": _choices, "expression": _expression, "cross": _cross, "numbers": _numbers}
