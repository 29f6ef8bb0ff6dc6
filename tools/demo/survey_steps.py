"""The kinds of steps of a survey recipe. Each fills a question and never replaces a given answer."""

from __future__ import annotations

from collections.abc import Callable
from math import fsum
from random import Random
from typing import Any

from ess_observatory.codebook.evaluation import evaluate
from ess_observatory.codebook.expressions import parse

from .calibrate import allocate
from .recipe import impossible
from .respondent import Respondent

Step = dict[str, Any]


def _holds(where: str | None, one: Respondent) -> bool:
    """Whether a condition is known to hold for one respondent; no condition always holds."""
    return where is None or evaluate(parse(where), one.given) is True


def _number(text: str, one: Respondent) -> float:
    value = evaluate(parse(text, is_sum=True), one.given, strict=True)
    if value is None:
        raise impossible(f"Expression sans valeur pour un répondant : {text}")
    return float(value)


def _values(bounds: str | list[str], one: Respondent) -> list[float]:
    """The values of a bound that is given once, or several times."""
    return [_number(bound, one) for bound in ([bounds] if isinstance(bounds, str) else bounds)]


def _free(people: list[Respondent], question: str, where: str | None) -> list[Respondent]:
    """Those concerned who have not answered the question yet."""
    return [one for one in people if question not in one.answers and _holds(where, one)]


def _draw(candidates: list[Respondent], count: int, rng: Random, question: str) -> list[Respondent]:
    if len(candidates) < count:
        raise impossible(f"{question} : {count} réponses demandées, {len(candidates)} répondants concernés")
    return rng.sample(candidates, count)


def pick(step: Step, people: list[Respondent], rng: Random) -> None:
    """Give each value of `counts` to exactly that many respondents; as a number when `numbers` is set."""
    question, others = step["question"], list(step.get("others", []))
    for value, count in step["counts"].items():
        for one in _draw(_free(people, question, step.get("where")), count, rng, question):
            one.answers[question] = int(value) if step.get("numbers") else value
            if value == "other":
                one.others[question] = others.pop(0)


def tick(step: Step, people: list[Respondent], rng: Random) -> None:
    """Several choices: `expressed` respondents tick at least one, each choice has exactly its count.

    `alone` says how many of those who tick a choice tick nothing else.
    """
    question, others = step["question"], list(step.get("others", []))
    chosen = _draw(_free(people, question, step.get("where")), step["expressed"], rng, question)
    ticks: dict[int, list[str]] = {one.number: [] for one in chosen}
    alone: dict[str, int] = step.get("alone", {})
    closed: set[int] = set()
    later = sum(step["counts"].values())
    for choice, count in step["counts"].items():
        later -= count
        order = [one.number for one in chosen if one.number not in closed]
        rng.shuffle(order)
        needy = [
            number
            for number in order
            if not ticks[number] or (len(ticks[number]) == 1 and ticks[number][0] in alone)
        ]
        # Enough of those who still need a choice are served now for the next choices to serve the others.
        first = needy[: min(count, max(0, len(needy) - later // 2))]
        takers = (first + [number for number in order if number not in first])[:count]
        if len(takers) < count:
            raise impossible(f"{question} : trop de citations de « {choice} »")
        for number in takers:
            ticks[number].append(choice)
        closed.update(takers[: alone.get(choice, 0)])
    for one in chosen:
        if not ticks[one.number]:
            raise impossible(f"{question} : pas assez de citations pour {step['expressed']} répondants")
        one.answers[question] = ticks[one.number]
        if "other" in ticks[one.number]:
            one.others[question] = others.pop(0)
    for code, count in step.get("nonresponse", {}).items():
        for one in _draw(_free(people, question, step.get("where")), count, rng, question):
            one.answers[question] = code


def share(step: Step, people: list[Respondent], rng: Random) -> None:
    """Integers (or tenths with `scale`) whose sum is exactly `total`, within each respondent's bounds.

    `groups` chooses respondents by quotas (`n`), or fixes a group's total as a `part` of another sum.
    """
    question, scale = step["question"], step.get("scale", 1)
    chosen = _chosen(step, people, rng)
    members: list[tuple[int, list[Respondent]]] = [(step["total"] * scale, chosen)]
    if any("part" in group or not group.get("n") for group in step.get("groups", [])):
        members = _group_totals(step, chosen, scale)
    for total, group in members:
        low = [_ceiling(scale * max(_values(step["low"], one))) for one in group]
        high = [int(scale * min(_values(step["high"], one))) for one in group]
        weights = [_weight(step, one, rng) for one in group]
        for one, value in zip(group, allocate(total, weights, low, high, question), strict=True):
            one.answers[question] = value if scale == 1 else _plain(value / scale)


def _chosen(step: Step, people: list[Respondent], rng: Random) -> list[Respondent]:
    free = _free(people, step["question"], step.get("where"))
    if "positive" in step:
        chosen = _draw(free, step["positive"], rng, step["question"])
    elif "n" in step:
        skipped = step["skip_first"]
        out = _draw(
            [one for one in free if _holds(skipped["where"], one)], skipped["n"], rng, step["question"]
        )
        chosen = [one for one in free if one not in out]
        if len(chosen) != step["n"]:
            raise impossible(f"{step['question']} : {len(chosen)} répondants au lieu de {step['n']}")
    elif any("n" in group for group in step.get("groups", [])):
        chosen = []
        for group in step["groups"]:
            left = [one for one in free if one not in chosen and _holds(group["where"], one)]
            chosen += _draw(left, group["n"], rng, step["question"])
    else:
        chosen = free
    return sorted(chosen, key=lambda one: one.number)


def _group_totals(step: Step, chosen: list[Respondent], scale: int) -> list[tuple[int, list[Respondent]]]:
    left, remaining = list(chosen), step["total"] * scale
    members = []
    for group in step["groups"]:
        inside = [one for one in left if _holds(group["where"], one)]
        left = [one for one in left if one not in inside]
        total = remaining
        if "part" in group:
            total = int(group["part"] * scale * sum(one.answers[group["of"]] for one in inside) + 0.5)
        remaining -= total
        members.append((total, inside))
    return members


def _weight(step: Step, one: Respondent, rng: Random) -> float:
    spread = step.get("spread", 0.3)
    weight: float = _number(step["weight"], one) * (1.0 - spread + 2.0 * spread * rng.random())
    for boost in step.get("boosts", []):
        if _holds(boost["where"], one):
            weight *= float(boost["factor"])
    return weight


def _ceiling(value: float) -> int:
    return -int(-value // 1)


def _plain(value: float) -> float | int:
    return int(value) if value == int(value) else value


def average(step: Step, people: list[Respondent], rng: Random) -> None:
    """Values whose weighted mean is `target` up to rounding to one decimal."""
    chosen = _free(people, step["question"], step["where"])
    weights = [_number(step["weight"], one) for one in chosen]
    values = [step["target"] + step["around"] * (2.0 * rng.random() - 1.0) for _ in chosen]
    mean = fsum(w * v for w, v in zip(weights, values, strict=True)) / fsum(weights)
    shift = step["target"] - mean
    for one, value in zip(chosen, values, strict=True):
        bounded = min(step["high"], max(step["low"], value + shift))
        one.answers[step["question"]] = _plain(int(bounded * 10 + 0.5) / 10)


def scale(step: Step, people: list[Respondent], rng: Random) -> None:
    """Amounts proportional to a size, between two rates, rounded."""
    question, unit = step["question"], step["round"]
    low, high = step["rates"]
    for one in _draw(_free(people, question, step.get("where")), step["n"], rng, question):
        amount = _number(step["per"], one) * (low + (high - low) * rng.random())
        one.answers[question] = max(unit, int(amount / unit + 0.5) * unit)


def parts(step: Step, people: list[Respondent], rng: Random) -> None:
    """The parts of an amount: percentages of a pattern, apart from `extra`, whose amount is given."""
    whole, unit = step["whole"], step["round"]
    for group in step["groups"]:
        where = f"{whole} > 0 and ({group['where']})"
        for one in _draw(_free(people, step["extra"], where), group["n"], rng, whole):
            rest = one.answers[whole] - group["extra"]
            one.answers[step["extra"]] = group["extra"]
            for question, percent in zip(step["questions"], rng.choice(group["patterns"]), strict=True):
                one.answers[question] = int(rest * percent / 100 / unit) * unit


def split(step: Step, people: list[Respondent], rng: Random) -> None:
    """Percentages that sum to 100, one pattern a respondent."""
    first = step["questions"][0]
    chosen = _draw(_free(people, first, step["where"]), step["n"], rng, first)
    for one, pattern in zip(chosen, step["patterns"], strict=True):
        one.answers.update(zip(step["questions"], pattern, strict=True))


def text(step: Step, people: list[Respondent], rng: Random) -> None:
    """One free text a respondent, each text once."""
    chosen = _draw(
        _free(people, step["question"], step.get("where")), len(step["texts"]), rng, step["question"]
    )
    for one, words in zip(chosen, step["texts"], strict=True):
        one.answers[step["question"]] = words


STEPS: dict[str, Callable[[Step, list[Respondent], Random], None]] = {
    "pick": pick,
    "tick": tick,
    "share": share,
    "average": average,
    "scale": scale,
    "parts": parts,
    "split": split,
    "text": text,
}
