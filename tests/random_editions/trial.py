"""One trial: draw the edition of a seed, build it to its publication, let the oracle judge it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from ess_observatory.declare.project import Project
from ess_observatory.engine.outputs import Outputs
from ess_observatory.recipe.runner import run
from oracle.declared import Declared
from oracle.judge import Judgement, judge
from random_editions.edition import copy_project, former_of, name_of, write

#: A change made to the copied project before it is read.
Change = Callable[[Path], None]


def laid(
    checkout: Path, folder: Path, seeds: Iterable[int], change: Change = lambda project: None
) -> Project:
    """The editions of some seeds, in a project of their own under `folder`."""
    root = copy_project(checkout, folder / "project")
    change(root)
    for seed in seeds:
        write(root, seed)
    return Project.load(root)


def judged(project: Project, seed: int) -> Judgement:
    """What the oracle says of the edition of a seed, laid in a project, once it is built after the one before it, if any."""
    former = former_of(seed)
    first = _judged(project, former) if former else Judgement()
    second = _judged(project, name_of(seed))
    second.complaints[:0] = [f"{former}: {complaint}" for complaint in first.complaints]
    return second


def _judged(project: Project, name: str) -> Judgement:
    root = project.root
    outputs = Outputs.of(root, name, root.parent / name)
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
