"""Where a build goes, and how it is put in place: made beside, then renamed, so that a crash leaves the last one whole."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

WORKBOOK, PAGE = "rapport-ess.xlsx", "rapport-ess.html"


@dataclass(frozen=True)
class Outputs:
    """The places of a build."""

    base: Path
    reports: Path

    @classmethod
    def of(cls, root: Path, edition: str, out: Path | None) -> Outputs:
        """Under `out` when given, else `data/processed/<edition>/` and `reports/<edition>/`."""
        if out is not None:
            return cls(out.resolve(), out.resolve() / "reports")
        return cls(root / "data" / "processed" / edition, root / "reports" / edition)

    @property
    def database(self) -> Path:
        """The observatory's database (confidential)."""
        return self.base / "observatory.duckdb"

    @property
    def publication(self) -> Path:
        """What may leave."""
        return self.base / "publication"

    @property
    def quality(self) -> Path:
        """Refused rows, ledger, controls (confidential)."""
        return self.base / "quality"

    @property
    def failed_quality(self) -> Path:
        """The same of a run that was stopped by its data, beside the last good build."""
        return self.base / "quality-echec"

    @property
    def workbook(self) -> Path:
        """The Excel report."""
        return self.reports / WORKBOOK

    @property
    def page(self) -> Path:
        """The HTML report."""
        return self.reports / PAGE


@contextmanager
def building(outputs: Outputs) -> Iterator[Outputs]:
    """A scratch copy of the places, on the same disk, removed at the end whatever happens."""
    outputs.base.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".build-", dir=outputs.base))
    try:
        yield Outputs(scratch, scratch / "reports")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def put_in_place(scratch: Outputs, outputs: Outputs, names: list[str]) -> None:
    """Rename what was built over what was there. `names`: database, publication, quality, reports."""
    for name in names:
        new, old = Path(getattr(scratch, name)), Path(getattr(outputs, name))
        if new.exists():
            _swap(new, old)


def _swap(new: Path, old: Path) -> None:
    old.parent.mkdir(parents=True, exist_ok=True)
    if new.is_file():
        new.replace(old)
        return
    aside = old.with_name(f".{old.name}.old-{os.getpid()}")
    if old.exists():
        old.rename(aside)
    try:
        new.rename(old)
    except OSError:
        if aside.exists():
            aside.rename(old)
        raise
    shutil.rmtree(aside, ignore_errors=True)
