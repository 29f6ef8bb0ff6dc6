"""How well answers without a SIRET are linked to the register: precision and recall on labelled synthetic sets.

The first set (2 000 names, 60 answers) lies beside the checkout and is left out where it is not there; the second is made
here, with a fixed seed: other words, other errors, so that thresholds are not judged on the set they were chosen on.
"""

from __future__ import annotations

import csv
import random
import time
from pathlib import Path
from typing import Any

from ess_observatory.survey.linkage import link
from ess_observatory.survey.linkage_files import Rules, load_rules
from ess_observatory.survey.resemblance import Known

ROOT = Path(__file__).resolve().parents[1]
METHODS = ROOT.parent / "shared" / "data" / "methods"
KINDS = [
    "Crèche", "Centre social", "Chorale", "Club de judo", "École de musique", "Jardin d’insertion", "Foyer de vie",
    "Maison de quartier", "Ressourcerie", "Théâtre", "Aide à domicile", "Ludothèque", "Atelier chantier", "Harmonie",
    "Office culturel", "Radio locale", "Union sportive", "Mutuelle", "Société coopérative", "Comité d’animation",
]  # fmt: skip
NAMES = [
    "Arc-en-Ciel", "Les Tournesols", "La Passerelle", "Bel Air", "Les Hirondelles", "Le Moulin", "Terre Neuve", "Jean Moulin",
    "Louise Michel", "Les Quatre Vents", "La Ruche", "Saint-Exupéry", "Les Glycines", "Le Relais", "Solidarité", "Horizons",
    "La Fontaine", "Les Peupliers", "Nouvel Élan", "Le Lien", "Pasteur", "Les Bleuets", "La Grange", "Accueil", "Coup de Pouce",
]  # fmt: skip
PLACES = [
    "Villeneuve-sur-Aure", "Saint-Martin-le-Vieux", "Montbrun", "Le Quesnel", "Beaurieux", "Aubigny", "Roches-sur-Helle",
    "Sainte-Marie-du-Bois", "Fontaine-au-Pire", "Grandcourt", "Hauteville", "Marly-le-Grand", "Nouvion", "Ors", "Poix",
]  # fmt: skip
LEGAL = ["", "", "Association ", "Assoc. ", "ASS ", "SCIC ", "SCOP "]


def run() -> list[dict[str, Any]]:
    """Measures as rows: name, value, seconds."""
    rules = load_rules(ROOT / "pipelines" / "survey" / "linkage.toml")
    rows = measure("linkage.generated", *generated(), rules)
    if (METHODS / "link_register.csv").is_file():
        rows = measure("linkage.sixty", *labelled(), rules) + rows
    return rows


def measure(
    name: str, respondents: list[Known], truth: dict[str, str], register: list[Known], rules: Rules
) -> list[dict[str, Any]]:
    """Precision and recall of what is taken without asking, and how often the file for the analyst has the answer."""
    began = time.perf_counter()
    linkage = link(respondents, {}, register, rules, {})
    seconds = round(time.perf_counter() - began, 3)
    right = sum(truth[respondent] == siret for respondent, (siret, _, _) in linkage.links.items())
    present = [respondent.id for respondent in respondents if truth[respondent.id]]
    offered = sum(
        truth[r] in [c.siret for c in linkage.doubtful[r][1]]
        if r in linkage.doubtful
        else truth[r] == linkage.links[r][0]
        for r in present
    )
    values = {
        "precision_taken": round(right / len(linkage.links), 4) if linkage.links else None,
        "recall_taken": round(right / len(present), 4),
        "recall_with_review": round(offered / len(present), 4),
        "to_review": len(linkage.doubtful),
    }
    return [{"name": f"{name}.{key}", "value": value, "seconds": seconds} for key, value in values.items()]


def labelled() -> tuple[list[Known], dict[str, str], list[Known]]:
    """The set of sixty answers against two thousand names."""
    register = [Known(r["id"], (r["name"],), r["commune"], r["cp"]) for r in _read("link_register.csv")]
    answers = _read("link_survey.csv")
    respondents = [Known(r["sid"], (r["name"],), r["commune"], r["cp"] or None) for r in answers]
    return respondents, {r["sid"]: r["truth"] for r in answers}, register


def generated(
    size: int = 1500, answers: int = 300, seed: int = 20120501
) -> tuple[list[Known], dict[str, str], list[Known]]:
    """A register full of namesakes, and answers with the errors people make; a quarter is not in the register."""
    chance = random.Random(seed)
    register: list[Known] = []
    seen: set[tuple[str, str]] = set()
    while len(register) < size + answers // 4:
        name, place = f"{chance.choice(KINDS)} {chance.choice(NAMES)}", chance.choice(PLACES)
        if chance.random() < 0.25:
            name += f" {chance.choice(NAMES)}"
        if (name, place) not in seen:
            seen.add((name, place))
            postcode = f"02{PLACES.index(place):02d}0"
            register.append(Known(f"{len(register):014d}", (chance.choice(LEGAL) + name,), place, postcode))
    absent, kept = register[size:], register[:size]
    chosen = chance.sample(kept, answers - len(absent)) + absent
    respondents, truth = [], {}
    for number, establishment in enumerate(chosen):
        key = f"r{number:03d}"
        truth[key] = establishment.id if number < answers - len(absent) else ""
        place = _mistype(chance, establishment.commune or "", 0.15)
        postcode = establishment.postcode if chance.random() < 0.8 else None
        respondents.append(Known(key, (_answer(chance, establishment),), place, postcode))
    return respondents, truth, kept


def _answer(chance: random.Random, establishment: Known) -> str:
    """A name as a respondent would give it: case, legal word, place, order of words, letters."""
    name = establishment.names[0]
    for legal in LEGAL[2:]:
        if name.startswith(legal) and chance.random() < 0.6:
            name = name[len(legal) :]
    if chance.random() < 0.15:
        name += f" de {establishment.commune}"
    if chance.random() < 0.1:
        words = name.split()
        chance.shuffle(words)
        name = " ".join(words)
    name = _mistype(chance, name, 0.35)
    return chance.choice([name, name.upper(), name.lower()])


def _mistype(chance: random.Random, text: str, risk: float) -> str:
    """One letter dropped, doubled or swapped, with a given risk (twice, more rarely)."""
    while chance.random() < risk and len(text) > 4:
        at, kind = chance.randrange(1, len(text) - 1), chance.randrange(3)
        swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        text = [text[:at] + text[at + 1 :], text[:at] + text[at] + text[at:], swapped][kind]
        risk /= 2
    return text


def _read(name: str) -> list[dict[str, str]]:
    with (METHODS / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


if __name__ == "__main__":
    for row in run():
        print(f"{row['name']:<40} {row['value']!s:>8} {row['seconds']:>8} s")
