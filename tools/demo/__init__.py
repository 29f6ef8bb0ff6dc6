"""The synthetic reference edition: raw files in each provider's layout, calibrated to published figures.

Everything specific (targets, file names, titles, headers, counts, name parts, noise) is read from the recipe
folder `pipelines/demo/<edition>/`. Only raw files come out: the pipeline then reads them like any other data.
"""

from __future__ import annotations

from pathlib import Path

from . import companies, counts, respondents, survey_files, tables, today
from .recipe import load_recipe


def write_demo(root: Path, edition: str, out: Path, seed: int | None = None) -> list[Path]:
    """Write the raw files of the synthetic `edition` under `out`: same recipe and seed, same bytes.

    Args:
        root: folder of the project (the one that holds `pipelines/`).
        edition: name of a folder of `pipelines/demo/`.
        out: folder that receives one folder a source; created when absent, files of the same name replaced.
        seed: replaces the recipe's seed (the calibrated margins do not depend on it).

    Returns:
        The paths written, sorted.

    Raises:
        ObservatoryError: the recipe is absent, or its targets cannot be met together.
    """
    folder = root / "pipelines" / "demo" / edition
    if today.is_today(folder):
        return today.write_today(root, folder, out, seed)
    recipe = load_recipe(root, edition, seed)
    register = companies.build_register(recipe)
    answers = respondents.build_answers(recipe, register.kept)
    written = [
        companies.write_register(recipe, register, out),
        *counts.write_counts(recipe, register.kept, out),
        *survey_files.write_answers(recipe, answers, out),
        *tables.write_tables(recipe, out),
    ]
    return sorted(written)
