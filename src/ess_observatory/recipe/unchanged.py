"""Is there anything to do? A build remembers all that it was made from; made again from the same, it is left in place."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from ess_observatory.declare.project import Edition, Project
from ess_observatory.declare.territories import Territory
from ess_observatory.engine.outputs import Outputs
from ess_observatory.publish.changes import Before
from ess_observatory.quality.partitions import BOOK
from ess_observatory.read.recognise import Inventory
from ess_observatory.tabular.places import sha256_of

MEMORY = "construction.json"
_ASIDE = {"demo", "__pycache__"}


def fingerprint_of(
    project: Project, edition: Edition, inventory: Inventory, ledger: Path | None, before: Before
) -> str:
    """One hash of the raw files, declarations, templates, program and installed libraries that a build depends on.

    `ledger`: that of the previous edition, which row counts are judged against, with its counts by partition beside it.
    `before`: the edition before, which this one is compared with.
    """
    digest = hashlib.sha256()
    for folder in (project.pipelines, project.root / "reports" / "templates", Path(__file__).parents[1]):
        files = (
            p for p in folder.rglob("*") if p.is_file() and not _ASIDE & set(p.relative_to(folder).parts)
        )
        for path in sorted(files):
            _add(digest, path.relative_to(folder).as_posix(), path.read_bytes())
    _add(digest, edition.id, edition.path.read_bytes())
    if ledger is not None:
        for path in (ledger, ledger.with_name(BOOK)):
            if path.is_file():
                _add(digest, path.name, path.read_bytes())
    _add_before(digest, before)
    read = sorted({(m.sheet.relative, m.sheet.name, m.sheet.sha256, m.source) for m in inventory.matches})
    left = sorted((u.relative, u.sheet, u.why, u.severity) for u in inventory.unmatched)
    for part in (read, left, _installed()):
        _add(digest, "", repr(part).encode())
    return digest.hexdigest()


def of_territory(fingerprint: str, territory: Territory, before: Before) -> str:
    """The fingerprint of one territory of a run, from that of what all of them are made from, and what was published of it before."""
    digest = hashlib.sha256(fingerprint.encode())
    _add_before(digest, before)
    _add(digest, territory.id, repr((territory.communes, territory.meta, territory.sublevel_label)).encode())
    return digest.hexdigest()


def remember(scratch: Outputs, edition: str, fingerprint: str, until: str, counts: dict[str, Any]) -> None:
    """Write what this build was made from, and the hash of what it publishes, beside its quality files."""
    known = {
        "edition": edition,
        "fingerprint": fingerprint,
        "until": until,
        "counts": counts,
        "files": _hashes(scratch),
    }
    text = json.dumps(known, ensure_ascii=False, indent=1)
    (scratch.quality / MEMORY).write_text(text + "\n", encoding="utf-8")


def recall(outputs: Outputs, fingerprint: str, until: str, stages: tuple[str, ...]) -> dict[str, Any] | None:
    """The counts of the build in place when it goes as far as `until`, from the same things, and nobody touched it since."""
    try:
        known = json.loads((outputs.quality / MEMORY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    same = known["fingerprint"] == fingerprint and stages.index(known["until"]) >= stages.index(until)
    found = _hashes(outputs)  # with, perhaps, what others have put there
    if not same or not outputs.database.is_file() or known["files"].items() - found.items():
        return None
    counts: dict[str, Any] = known["counts"]
    return counts


def _hashes(outputs: Outputs) -> dict[str, str]:
    """sha256 of every published file and of both reports."""
    files = [path for path in sorted(outputs.publication.rglob("*")) if path.is_file()]
    named = {path.relative_to(outputs.publication).as_posix(): sha256_of(path) for path in files}
    reports = {path.name: sha256_of(path) for path in (outputs.page, outputs.workbook) if path.is_file()}
    return named | reports


def _add_before(digest: Any, before: Before) -> None:
    _add(digest, before.edition, repr((before.year, before.is_declared)).encode())
    for path in before.files:
        _add(digest, path.name, path.read_bytes())


@lru_cache(maxsize=1)
def _installed() -> tuple[str, ...]:
    """The libraries at hand, each with its version: they do not change while a process lives."""
    return tuple(sorted(f"{d.name}=={d.version}" for d in distributions()))


def _add(digest: Any, name: str, content: bytes) -> None:
    digest.update(f"{name}\0{len(content)}\0".encode())
    digest.update(content)
