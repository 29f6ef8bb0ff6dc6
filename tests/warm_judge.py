"""The process of the declared checks, forked from one that has imported its library: an import a worker, not one a build.

It serves as the real one does, which a build that runs in a process of its own still starts.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from typing import IO, Any

from ess_observatory.quality import judge

_FORKS = multiprocessing.get_context("forkserver")


class Judge:
    """What a gate asks of `subprocess.Popen`."""

    def __init__(self, _: object, *, stderr: IO[bytes], env: dict[str, str], **__: object) -> None:
        _start(env)
        source, asked = os.pipe()
        answered, target = os.pipe()
        ends = [Connection(source, writable=False), Connection(target, readable=False)]
        ends.append(Connection(os.dup(stderr.fileno()), readable=False))
        given = {key: value for key, value in env.items() if os.environ.get(key) != value}
        self._process: Any = _FORKS.Process(target=_serve, args=(*ends, given))
        self._process.start()
        for end in ends:
            end.close()
        self.stdin, self.stdout = os.fdopen(asked, "wb"), os.fdopen(answered, "rb")
        self.pid, self.kill, self.wait = self._process.pid, self._process.kill, self._process.join


def _start(env: dict[str, str]) -> None:
    """Start the process that forks, once; it is warned of nothing, as the real one."""
    before = dict(os.environ)
    _FORKS.set_forkserver_preload(["great_expectations.execution_engine", "ess_observatory.quality.metrics"])
    try:
        os.environ |= {key: env[key] for key in ("PYTHONWARNINGS", "GX_ANALYTICS_ENABLED")}
        forkserver.ensure_running()
    finally:
        os.environ.clear()
        os.environ |= before


def _serve(source: Connection, target: Connection, errors: Connection, environment: dict[str, str]) -> None:
    os.environ |= environment
    os.dup2(errors.fileno(), 2)
    sys.stdout = sys.stderr = os.fdopen(2, "w", closefd=False)
    with (
        os.fdopen(source.fileno(), "rb", closefd=False) as asked,
        os.fdopen(target.fileno(), "wb", closefd=False) as answers,
    ):
        judge.serve(asked, answers)
