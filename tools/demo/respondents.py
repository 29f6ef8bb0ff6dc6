"""Survey answers by exact quotas and integer sums: who answers, then the recipe's steps in order."""

from __future__ import annotations

from random import Random
from typing import Any

from .establishment import Establishment
from .recipe import Recipe, impossible, read_rows
from .respondent import Respondent
from .survey_steps import STEPS


def build_answers(recipe: Recipe, kept: list[Establishment]) -> list[Respondent]:
    """The respondents with their answers, in the order of their number."""
    rng = recipe.rng("survey")
    people = _identify(recipe, _select(recipe, kept, rng), rng)
    for number, step in enumerate(recipe.survey["steps"]):
        STEPS[step["kind"]](step, people, recipe.rng(f"survey step {number}"))
    return people


def _select(recipe: Recipe, kept: list[Establishment], rng: Random) -> list[Establishment]:
    """Establishments that fill the quotas by band and by profile together (drawn until both are met)."""
    plan = recipe.survey["respondents"]
    sirets = {row["siret"] for row in recipe.rows("named_decisions.csv")}
    pool = [unit for unit in kept if unit.band not in plan["excluded_bands"] and unit.siret not in sirets]
    for _ in range(2000):
        bands, profiles = dict(plan["bands"]), dict(plan["profiles"])
        rng.shuffle(pool)
        chosen = []
        # Rare bands first: they have the fewest candidates.
        for unit in sorted(pool, key=lambda one: plan["bands"].get(one.band, 0)):
            if bands.get(unit.band, 0) and profiles.get(unit.profile, 0):
                bands[unit.band] -= 1
                profiles[unit.profile] -= 1
                chosen.append(unit)
        if len(chosen) == plan["count"]:
            rng.shuffle(chosen)
            return chosen
    raise impossible("Les quotas de répondants par tranche et par profil ne peuvent être tenus ensemble")


def _identify(recipe: Recipe, chosen: list[Establishment], rng: Random) -> list[Respondent]:
    """Respondents with the answers that identify them, taken from the register."""
    plan = recipe.survey["identity"]
    bands = {row["code"]: row for row in recipe.rows("bands.csv")}
    families = {
        row["code"]: row["family"] for row in read_rows(recipe.root / recipe.config["paths"]["families"])
    }
    silent = set(rng.sample(range(len(chosen)), plan["naf_missing"]))
    people = []
    for index, unit in enumerate(chosen):
        facts = {
            "band": unit.band,
            "band_min": int(bands[unit.band]["low"]),
            "band_max": int(bands[unit.band]["high"]),
            "naf": unit.naf,
        }
        answers: dict[str, Any] = {
            plan["name"]: unit.name,
            plan["siret"]: unit.siret,
            plan["commune"]: unit.commune,
            plan["status"]: plan["status_of_family"][families[unit.legal]],
            plan["profile"]: [unit.profile],
        }
        if index not in silent:
            answers[plan["naf"]] = unit.naf
        person = Respondent(index + 1, facts, answers)
        if unit.profile == "other":
            person.others[plan["profile"]] = rng.choice(plan["other_profiles"])
        people.append(person)
    return people
