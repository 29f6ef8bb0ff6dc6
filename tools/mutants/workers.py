"""Workers: each has its copy of the tree, a process that has imported all that tests need, and forks it for each change.

In a fork, pytest runs only the tests that come by what was changed; what is imported is imported anew where Python changed.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import Any

from tools.mutants.changes import Mutant

_COPIED = ("src", "pipelines", "tests", "reports", "data", "docs", "tools", "pyproject.toml", "README.md")
_LEFT = shutil.ignore_patterns("__pycache__", "*.duckdb", "processed", ".pytest_cache", ".hypothesis")
#: Imported once before the forks: what is slow to import and never changed.
_HEAVY = (
    "pytest",
    "hypothesis",
    "duckdb",
    "pyarrow",
    "pyarrow.parquet",
    "numpy",
    "highspy",
    "openpyxl",
    "yaml",
    "jinja2",
)


@dataclass(frozen=True)
class Verdict:
    """What became of a change."""

    survived: bool
    how: str


class Crew:
    """Copies of the tree, and the tests of an area run once untouched (they must pass), with what each test comes by."""

    def __init__(
        self, root: Path, tests: Sequence[Path], skip: str, targets: Sequence[Path], workers: int
    ) -> None:
        self.root, self.skip, self.workers = root, skip, workers
        self.tests = [path.relative_to(root).as_posix() for path in tests]
        self.targets = [path.relative_to(root).as_posix() for path in targets]
        self.scratch = Path(tempfile.mkdtemp(prefix="mutants-"))
        self.copies = [self.scratch / f"copy{n}" for n in range(workers)]
        self.passing: dict[str, list[str]] = {}
        self.limit = 60.0
        self.ready: dict[Path, Ready] = {}

    def __enter__(self) -> Crew:
        for name in _HEAVY:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
        first = self.copies[0]
        for name in _COPIED:
            path = self.root / name
            if path.is_dir():
                shutil.copytree(path, first / name, ignore=_LEFT, symlinks=True)
            elif path.is_file():
                first.mkdir(exist_ok=True)
                shutil.copy2(path, first / name)
        started = time.monotonic()
        book = self.scratch / "comes_by.json"
        python = [target for target in self.targets if target.endswith(".py")]
        code = _run_fork(first, self._arguments(self.tests), 1800, trace=(python, book))
        if code != 0:
            print((self.scratch / "baseline.log").read_text(encoding="utf-8")[-4000:], file=sys.stderr)
            raise SystemExit(
                f"Les tests ne passent pas sans mutation (pytest rend {code}) : {' '.join(self.tests)}"
            )
        self.limit = 30.0 + 5 * (time.monotonic() - started)
        self.passing = json.loads(book.read_text(encoding="utf-8"))
        for copy in self.copies[1:]:  # with the compiled modules of the first
            shutil.copytree(first, copy, symlinks=True)
        self.ready = {copy: Ready(copy, self._arguments(self.tests)) for copy in self.copies}
        for is_python in {bool(python), False}:
            if self.ready[first].run(self._arguments(self.tests), self.limit, is_python) != 0:
                raise SystemExit(f"Sans mutation, les tests ne passent pas une seconde fois : {self._said()}")
        return self

    def _said(self) -> str:
        return (self.scratch / "ready.log").read_text(encoding="utf-8")[-3000:]

    def __exit__(self, *_: object) -> None:
        for ready in self.ready.values():
            ready.close()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def _arguments(self, tests: Sequence[str]) -> list[str]:
        skip = ["-k", self.skip] if self.skip else []
        return ["-x", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=no", *skip, *tests]

    def judge(self, mutants: Sequence[Mutant], say: Callable[[str], None]) -> list[Verdict]:
        """Each change in turn, on the copies."""
        free: Queue[Path] = Queue()
        for copy in self.copies:
            free.put(copy)
        done = 0

        def one(mutant: Mutant) -> Verdict:
            nonlocal done
            copy = free.get()
            try:
                verdict = self._try(copy, mutant)
            finally:
                free.put(copy)
            done += 1
            if verdict.survived or done % 25 == 0:
                what = f"{mutant.file}:{mutant.line} {mutant.before[:40]} → {mutant.after[:40]}"
                say(f"  {done}/{len(mutants)} {what} : {verdict.how}")
            return verdict

        with ThreadPoolExecutor(self.workers) as pool:
            return list(pool.map(one, mutants))

    def _try(self, copy: Path, mutant: Mutant) -> Verdict:
        tests = self._judges(mutant)
        if not tests:
            return Verdict(True, "aucun test n’y passe")
        target = copy / mutant.file
        before = target.stat()
        try:
            if mutant.file.endswith(".py"):
                for compiled in (target.parent / "__pycache__").glob(f"{target.stem}.*.pyc"):
                    compiled.unlink()
            target.write_text(mutant.mutated, encoding="utf-8")
            code = self.ready[copy].run(self._arguments(tests), self.limit, mutant.file.endswith(".py"))
        finally:
            target.write_text(mutant.source, encoding="utf-8")
            os.utime(target, ns=(before.st_atime_ns, before.st_mtime_ns))
        if code not in (None, 0, 1, 2, 5) and code >= 0:  # a fault of ours, which must not count as a kill
            raise SystemExit(f"pytest rend {code} : {mutant.entry()}\n{self._said()}")
        return Verdict(code in (0, 5), {0: "survit", 5: "survit", None: "tué (délai)"}.get(code, "tué"))

    def _judges(self, mutant: Mutant) -> list[str]:
        """The tests that come by the line; all of them where it runs at import, or is not Python."""
        if not mutant.file.endswith(".py"):
            return self.tests
        first, last = _statement(mutant)
        found: list[str] = []
        for line in range(first, last + 1):
            found += self.passing.get(f"{mutant.file}:{line}", [])
        if "*" in found:
            return self.tests
        order = {test: place for place, test in enumerate(self.passing["order"])}
        return sorted(set(found), key=lambda test: order[test])


def _statement(mutant: Mutant) -> tuple[int, int]:
    """The lines of the innermost statement around a change (of its head, when it holds others)."""
    import ast

    best = (mutant.line, mutant.line)
    for node in ast.walk(ast.parse(mutant.source)):
        if isinstance(node, ast.stmt) and node.lineno <= mutant.line <= (node.end_lineno or 0):
            body = getattr(node, "body", None)
            last = (node.end_lineno or 0) if not body else max(node.lineno, body[0].lineno - 1)
            if mutant.line <= last:
                best = (node.lineno, last)
    return best


class Ready:
    """A process that works in a copy and has imported what its tests need; each run is a fork of it."""

    def __init__(self, copy: Path, arguments: list[str]) -> None:
        (asked, self.ask), (self.answer, answered) = os.pipe(), os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.ask)
            os.close(self.answer)
            try:
                _settle(copy, str(copy.parent / "ready.log"))
                _pytest(copy, ["--collect-only", *arguments])
                with os.fdopen(asked) as questions, os.fdopen(answered, "w") as answers:
                    for line in iter(questions.readline, "\n"):
                        tests, limit, is_python = json.loads(line)
                        code = _forked(lambda: _again(copy, tests, is_python), limit)  # noqa: B023
                        print(json.dumps(code), file=answers, flush=True)
            finally:
                os._exit(0)
        os.close(asked)
        os.close(answered)
        self.answers = os.fdopen(self.answer)

    def run(self, tests: list[str], limit: float, is_python: bool) -> int | None:
        """pytest's exit code; None when it ran out of time."""
        os.write(self.ask, (json.dumps([tests, limit, is_python]) + "\n").encode())
        line = self.answers.readline()
        if not line:
            raise SystemExit("Un ouvrier s’est arrêté.")
        code = json.loads(line)
        return None if code is None else int(code)

    def close(self) -> None:
        """Let it go."""
        os.write(self.ask, b"\n")  # the end of the pipe would not be seen: the others hold it too
        os.close(self.ask)
        os.waitpid(self.pid, 0)
        self.answers.close()


def _again(copy: Path, arguments: list[str], is_python: bool) -> int:
    """Run tests in a fork of a ready process: tests are imported anew (they read files), and our modules where one changed."""
    tests_at = str(copy / "tests")
    gone = []
    for name, module in sys.modules.items():
        places = [getattr(module, "__file__", None) or "", *getattr(module, "__path__", ())]
        is_ours = is_python and name.partition(".")[0] == "ess_observatory"
        if is_ours or any(str(place).startswith(tests_at) for place in places):
            gone.append(name)
    for name in gone:  # afterwards: a package without a file looks up its parent to say where it is
        del sys.modules[name]
    return _pytest(copy, arguments)


def _run_fork(
    copy: Path, arguments: list[str], limit: float, trace: tuple[list[str], Path] | None = None
) -> int | None:
    """pytest's exit code in a fork that works in `copy`; None when it ran out of time."""

    def work() -> int:
        _settle(copy, str(copy.parent / "baseline.log"))
        sys.dont_write_bytecode = trace is None
        return _pytest(copy, arguments, trace)

    return _forked(work, limit)


def _forked(work: Callable[[], int], limit: float) -> int | None:
    """What `work` returns in a fork, in its own group of processes; None when it ran out of time."""
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            os.setpgid(0, 0)
            code = work()
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def _settle(copy: Path, log: str) -> None:
    """Work in the copy, as if nothing else were there."""
    os.chdir(copy)
    for key in list(os.environ):
        if key.startswith(("PYTEST_", "ESS_")) or key == "PYTHONPATH":
            del os.environ[key]
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = (
        "1"  # hypothesis is imported already, and xdist is not wanted
    )
    os.environ["PYTHONPATH"] = str(copy / "src")
    os.environ["TMPDIR"] = tempfile.tempdir = str(copy.parent)
    sys.path[:] = [
        str(copy / "src"),
        *(path for path in sys.path if Path(path or ".").resolve() != copy.resolve()),
    ]
    sys.dont_write_bytecode = True
    quiet = os.open(log, os.O_WRONLY | os.O_CREAT)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)


def _pytest(copy: Path, arguments: list[str], trace: tuple[list[str], Path] | None = None) -> int:
    import pytest
    from tools.mutants.comes_by import ComesBy

    plugins: list[Any] = []
    if trace is not None:
        plugins.append(ComesBy(copy, *trace))
    base = [
        "--rootdir",
        str(copy),
        "-c",
        str(copy / "pyproject.toml"),
        "--basetemp",
        str(copy.parent / f"{copy.name}-tmp"),
    ]
    code = int(pytest.main([*base, *arguments], plugins=plugins))
    import ess_observatory

    if not Path(ess_observatory.__file__).is_relative_to(copy):
        return 71
    return code
