"""What may happen to a build from outside: raw files that change under it, a disk that is full."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ess_observatory.engine.outputs import Outputs, building
from ess_observatory.engine.paths import make_private
from ess_observatory.errors import ObservatoryError
from ess_observatory.read.recognise import Inventory
from ess_observatory.tabular.places import sha256_of

_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_FULL_WORDS = ("no space left", "file too large", "disk quota exceeded", "out of disk space")


@contextmanager
def constructing(outputs: Outputs, inventory: Inventory) -> Iterator[Outputs]:
    """The scratch places of a build (see `building`), with what errors call for.

    The refused rows of a build that its data stop are kept in `quality-echec/`, which a build that ends well clears. Raises
    E156 or E157 when an error comes from raw files that have changed, or from a full disk.
    """
    with building(outputs) as scratch:
        try:
            yield scratch
        except ObservatoryError:
            if scratch.quality.is_dir():
                shutil.rmtree(outputs.failed_quality, ignore_errors=True)
                shutil.move(str(scratch.quality), str(outputs.failed_quality))
                make_private(outputs.failed_quality)
            raise
        except Exception as error:
            refuse_changed_files(inventory)
            if is_disk_full(error):
                raise disk_full(outputs.base) from error
            raise
        shutil.rmtree(outputs.failed_quality, ignore_errors=True)


def refuse_changed_files(inventory: Inventory) -> None:
    """Raise E156 when a file that was read is no longer there, or no longer the same bytes."""
    read = {match.sheet.path: (match.sheet.relative, match.sheet.sha256) for match in inventory.matches}
    details = [
        ObservatoryError("E156", "Fichier retiré" if now is None else "Fichier modifié", relative)
        for path, (relative, before) in sorted(read.items())
        if (now := _sha256(path)) != before
    ]
    if details:
        raise ObservatoryError(
            "E156",
            f"{len(details)} fichier(s) brut(s) ont changé pendant la construction",
            None,
            "La dernière bonne construction est restée en place. Relancez quand les fichiers ne bougent plus.",
            details=details,
        )


def is_disk_full(error: BaseException) -> bool:
    """Whether an error (ours, the system's or the engine's) comes from a disk that takes no more."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in _FULL:
            return True
        if any(words in str(seen).lower() for words in _FULL_WORDS):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def disk_full(folder: Path) -> ObservatoryError:
    """E157: what to do when the disk is full."""
    return ObservatoryError(
        "E157",
        "Plus de place sur le disque pour construire",
        str(folder),
        "Libérez de la place, puis relancez : la dernière bonne construction est restée en place.",
    )


def _sha256(path: Path) -> str | None:
    try:
        return sha256_of(path)
    except OSError:
        return None
