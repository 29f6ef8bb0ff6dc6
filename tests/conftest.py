"""Shared fixtures: the project, its reference edition built once, and the real files kept beside the checkout."""

from __future__ import annotations

import fcntl
import gc
import os
import pickle
import subprocess
import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from hypothesis import settings

from ess_observatory.declare.project import Project
from ess_observatory.engine.database import Database
from ess_observatory.engine.outputs import Outputs
from ess_observatory.quality import gate
from ess_observatory.recipe.runner import Outcome, run
from warm_judge import Judge

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"
REFERENCE = "sambre-avesnois-2011"
TODAY = "sambre-avesnois-2026"

#: Folders of the tests, by what a test needs (see CONTRIBUTING).
ROOMS = ("unit", "read", "built", "browser", "slow")
InTurn = Callable[[str], AbstractContextManager[Path]]


# The same examples at every run: a failure can be replayed, and a green suite stays green. `--hypothesis-seed` explores.
settings.register_profile("some", derandomize=True, deadline=None, max_examples=10)
settings.register_profile("thorough", derandomize=True, deadline=None, max_examples=200)


def some_of(cases: Iterable[Any]) -> list[Any]:
    """Cases of a parameter, of which the first stands for all where time is short: the others are marked slow."""
    first, *others = cases
    return [first, *map(_slow, others)]


def one_in(step: int, cases: Iterable[Any]) -> list[Any]:
    """Cases of a parameter, of which one in so many is tried where time is short: the others are marked slow."""
    return [_slow(case) if rank % step else case for rank, case in enumerate(cases)]


def _slow(case: Any) -> Any:
    values = case if isinstance(case, tuple) else (case,)
    return pytest.param(*values, marks=pytest.mark.slow)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--thorough",
        action="store_true",
        help="more random examples, more kills: what « make test-all » runs",
    )
    parser.addoption("--seeds", help="random editions to try, as 12 or 12-40, instead of those of each share")


def pytest_configure(config: pytest.Config) -> None:
    gc.set_threshold(100_000, 50)  # as the command line does
    settings.load_profile("thorough" if config.getoption("--thorough") else "some")


#: The random editions that the four shares try where time is short, quick ones of every kind of territory and number of answers,
#: one of them after another; where it is not, the first dozen, and those that were wrong once.
FEW_EDITIONS = (70, 177, 18, 121, 183, 143, 145, 209, 10, 179)
MANY_EDITIONS = (*range(1, 13), 22, 73, 80, 92, 94, 136, 138, 159, 188)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A random edition a seed: each share has its own. `--seeds 12` names one, `--seeds 0-239` gives each share its part of many."""
    if "edition_seed" not in metafunc.fixturenames:
        return
    if named := metafunc.config.getoption("--seeds"):
        first, _, last = named.partition("-")
        every = range(int(first), int(last or first) + 1)
        seeds: Iterable[int] = [s for s in every if not last or s % 4 == metafunc.module.SHARE % 4]
    else:
        tried = MANY_EDITIONS if metafunc.config.getoption("--thorough") else FEW_EDITIONS
        seeds = tried[metafunc.module.SHARE - 1 :: 4]
    metafunc.parametrize("edition_seed", seeds)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test is marked as the folder that it lies in, and as `varied` when it tries more with `--thorough`."""
    for item in items:
        room, fixtures = item.path.relative_to(ROOT / "tests").parts[0], item.fixturenames  # type: ignore[attr-defined]
        if room not in ROOMS:
            raise pytest.UsageError(f"{item.nodeid}: its place is in one of {', '.join(ROOMS)}")
        if room in ROOMS[:2] and "in_turn" in fixtures:
            raise pytest.UsageError(f"{item.nodeid} builds an edition: its place is tests/built")
        item.add_marker(room)
        if item.get_closest_marker("hypothesis") or {"thorough", "edition_seed"} & set(fixtures):
            item.add_marker("varied")


@pytest.fixture(scope="session")
def thorough(pytestconfig: pytest.Config) -> bool:
    """Whether the many are tried, or a few that stand for them."""
    return bool(pytestconfig.getoption("--thorough"))


@pytest.fixture(scope="session")
def project() -> Project:
    """The declared project."""
    return Project.load(ROOT)


@pytest.fixture(scope="session")
def reference_raw() -> Path:
    """The committed raw files of the reference edition."""
    return ROOT / "data" / "raw" / REFERENCE


@pytest.fixture(scope="session", autouse=True)
def _warm_judge() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "subprocess", SimpleNamespace(Popen=Judge, PIPE=subprocess.PIPE))
        yield


@pytest.fixture(scope="session", autouse=True)
def _read_once() -> Iterator[None]:
    """The projects of the tests are copies of this one, with a file changed: a TOML text that was parsed is not parsed again."""
    parse, known = tomllib.loads, dict[str, bytes]()

    def loads(text: str, /, **how: Any) -> dict[str, Any]:
        if how:
            return parse(text, **how)
        if text not in known:
            known[text] = pickle.dumps(parse(text))
        found: dict[str, Any] = pickle.loads(known[text])
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tomllib, "loads", loads)
        yield


class _Lent:
    """A base in memory of its own, in an engine that goes on: one takes as long to start as a small test to run."""

    idle: ClassVar[list[Any]] = []

    def __init__(self, start: Callable[[], Any]) -> None:
        self._engine = self.idle.pop() if self.idle else start()
        self._con = self._engine.cursor()
        self._con.execute("attach ':memory:' as lent")
        self._con.execute("use lent")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._con, name)

    def __enter__(self) -> _Lent:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """An engine that was locked, or that holds another base, is not lent again."""
        state = "select current_setting('lock_configuration'), count(*) from duckdb_databases() where not internal"
        is_locked, bases = self._con.execute(state).fetchone()
        if is_locked or bases != 2:
            self._con.close()
            self._engine.close()
            return
        self._con.execute("use memory")
        self._con.execute("detach lent")
        self._con.close()
        self.idle.append(self._engine)


@pytest.fixture(scope="session", autouse=True)
def _engines_are_lent() -> Iterator[None]:
    import duckdb

    start = duckdb.connect
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duckdb, "connect", lambda *a, **k: start(*a, **k) if a or k else _Lent(start))
        yield


@pytest.fixture(scope="session")
def in_turn(tmp_path_factory: pytest.TempPathFactory) -> InTurn:
    """A folder that all the workers of a run share, one at a time: `with in_turn(name) as folder`.

    The first worker makes what is to be there; a run that finds its own build unchanged makes nothing again. Only a copy
    of what is shared may be written.
    """
    home = tmp_path_factory.getbasetemp()
    home = home.parent if "PYTEST_XDIST_WORKER" in os.environ else home

    @contextmanager
    def turn(name: str) -> Iterator[Path]:
        with (home / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield home / name

    return turn


@pytest.fixture(scope="session")
def reference_outcome(project: Project, reference_raw: Path, in_turn: InTurn) -> Outcome:
    """The reference edition, run whole."""
    with in_turn("reference") as folder:
        outputs = Outputs.of(project.root, REFERENCE, folder)
        return run(project, project.edition(REFERENCE), reference_raw, outputs)


@pytest.fixture(scope="session")
def reference_build(reference_outcome: Outcome) -> Outputs:
    """Where the reference edition was built."""
    return reference_outcome.outputs


@pytest.fixture(scope="session")
def remade_build(project: Project, reference_raw: Path, in_turn: InTurn) -> Outputs:
    """The reference edition made a second time, elsewhere, from the same files."""
    with in_turn("remade") as folder:
        outputs = Outputs.of(project.root, REFERENCE, folder)
        return run(project, project.edition(REFERENCE), reference_raw, outputs, "publish").outputs


@pytest.fixture(scope="session")
def today_build(project: Project, in_turn: InTurn) -> Outputs:
    """The 2026 edition of the reference territory, run up to its publication."""
    edition = project.edition(TODAY)
    with in_turn("today") as folder:
        outputs = Outputs.of(project.root, edition.id, folder)
        return run(project, edition, ROOT / "data" / "raw" / edition.id, outputs, "publish").outputs


@pytest.fixture
def reference_db(reference_build: Outputs):
    """The database of the reference edition, read only."""
    with Database(reference_build.database, read_only=True) as db:
        yield db


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
