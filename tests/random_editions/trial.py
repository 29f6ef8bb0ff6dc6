"""One trial: draw the edition of a seed, build it to its publication, let the oracle judge it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ess_observatory.declare.project import Project
from ess_observatory.engine.outputs import Outputs
from ess_observatory.recipe.runner import run
from oracle.declared import Declared
from oracle.judge import Judgement, judge
from random_editions.edition import copy_project, write

#: A change made to the copied project before it is read.
Change = Callable[[Path], None]


def judged(checkout: Path, folder: Path, seed: int, change: Change = lambda project: None) -> Judgement:
    """What the oracle says of the edition of a seed, built in a project of its own under `folder`."""
    root = folder / "project" if (folder / "project").is_dir() else copy_project(checkout, folder / "project")
    change(root)
    name = write(root, seed)
    project = Project.load(root)
    outputs = Outputs.of(root, name, folder / name)
    run(project, project.edition(name), None, outputs, "publish")
    received, truth = (Declared(root, name, root / home / name) for home in ("data/raw", "truth"))
    return judge(received, outputs.publication, truth)


def told(seed: int, judgement: Judgement) -> str:
    """The complaints about an edition, and how to see it again."""
    lines = [
        f"random edition {seed}: {len(judgement.complaints)} complaint(s), {judgement.agreed} cells agree"
    ]
    lines += judgement.complaints[:40]
    return "\n  ".join(
        [*lines, f"again: python -m pytest tests/built/test_random_editions_1.py --seeds {seed}"]
    )
