"""Back-test: a published edition is made again from its raw files and must be the same, figure by figure."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ess_observatory.declare.breaks import Breaks
from ess_observatory.declare.project import Edition, Project
from ess_observatory.engine.outputs import Outputs
from ess_observatory.publish.comparison import Change, compare
from ess_observatory.publish.snapshot import Snapshot, read_snapshot
from ess_observatory.recipe.runner import run


@dataclass(frozen=True)
class BackTest:
    """What was published, what was made again, and every figure that is not the same (none: the back-test holds)."""

    published: Snapshot
    remade: Snapshot
    changes: list[Change]

    @property
    def holds(self) -> bool:
        """True when no figure differs."""
        return not self.changes

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for `--json`."""
        return {
            "ok": self.holds,
            "command": "backtest",
            "edition": self.published.edition,
            "version": self.published.version,
            "figures": len(self.published.entries),
            "changes": [change.as_dict() for change in self.changes],
        }


def back_test(project: Project, edition: Edition, raw: Path | None, against: str | Path) -> BackTest:
    """Make an edition again in a folder of its own, up to its publication, and compare it with `against`.

    `against`: a publication, a package, or the name of a built edition. The published one is only read. Raises E130 when there is
    none, and whatever a run raises.
    """
    published = read_snapshot(against, project)
    with tempfile.TemporaryDirectory(prefix="ess-verification-") as folder:
        outputs = Outputs.of(project.root, edition.id, Path(folder))
        run(project, edition, raw, outputs, "publish")
        remade = read_snapshot(outputs.publication, project)
    return BackTest(published, remade, compare(published, remade, Breaks.load(project.pipelines)))
