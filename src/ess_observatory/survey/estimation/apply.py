"""The survey meets the register: who is of the territory, links, then weights. What the build calls once the core tables are there."""

from __future__ import annotations

from pathlib import Path

from ess_observatory.codebook.questions import Codebook
from ess_observatory.engine.database import Database, declared_in
from ess_observatory.survey.estimation.settings import load_settings
from ess_observatory.survey.estimation.weights import Weighting, build_weights
from ess_observatory.survey.linkage import link_survey
from ess_observatory.survey.linkage_files import load_rules
from ess_observatory.survey.territory import keep_to_territory


def estimate(db: Database, codebook: Codebook, folder: Path, quality: Path) -> tuple[Weighting, int]:
    """Who counts in the territory, links and weights, from the declarations of `folder`; doubtful links go to a file in `quality`.

    Returns what `survey_cells` needs as `params["weighting"]`, and the number of answers left to the analyst.
    """
    linking, extending = folder / "linkage.toml", folder / "estimation.toml"
    with declared_in(str(linking)):  # a register, a frame or a column that is not what these files say
        keep_to_territory(db, codebook, linking)
        linkage = link_survey(db, codebook, load_rules(linking), folder / "linkage_decisions.csv", quality)
    with declared_in(str(extending)):
        return build_weights(db, load_settings(extending)), len(linkage.doubtful)
