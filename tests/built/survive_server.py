"""Runs builds in forked processes, to kill them: everything is imported once, so that a run costs only its own work.

Reads one JSON request a line on its input, writes one JSON answer a line. A request may say `kill_after` (seconds) or
`kill_at` (the number of the rename or exchange before which the run kills itself; negative: after which); `by_renames` (the system
cannot exchange). With `items`, a text, the
"build" is only four small items that hold it.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
import traceback
from pathlib import Path

from ess_observatory.declare.project import Project
from ess_observatory.engine import outputs as place
from ess_observatory.engine.outputs import Outputs, building, put_in_place
from ess_observatory.errors import ObservatoryError
from ess_observatory.recipe.runner import run

# What a run imports on its way (none of these starts a thread that a fork would lose).
import duckdb  # noqa: F401  isort: skip
import jinja2  # noqa: F401  isort: skip
import xlsxwriter  # noqa: F401  isort: skip
import yaml  # isort: skip
import ess_observatory.render.html

import ess_observatory.render.workbook  # noqa: F401  isort: skip

yaml.safe_load = lambda text: yaml.load(
    text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)
)  # the same, faster

ITEMS = ("database", "quality", "publication", "reports")


def write_items(folder: Path, text: str) -> None:
    """Four items as small as can be, each holding the same text."""
    for name in ITEMS[1:]:
        (folder / name).mkdir(parents=True)
        (folder / name / "x.txt").write_text(text, encoding="utf-8")
    (folder / "observatory.duckdb").write_text(text, encoding="utf-8")


def _die_at(number: int) -> None:
    """Kill this process before its `number`-th rename (after, when negative)."""
    count = 0

    def deadly(real):
        def wrapper(*arguments, **options):
            nonlocal count
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)
            result = real(*arguments, **options)
            if count == -number:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return wrapper

    os.rename, os.replace = deadly(os.rename), deadly(os.replace)
    place.exchange = deadly(place.exchange)


def _child(request: dict) -> int:
    if "file_limit" in request:
        resource.setrlimit(resource.RLIMIT_FSIZE, (request["file_limit"], resource.RLIM_INFINITY))
    if "kill_at" in request:
        _die_at(request["kill_at"])
    if request.get("by_renames"):
        place.exchange = lambda first, second: False
    if "items" in request:
        outputs = Outputs.of(Path(), "items", Path(request["out"]))
        with building(outputs) as scratch:
            write_items(scratch.base, request["items"])
            put_in_place(scratch, outputs, list(ITEMS))
        return 0
    project = Project.load(Path(request["root"]))
    edition = project.edition(request["edition"])
    outputs = Outputs.of(project.root, edition.id, Path(request["out"]))
    try:
        run(project, edition, Path(request["raw"]), outputs, request.get("until", "report"), again=True)
    except ObservatoryError as error:
        print(error, file=sys.stderr)
        return int(error.exit_code)
    return 0


def _serve(request: dict) -> dict:
    began = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            code = _child(request)
        except Exception:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    if "kill_after" in request:
        time.sleep(request["kill_after"])
        os.kill(pid, signal.SIGKILL)  # a process that has ended waits for us: its number is still its own
    _, status = os.waitpid(pid, 0)
    killed = os.WIFSIGNALED(status)
    return {
        "killed": killed,
        "code": None if killed else os.WEXITSTATUS(status),
        "seconds": time.perf_counter() - began,
    }


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(_serve(json.loads(line))), flush=True)
