"""Every query of the project made once on no data at all: what the engine would refuse is told before any file is read."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from ess_observatory.codebook.codebook import load_codebook
from ess_observatory.declare.project import Edition, Project
from ess_observatory.engine.database import Database
from ess_observatory.quality.declared import rehearse_cross_checks
from ess_observatory.read import load
from ess_observatory.recipe.replay import decided_cases
from ess_observatory.recipe.rules import load_rules
from ess_observatory.recipe.steps import make_core, models_of, read_survey, stage_all
from ess_observatory.survey.estimation.apply import estimate


def rehearse(project: Project, edition: Edition) -> int:
    """Make every SQL table of an edition on empty files; returns how many. Raises what the engine says of a query (E409…)."""
    models = models_of(project)
    with TemporaryDirectory(prefix="ess-") as folder, Database(Path(folder) / "rehearsal.duckdb") as db:
        db.lock(Path(folder), *project.nomenclatures.values())
        load_rules(db, project, edition, set())
        load.create_books(db)
        for spec in project.sources.values():
            if spec.kind == "survey":
                read_survey(db, project, spec, [])
            else:
                load.load_source(db, spec, [])
        stage_all(db, project, models)
        make_core(db, models, decided_cases(project))
        if project.questionnaire.is_file():
            estimate(db, load_codebook(project.questionnaire), project.questionnaire.parent, Path(folder))
        for model in models:
            if model.layer == "marts":
                db.make(model)
        rehearse_cross_checks(db, project)
    return len(models)
