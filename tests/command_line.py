"""The command `ess`, as a terminal runs it: `ess` in this process, `process` in a new interpreter (a second of imports)."""

from __future__ import annotations

import io
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from conftest import ROOT
from ess_observatory.commands.main import main

Done = subprocess.CompletedProcess[str]


def ess(*arguments: object, cwd: Path = ROOT, root: Path | None = None) -> Done:
    """The answer of a command: its exit status, what it writes on each of its outputs. `root`: the project, else found."""
    line = ["ess", *map(str, arguments)]
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", line)
        patch.chdir(root or cwd)
        if root:
            patch.setenv("ESS_ROOT", str(root))
        try:
            main()
            status: object = 0
        except SystemExit as left:
            status = left.code or 0
    assert isinstance(status, int), status
    return subprocess.CompletedProcess(line, status, out.getvalue(), err.getvalue())


def process(*arguments: object, cwd: Path = ROOT) -> Done:
    """The same in a process of its own: for what only a process shows."""
    line = [sys.executable, "-m", "ess_observatory.commands.main", *map(str, arguments)]
    return subprocess.run(line, cwd=cwd, capture_output=True, text=True, check=False)
