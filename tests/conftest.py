"""Shared fixtures: the project, its reference edition built once, and the real files kept beside the checkout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from ess_observatory.declare.project import Project
from ess_observatory.engine.database import Database
from ess_observatory.engine.outputs import Outputs
from ess_observatory.recipe.runner import Outcome, run

# The same examples at every run: a failure can be replayed, and a green suite stays green. `--hypothesis-seed` explores.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"
REFERENCE = "sambre-avesnois-2011"
TODAY = "sambre-avesnois-2026"


@pytest.fixture(scope="session")
def project() -> Project:
    """The declared project."""
    return Project.load(ROOT)


@pytest.fixture(scope="session")
def reference_raw() -> Path:
    """The committed raw files of the reference edition."""
    return ROOT / "data" / "raw" / REFERENCE


@pytest.fixture(scope="session")
def reference_outcome(
    project: Project, reference_raw: Path, tmp_path_factory: pytest.TempPathFactory
) -> Outcome:
    """The reference edition, run whole, once a session."""
    outputs = Outputs.of(project.root, REFERENCE, tmp_path_factory.mktemp("reference"))
    return run(project, project.edition(REFERENCE), reference_raw, outputs)


@pytest.fixture(scope="session")
def reference_build(reference_outcome: Outcome) -> Outputs:
    """Where the reference edition was built."""
    return reference_outcome.outputs


@pytest.fixture(scope="session")
def today_build(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Outputs:
    """The 2026 edition of the reference territory, run up to its publication, once a session."""
    edition = project.edition(TODAY)
    outputs = Outputs.of(project.root, edition.id, tmp_path_factory.mktemp("today"))
    run(project, edition, ROOT / "data" / "raw" / edition.id, outputs, "publish")
    return outputs


@pytest.fixture
def reference_db(reference_build: Outputs):
    """The database of the reference edition, read only."""
    with Database(reference_build.database, read_only=True) as db:
        yield db


@pytest.fixture
def run_edition(project: Project, tmp_path: Path) -> Callable[..., Outcome]:
    """Run an edition on some raw folder into a fresh place."""

    def runner(raw: Path, edition: str = REFERENCE, until: str = "publish") -> Outcome:
        loaded = project.edition(edition)
        return run(project, loaded, raw, Outputs.of(project.root, loaded.id, tmp_path / "out"), until)

    return runner


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real files of the field, kept beside the checkout and never committed; skip where they are not."""
    if not SHARED.is_dir():
        pytest.skip("no real files beside this checkout")
    return SHARED


@pytest.fixture(autouse=True)
def _no_terminal_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("ESS_ROOT", raising=False)
