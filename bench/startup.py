"""What `ess --help` costs against `import typer` alone, which it cannot do without.

Both are run in turn, in processes of their own; the least processor time (user and system) of each is kept, the one that the
machine's other work has disturbed least.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

TIMES = 20
LIMIT = 2.5
BASELINE = "import typer"
HELP = "import sys; sys.argv = ['ess', '--help']; from ess_observatory.commands.main import main; main()"


def seconds(code: str) -> float:
    """The processor time of a Python that runs this."""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{code!r} ends with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def run() -> list[dict[str, Any]]:
    """The ratio, and both times."""
    pairs = [(seconds(BASELINE), seconds(HELP)) for _ in range(TIMES)]
    base, shown = (min(times) for times in zip(*pairs, strict=True))
    return [
        {"name": "import typer", "seconds": base},
        {"name": "ess --help", "seconds": shown, "ratio": shown / base, "limit": LIMIT},
    ]
