"""The one error type that an analyst ever sees, and the exit codes of the command line."""

from __future__ import annotations

import errno
import os
import re
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


def from_outside(error: BaseException) -> ObservatoryError | None:
    """A path or a file that the system or a library refuses, as a message (E170, E172); None for any other error: a bug.

    The errors of the libraries are known by their names: none of them is imported for that.
    """
    kind, said = type(error).__name__, str(error)
    if isinstance(inner := error.args[0] if error.args else None, OSError):  # xlsxwriter wraps them
        error = inner
    where = None
    if isinstance(error, OSError) and error.errno is not None:
        name = errno.errorcode.get(error.errno, str(error.errno))
        unknown = (f"Le système refuse ce chemin ({name})", "Choisissez-en un autre.")
        what, fix = _REFUSALS.get(error.errno, unknown)
        where = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else None
    elif isinstance(error, RuntimeError) and said.startswith("Symlink loop"):
        what, fix = _REFUSALS[errno.ELOOP]
        where = said.rpartition(" ")[2].strip("\"'")
    elif isinstance(error, ValueError) and "null byte" in said:
        what, fix = "Chemin illisible (caractère nul)", "Corrigez le chemin."
    elif isinstance(error, UnicodeDecodeError):
        what, fix = (
            "Un fichier n’est pas du texte en UTF-8",
            "Ouvrez-le dans un éditeur et enregistrez-le en UTF-8.",
        )
    elif kind == "IOException":  # of the engine
        what = "La base de données ne s’ouvre ou ne s’écrit pas"
        fix = "Vérifiez le dossier et ses droits, ou construisez ailleurs avec --out DOSSIER."
    elif kind == "ArrowInvalid" and "Could not open Parquet" in said:
        found = re.search(r"'([^']+)'", said)
        where, fix = found and found[1], "Refaites-le : « ess publish » (ou « ess run »)."
        return ObservatoryError("E172", "Fichier de publication abîmé", where, fix, Exit.DATA)
    else:
        return None
    return ObservatoryError("E170", what, where if where is None else where[:200], fix, Exit.MISSING)
