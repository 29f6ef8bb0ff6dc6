"""One build at a time in a folder: a lock that the system frees by itself when its owner dies."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ess_observatory.errors import Exit, ObservatoryError

NAME = ".verrou"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of `folder`. Raises E155 at once when another living process holds it.

    The file itself stays: only the lock on it counts, so that nothing has to be cleaned after a kill.
    """
    path = folder / NAME
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not _take(handle):
            raise ObservatoryError(
                "E155",
                "Une autre construction est en cours",
                f"{folder}{_owner(path)}",
                "Attendez qu’elle se termine, ou construisez ailleurs avec --out DOSSIER.",
                Exit.MISSING,
            )
        with suppress(OSError):  # a full disk must not prevent from locking
            os.ftruncate(handle, 0)
            os.write(handle, str(os.getpid()).encode())
        yield
    finally:
        os.close(handle)


def _take(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(handle, 1 << 20, os.SEEK_SET)  # past the text, which others must be able to read
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            os.lseek(handle, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _owner(path: Path) -> str:
    try:
        number = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return f" (processus {number})" if number else ""
