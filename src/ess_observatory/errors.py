"""The one error type that an analyst ever sees, and the exit codes of the command line."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


class Exit(IntEnum):
    """Exit codes of every `ess` command."""

    OK = 0
    BUG = 1
    USAGE = 2
    DATA = 3
    MISSING = 4
    WARNINGS = 5
    INTEGRITY = 6


@dataclass
class ObservatoryError(Exception):
    """A problem a person can act on, in French: what happened, where, and what to do.

    `details` holds further problems of the same kind, so that one run reports all of them.
    """

    code: str
    what: str
    where: str | None = None
    fix: str | None = None
    exit_code: Exit = Exit.DATA
    details: list[ObservatoryError] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"{self.code}  {self.what}"]
        if self.where:
            lines.append(f"      {self.where}")
        if self.fix:
            lines.append(f"      → {self.fix}")
        lines.extend(str(detail) for detail in self.details)
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """The error as plain data, for `--json`."""
        return {
            "code": self.code,
            "what": self.what,
            "where": self.where,
            "fix": self.fix,
            "details": [detail.as_dict() for detail in self.details],
        }


#: What the system says of a path, and what may be done.
_REFUSALS = {
    errno.ENOENT: ("Dossier ou fichier introuvable", "Vérifiez le chemin."),
    errno.EACCES: ("Accès refusé", "Demandez le droit d’y lire ou d’y écrire, ou choisissez un autre dossier."),
    errno.EPERM: ("Accès refusé", "Demandez le droit d’y lire ou d’y écrire, ou choisissez un autre dossier."),
    errno.EROFS: ("Dossier en lecture seule", "Choisissez un dossier où écrire (--out DOSSIER)."),
    errno.ENOTDIR: ("Un fichier se trouve là où il faut un dossier", "Donnez un dossier."),
    errno.EEXIST: ("Un fichier se trouve là où il faut un dossier", "Donnez un dossier."),
    errno.EISDIR: ("Un dossier se trouve là où il faut un fichier", "Donnez un fichier."),
    errno.ENAMETOOLONG: ("Nom trop long", "Donnez un nom plus court."),
    errno.ELOOP: ("Liens symboliques en boucle", "Donnez un chemin qui mène quelque part."),
    errno.ENOSPC: ("Plus de place sur le disque", "Libérez de la place, puis relancez."),
}  # fmt: skip


def of_system(error: BaseException) -> ObservatoryError | None:
    """E170: the refusal of a path by the system or by the engine, as a message; None for any other error, which is a bug."""
    if isinstance(error, OSError) and error.errno is not None:
        name = errno.errorcode.get(error.errno, str(error.errno))
        what, fix = _REFUSALS.get(
            error.errno, (f"Le système refuse ce chemin ({name})", "Choisissez-en un autre.")
        )
        where = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else None
    elif isinstance(error, RuntimeError) and str(error).startswith("Symlink loop"):
        (what, fix), where = _REFUSALS[errno.ELOOP], str(error).rpartition(" ")[2].strip("\"'")
    elif isinstance(error, ValueError) and "null byte" in str(error):
        what, where, fix = "Chemin illisible (caractère nul)", None, "Corrigez le chemin."
    elif type(error).__name__ == "IOException":  # of the engine, which is not imported for that
        what, where, fix = (
            "La base de données ne s’ouvre ou ne s’écrit pas",
            None,
            "Vérifiez le dossier et ses droits, ou construisez ailleurs avec --out DOSSIER.",
        )
    else:
        return None
    if where and len(where) > 200:
        where = f"{where[:199]}…"
    return ObservatoryError("E170", what, where, fix, Exit.MISSING)
