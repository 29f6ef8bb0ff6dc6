"""Files on disk: their fingerprint, those of our own that last as long as the program, what the system says of one that it refuses."""

from __future__ import annotations

import atexit
import errno
import hashlib
import os
import re
import shutil
import stat
import tempfile
from functools import cache
from pathlib import Path

from ess_observatory.errors import ObservatoryError

#: What a system may refuse of a file: why, and what to do.
_CLOSED = {
    errno.ENOENT: ("fichier disparu depuis que le dossier a été lu", "Remettez-le en place, puis relancez."),
    errno.EISDIR: ("dossier, et non fichier", "Remplacez-le par le fichier de données."),
    errno.EACCES: ("lecture interdite", "Demandez le droit de le lire, ou sortez-le du dossier."),
    errno.EPERM: ("lecture interdite", "Demandez le droit de le lire, ou sortez-le du dossier."),
    errno.ELOOP: ("lien qui tourne en rond", "Refaites le lien, ou copiez le fichier."),
    errno.EIO: ("disque ou réseau en défaut pendant la lecture", "Copiez le fichier sur un autre disque, puis relancez."),
    errno.ESTALE: ("disque ou réseau en défaut pendant la lecture", "Copiez le fichier sur un autre disque, puis relancez."),
    errno.ENOSPC: ("plus de place sur le disque pour l’ouvrir", "Libérez de la place, puis relancez."),
    errno.ENAMETOOLONG: ("nom trop long", "Renommez-le."),
}  # fmt: skip


def sha256_of(path: Path) -> str:
    """Hexadecimal sha256 of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def closed_error(error: OSError, relative: str) -> ObservatoryError:
    """E208: the system refuses a file."""
    what, fix = _CLOSED.get(
        error.errno or 0,
        (
            f"lecture refusée par le système (erreur {error.errno or 'inconnue'})",
            "Copiez le fichier ailleurs, ou redemandez-le.",
        ),
    )
    return ObservatoryError("E208", what, relative, fix)


def is_plain_file(path: Path) -> bool:
    """Whether a path is a file that can be read from end to end: not a folder, a pipe, a socket or a device."""
    return stat.S_ISREG(path.stat().st_mode)


_given: list[Path] = []


def use_scratch(folder: Path) -> None:
    """Put the files of our own in a folder that another process has made, and removes."""
    _given[:] = [folder]


def scratch() -> Path:
    """The folder of the files of our own, removed when the program ends."""
    return _given[0] if _given else _own_scratch()


@cache
def _own_scratch() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="ess-lecture-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def scratch_file(suffix: str = "") -> Path:
    """A new file of our own, removed when the program ends."""
    handle, name = tempfile.mkstemp(suffix=suffix, dir=scratch())
    os.close(handle)
    return Path(name)


def plainly_named(path: Path) -> Path:
    """The same file under a path that the engine cannot take for a pattern: `siae [1].parquet` would be `siae 1.parquet`."""
    if not re.search(r"[*?\[\]{}]", str(path)):
        return path
    place = scratch_file(".parquet")
    place.unlink()
    try:
        place.symlink_to(path.absolute())
    except (OSError, NotImplementedError):  # not everyone may make a link
        shutil.copyfile(path, place)
    return place
