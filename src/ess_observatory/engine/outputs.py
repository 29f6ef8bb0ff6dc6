"""Where a build goes, and how it is put in place: made beside, then exchanged with the last one under a lock and a journal.

Nothing is visible before everything is whole, and each item is there at every moment (see `exchange`). A run that dies
while it builds leaves the last build untouched; one that dies while it is put in place is completed by the next (see
`settle`), so that the items of a build are never left beside those of another.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ess_observatory.engine.exchange import exchange
from ess_observatory.engine.lock import locked
from ess_observatory.engine.others import known_files, note_written, take_along
from ess_observatory.engine.paths import make_private
from ess_observatory.errors import Exit, ObservatoryError

#: In the quality folder: the decisions that the publication in place rests on. It names every establishment, so no respondent.
DECISIONS = "decisions-publiees.parquet"
#: Name of the files of a report, before the language and what the format ends with.
REPORT = "rapport-ess"
_ITEMS = ("database", "quality", "publication", "reports")
#: What nobody else may read.
_CONFIDENTIAL = ("database", "quality")
#: A file by which a folder that was built before there was a book of what builds write is known to be all ours.
_MARKS = {"quality": "ledger.parquet", "publication": "manifest.json"}
#: Levels that a territory may be cut into, from the smallest: each part is built in a folder « <level>-<code> ».
LEVELS = ("epci", "arrondissement", "departement", "region")
_SCRATCH = ".build-"


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

    def part(self, name: str) -> Outputs:
        """The places of one of the territories of a run, each in a folder of its own."""
        base = self.base / name
        return Outputs(base, base / "reports" if self.reports.parent == self.base else self.reports / name)

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
        return self.reports / f"{REPORT}.xlsx"

    @property
    def page(self) -> Path:
        """The HTML report."""
        return self.reports / f"{REPORT}.html"

    def filled(self, template: Path) -> Path:
        """The filled copy of a workbook template: under its name, never one that the reports take."""
        name = f"{template.stem}.xlsx"
        return self.reports / (f"modele-{name}" if name.startswith(REPORT) else name)

    @property
    def journal(self) -> Path:
        """What is being put in place, as long as it is not finished."""
        return self.base / ".en-cours.json"


@dataclass(frozen=True)
class Move:
    """One item on its way: the new one (known by its inode), its place, and where the former one may have to wait.

    Where the system can, the two change places in one step and the former is then found at `new`; elsewhere, two renames
    leave the place empty for an instant.
    """

    new: Path
    place: Path
    former: Path
    inode: int

    @property
    def is_done(self) -> bool:
        """Whether the new item is in its place."""
        return self.place.exists() and self.place.stat().st_ino == self.inode

    def forward(self) -> None:
        """Put the new item in its place. Doing it again, or finishing it half-way, is harmless."""
        if self.is_done or not self.new.exists():
            return
        if self.place.exists():
            if exchange(self.new, self.place):
                return
            self.place.rename(self.former)
        self.new.rename(self.place)

    def back(self) -> None:
        """Give the former item its place back."""
        if self.is_done:
            if self.new.exists():
                exchange(self.new, self.place)
            else:
                self.place.rename(self.new)
        if self.former.exists() and not self.place.exists():
            self.former.rename(self.place)


@contextmanager
def building(outputs: Outputs) -> Iterator[Outputs]:
    """A scratch copy of the places, on the same disk, removed at the end whatever happens.

    One build at a time: raises E155 while another one runs. What a killed run left behind is settled first.
    """
    outputs.base.mkdir(parents=True, exist_ok=True)
    with locked(outputs.base):
        _recover(outputs)
        scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=outputs.base))
        try:
            yield Outputs(scratch, scratch / "reports")
        finally:
            if not outputs.journal.exists():
                shutil.rmtree(scratch, ignore_errors=True)


def settle(outputs: Outputs) -> None:
    """Complete what a killed run was putting in place, before reading. Raises E155 if it is still at work."""
    if outputs.journal.exists():
        with locked(outputs.base):
            _recover(outputs)


def refuse_beside(outputs: Outputs, ours: set[str]) -> None:
    """Raise E167 (exit 6) when the place of an edition holds other publications than those that a run makes.

    `ours`: names of the parts that it makes, or nothing for the whole. A territory published beside its parts, or cut in two
    ways, could give by difference what each publication hides.
    """
    parts = {path.parent.name for level in LEVELS for path in outputs.base.glob(f"{level}-*/publication")}
    whole = {"publication"} if ours and outputs.publication.is_dir() else set()
    if others := sorted((parts - ours) | whole):
        raise ObservatoryError(
            "E167",
            "Des publications qui se recouvrent seraient côte à côte",
            f"{outputs.base} : {', '.join(others)}",
            "Construisez ailleurs avec --out DOSSIER, ou retirez ces dossiers : ce que l’une masque pourrait se déduire des autres.",
            Exit.INTEGRITY,
        )


def put_in_place(scratch: Outputs, outputs: Outputs, names: list[str]) -> None:
    """Rename what was built over what was there. `names`: database, publication, quality, reports.

    What others have put in these folders stays there; what is confidential is closed to everybody else.
    All of it or nothing: once the journal is written the new build is decided, and a kill is completed at the next
    start; an error on the way (a file kept open elsewhere, a full disk) gives every former item its place back.
    """
    moves = []
    folders: dict[str, Path] = {}
    for name in names:
        new, place = Path(getattr(scratch, name)), Path(getattr(outputs, name))
        if new.exists():
            former = _former(place)
            _remove(former)
            near = _near(new, place)
            if near.is_dir():
                folders[name] = near
            if name in _CONFIDENTIAL:
                make_private(near)
            moves.append(Move(near, place, former, near.stat().st_ino))
    _take_along_others(outputs, folders)
    for move in moves:
        _flush(move.new)
    _write_journal(outputs, moves)
    try:
        for move in moves:
            move.forward()
    except BaseException:
        for move in reversed(moves):
            move.back()
        outputs.journal.unlink()
        raise
    _finish(outputs, moves)


def _take_along_others(outputs: Outputs, folders: dict[str, Path]) -> None:
    """`folders`: what was built, by name. Among reports nothing goes that is not replaced: a PDF or a page in English was asked for."""
    known = known_files(outputs.base)
    note_written(outputs.base, folders)
    for name, new in folders.items():
        place = Path(getattr(outputs, name))
        is_ours = name in _MARKS and name not in known and (place / _MARKS[name]).is_file()
        if place.is_dir() and not is_ours:
            take_along(new, place, set() if name == "reports" else known.get(name, set()))


def _near(new: Path, place: Path) -> Path:
    """The new item on the disk of its place, where a rename is a single step."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if new.stat().st_dev == place.parent.stat().st_dev:
        return new
    beside = place.with_name(f".{place.name}.nouveau")
    _remove(beside)
    shutil.copytree(new, beside) if new.is_dir() else shutil.copy2(new, beside)
    return beside


def _former(place: Path) -> Path:
    return place.with_name(f".{place.name}.ancien")


def _flush(path: Path) -> None:
    """Have the bytes on the disk before anything is renamed: a full disk says so here, not later."""
    files = path.rglob("*") if path.is_dir() else iter([path])
    for file in (p for p in files if p.is_file() and not p.is_symlink() and os.access(p, os.W_OK)):
        handle = os.open(file, os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _write_journal(outputs: Outputs, moves: list[Move]) -> None:
    def relative(path: Path) -> str:
        return os.path.relpath(path, outputs.base)

    draft = outputs.journal.with_suffix(".tmp")
    draft.write_text(
        json.dumps([[relative(m.new), relative(m.place), relative(m.former), m.inode] for m in moves]),
        encoding="utf-8",
    )
    _flush(draft)
    draft.replace(outputs.journal)


def _read_journal(outputs: Outputs) -> list[Move]:
    rows = json.loads(outputs.journal.read_text(encoding="utf-8"))

    def absolute(name: str) -> Path:
        return Path(os.path.normpath(outputs.base / name))

    return [
        Move(absolute(new), absolute(place), absolute(former), inode) for new, place, former, inode in rows
    ]


def _recover(outputs: Outputs) -> None:
    """Complete a build that was being put in place, then clear what killed runs have left (the lock is held)."""
    if outputs.journal.exists():
        moves = _read_journal(outputs)
        for move in moves:
            move.forward()
        _finish(outputs, moves)
    outputs.journal.with_suffix(".tmp").unlink(missing_ok=True)
    for name in _ITEMS:
        place = Path(getattr(outputs, name))
        _remove(_former(place))
        _remove(place.with_name(f".{place.name}.nouveau"))
    for leftover in outputs.base.glob(f"{_SCRATCH}*"):
        _remove(leftover)


def _finish(outputs: Outputs, moves: list[Move]) -> None:
    outputs.journal.unlink()
    for move in moves:
        for left in (move.former, move.new):
            with suppress(OSError):
                _remove(left)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
