"""The survey: as many respondents as are drawn, whose tastes are shuffled at each edition, some of them from elsewhere."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

from random_editions.files import write_csv
from random_editions.firms import Site, Unit
from random_editions.places import Place

YES, NO = "Oui", "Non"
UNSAID = {"nsp": "Ne sait pas", "refus": "Ne souhaite pas communiquer", "sans_objet": "Sans objet"}
Question = dict[str, Any]


def questions_of(questionnaire: Path) -> list[Question]:
    """The questions of the codebook, in order."""
    return _questions(questionnaire.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _questions(text: str) -> list[Question]:
    codebook = yaml.load(text, Loader=yaml.CSafeLoader)
    return [question for section in codebook["sections"] for question in section["questions"]]


def write_answers(
    rng: Random, out: Path, questionnaire: Path, place: Place, units: list[Unit], count: int, day: dt.date
) -> None:
    """An export of the form: a column a question or a choice, a line a respondent."""
    questions = questions_of(questionnaire)
    taste = {
        (question["code"], choice["code"]): rng.random() ** 2
        for question in questions
        for choice in question.get("choices", [])
    }
    header = [
        "ID de la réponse",
        "Date de soumission",
        *(column for q in questions for column in _columns(q)),
    ]
    sites = [site for unit in units for site in unit.sites]
    rng.shuffle(sites)
    rows = []
    for rank in range(count):
        site = sites[rank] if rank < len(sites) and rng.random() < 0.85 else None
        answers = _respondent(rng, questions, taste, place, site, rank)
        rows.append([rank + 1, f"{day:%d/%m/%Y}", *(answers.get(column) for column in header[2:])])
    write_csv(out / "enquete" / "export_enquete.csv", header, rows)


def _columns(question: Question) -> list[str]:
    code = question["code"]
    if question["type"] == "select_multiple":
        choices = [f"{code}[{choice['code']}]" for choice in question["choices"]]
        choices += [f"{code}[other]"] if question.get("other") else []
        return choices + ([f"{code}[nonresponse]"] if question.get("nonresponse") else [])
    return [code, f"{code}[other]"] if question.get("other") else [code]


def _respondent(
    rng: Random,
    questions: list[Question],
    taste: dict[tuple[str, str], float],
    place: Place,
    site: Site | None,
    rank: int,
) -> dict[str, object]:
    """The cells that a respondent fills in, in the limits that the form sets."""
    commune = (
        site.commune
        if site
        else rng.choice(place.around if place.around and rng.random() < 0.4 else place.communes)
    )
    cells: dict[str, object] = {
        "A01": site.unit.name if site else f"STRUCTURE INVENTÉE {rank}",
        "A02": site.siret if site else None,
        "A03": commune["code"],
    }
    said: dict[str, set[str]] = {}
    for question in questions:
        code, kind = question["code"], question["type"]
        if kind in ("select_one", "likert", "select_multiple") and _is_asked(question, said):
            said[code] = _choose(rng, question, taste)
            cells |= _written(question, said[code])
    cells |= _numbers(rng, said)
    return cells


def _is_asked(question: Question, said: dict[str, set[str]]) -> bool:
    """Whether the filter of a choice question lets it be asked: `X = 'a'`, or several of these joined by « or »."""
    filters = [
        part.replace(" ", "").split("=") for part in question.get("relevant", "").split(" or ") if part
    ]
    return not filters or any(wanted.strip("'") in said.get(code, set()) for code, wanted in filters)


def _choose(rng: Random, question: Question, taste: dict[tuple[str, str], float]) -> set[str]:
    code, choices = question["code"], [choice["code"] for choice in question["choices"]]
    draw = rng.random()
    if draw < 0.08:
        return set()
    if draw < 0.16 and question.get("nonresponse"):
        return {rng.choice(question["nonresponse"])}
    if question["type"] != "select_multiple":
        return {rng.choices(choices, [taste[code, choice] + 0.02 for choice in choices])[0]}
    alone = set(question.get("exclusive", []))
    chosen = {choice for choice in choices if choice not in alone and rng.random() < taste[code, choice]}
    return chosen or ({rng.choice(sorted(alone))} if alone else set())


def _written(question: Question, chosen: set[str]) -> dict[str, object]:
    code = question["code"]
    labels = UNSAID | {choice["code"]: choice["label_fr"] for choice in question["choices"]}
    if not chosen:
        return {}
    if question["type"] != "select_multiple":
        return {code: labels[min(chosen)]}
    if unsaid := chosen & set(question.get("nonresponse", [])):
        return {f"{code}[nonresponse]": labels[min(unsaid)]}
    return {f"{code}[{choice}]": YES for choice in chosen}


def _numbers(rng: Random, said: dict[str, set[str]]) -> dict[str, object]:
    """Posts, sales and resources that agree with each other; half of the respondents leave some out."""
    cells: dict[str, object] = {}
    if "oui" in said.get("C01", set()) and rng.random() < 0.8:
        cuts = sorted(rng.sample(range(101), 3))
        shares = [cuts[0], cuts[1] - cuts[0], cuts[2] - cuts[1], 100 - cuts[2]]
        cells |= dict(zip(("C02a", "C02b", "C02c", "C02d"), shares, strict=True))
    if rng.random() < 0.6:
        parts = [rng.choice([0, 0, rng.randrange(1000, 90000)]) for _ in range(6)]
        cells["F02"] = sum(parts) + rng.choice([0, 5000]) or 1000
        if rng.random() < 0.7:
            cells |= dict(zip((f"F03{letter}" for letter in "abcdef"), parts, strict=True))
    elif rng.random() < 0.3:
        cells["F02"] = UNSAID["refus"]
    if rng.random() < 0.8:
        posts = rng.choice([1, 2, 3, 5, 8, 20, 60])
        cells["H01"] = posts
        if rng.random() < 0.8:
            cells["H02"] = round(posts * rng.uniform(0.4, 1), 1)
        permanent = rng.randint(0, posts)
        fixed = rng.randint(0, posts - permanent)
        subsidised = rng.randint(0, permanent)
        more = {"H04a": permanent, "H04b": fixed, "H04c": posts - permanent - fixed, "H05a": subsidised,
                "H05b": subsidised, "H06": rng.randint(25, 58), "H08": rng.randint(0, posts), "H09": rng.randint(0, posts),
                "H11": rng.randint(0, posts), "H12": rng.randint(0, posts)}  # fmt: skip
        cells |= {code: value for code, value in more.items() if rng.random() < 0.85}
        if not {"H04a", "H05a"} <= cells.keys():
            cells.pop("H05b", None)
    if rng.random() < 0.7:
        cells["H03"] = rng.choice([0, 4, 10, 40])
        cells["H07"] = rng.randint(30, 75)
    for code in ("H10a", "H10b"):
        if rng.random() < 0.6:
            cells[code] = rng.choice([0, 1, 3])
    return cells
