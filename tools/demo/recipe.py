"""The recipe of a synthetic edition: `recipe.toml`, `survey.toml` and the CSV files beside them."""

from __future__ import annotations

import csv
import datetime as dt
import tomllib
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from ess_observatory.errors import Exit, ObservatoryError


@dataclass(frozen=True)
class Commune:
    """A commune of the territory, with what the recipe says of it."""

    code: str
    name: str
    postcode: str
    population: int
    establishments: int
    job_weight: int


@dataclass(frozen=True)
class Recipe:
    """Everything the generator needs, read once; `rng(topic)` gives each topic its own reproducible draws."""

    root: Path
    folder: Path
    config: dict[str, Any]
    survey: dict[str, Any]
    codebook: dict[str, Any]
    seed: int
    communes: tuple[Commune, ...]
    naf_labels: dict[str, str]
    legal_labels: dict[str, str]
    commune_names: dict[str, str]

    @property
    def created(self) -> dt.datetime:
        """The date written in the workbooks: fixed, so that files do not depend on the clock."""
        day: dt.date = self.config["created"]
        return dt.datetime(day.year, day.month, day.day)

    def rng(self, topic: str) -> Random:
        """A generator of its own for each topic: a change in one file leaves the others as they are."""
        return Random(f"{self.seed}:{topic}")

    def preference(self, profile: str, place: Commune) -> float:
        """How much an activity of that place profile prefers a commune of that population."""
        factors = self.config["place_profiles"][profile]
        pairs = zip(factors["population_from"], factors["factor"], strict=True)
        return next(float(factor) for floor, factor in pairs if place.population >= floor)

    def rows(self, name: str) -> list[dict[str, str]]:
        """The rows of a CSV file of the recipe folder."""
        return read_rows(self.folder / name)


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a UTF-8 CSV file, as text."""
    if not path.exists():
        raise ObservatoryError(
            "RECETTE_FICHIER",
            f"Fichier de la recette introuvable : {path.name}",
            where=str(path),
            fix="Restaurer ce fichier ou corriger son chemin dans recipe.toml.",
            exit_code=Exit.MISSING,
        )
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def impossible(what: str, fix: str = "Corriger les effectifs de la recette.") -> ObservatoryError:
    """The error of targets that cannot be met together."""
    return ObservatoryError("RECETTE_IMPOSSIBLE", what, fix=fix)


def load_recipe(root: Path, edition: str, seed: int | None = None) -> Recipe:
    """Read the recipe folder of `edition` and the nomenclatures it points to."""
    import yaml

    folder = root / "pipelines" / "demo" / edition
    if not (folder / "recipe.toml").exists():
        known = sorted(path.parent.name for path in folder.parent.glob("*/recipe.toml"))
        raise ObservatoryError(
            "RECETTE_ABSENTE",
            f"Aucune recette d’édition synthétique nommée « {edition} »",
            where=str(folder),
            fix=f"Recettes disponibles : {', '.join(known) or 'aucune'}.",
            exit_code=Exit.MISSING,
        )
    config = tomllib.loads((folder / "recipe.toml").read_text(encoding="utf-8"))
    survey = tomllib.loads((folder / "survey.toml").read_text(encoding="utf-8"))
    paths = {key: root / value for key, value in config["paths"].items()}
    chosen = {row["code"]: row for row in read_rows(folder / "communes.csv")}
    communes = tuple(
        Commune(
            code=row["code"],
            name=row["name"],
            postcode=chosen[row["code"]]["postcode"],
            population=int(row["population"]),
            establishments=int(chosen[row["code"]]["establishments"]),
            job_weight=int(chosen[row["code"]]["job_weight"]),
        )
        for row in read_rows(paths["territory_communes"])
    )
    return Recipe(
        root=root,
        folder=folder,
        config=config,
        survey=survey,
        codebook=yaml.safe_load(paths["codebook"].read_text(encoding="utf-8")),
        seed=config["seed"] if seed is None else seed,
        communes=communes,
        naf_labels={row["naf"]: row["label"] for row in read_rows(paths["naf"])} | config["extra_naf_labels"],
        legal_labels={row["code"]: row["label"] for row in read_rows(paths["legal_categories"])},
        commune_names={row["code"]: row["name"] for row in read_rows(paths["communes"])},
    )
