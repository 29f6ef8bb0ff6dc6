"""What must be true of any folder, whatever lies in it: `make fuzz` tries many."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

from awkward.files import good_text
from awkward.hostile import spoilt, valid_files
from awkward.toy import Outcome, load_matches, nothing_is_lost
from ess_observatory.engine.database import Database
from ess_observatory.read.recognise import take_inventory
from ess_observatory.tabular import limits, sandbox

#: Files that failed once: each is tried again by `make test`.
CORPUS = Path(__file__).resolve().parents[1] / "data" / "fuzz"
#: How many spoilt files are read at once.
FOLDER = 12
MEMORY = 500 * limits.MIB


def peak() -> int:
    """The most memory that a process which opens files has taken so far, in bytes; zero where the system does not say."""
    most = 0
    for worker in sandbox.pool().workers:
        if worker.process is not None and (status := Path(f"/proc/{worker.process.pid}/status")).exists():
            found = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")]
            most = max([most, *(int(kib) * limits.KIB for kib in found)])
    return most


def reads_on(db: Database, toy, folder: Path) -> Outcome:
    """Read a folder of unknown files beside a good one, which is read whatever they are; no error but those that name a file."""
    (folder / "temoin.csv").write_text(good_text(), encoding="utf-8")
    started = time.process_time()
    outcome = Outcome(take_inventory(folder, toy.values(), tolerant=True))
    assert time.process_time() - started < 2 * FOLDER
    witness = [m for m in outcome.inventory.matches if m.sheet.relative == "temoin.csv"]
    copies = [
        u for u in outcome.inventory.unmatched if u.relative == "temoin.csv" and "copie identique" in u.why
    ]
    assert witness or copies
    assert peak() < MEMORY
    for left in outcome.inventory.unmatched:
        assert left.relative and left.why and left.fix, left
    load_matches(db, toy, outcome)
    if outcome.error is None:
        nothing_is_lost(outcome)
        assert any(row["_file"] == "temoin.csv" for row in outcome.kept) or copies
    return outcome


def try_seed(db: Database, toy, seed: int, place: Path) -> None:
    """A folder of files spoilt at random; those of a folder that fails are kept in the corpus."""
    rng = random.Random(seed)
    valid = valid_files(place / "valid")
    folder = place / "raw"
    folder.mkdir()
    for number in range(FOLDER):
        file = rng.choice(valid)
        (folder / f"{seed}-{number}-{file.name}").write_bytes(spoilt(file, rng))
    try:
        reads_on(db, toy, folder)
    except BaseException:
        CORPUS.mkdir(parents=True, exist_ok=True)
        for file in folder.iterdir():
            if file.name != "temoin.csv":
                shutil.copy(file, CORPUS)
        raise
