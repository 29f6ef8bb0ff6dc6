"""Where a name or a path that someone else has written may lead: never out of the folder that it is meant for."""

from __future__ import annotations

import re
from pathlib import Path

from ess_observatory.errors import Exit, ObservatoryError

#: Longest name of a folder or file made of what a declaration says, with room for what is added to it.
_LONGEST = 100
#: Separators, what a system or a shell reads in its own way, and what cannot be seen.
_FORBIDDEN = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]')
_RESERVED = re.compile(r"(con|prn|aux|nul|clock\$|com\d|lpt\d)(\..*)?", re.IGNORECASE)
#: Folders of a project that no build is written into: what it is made from.
_SOURCES = ("pipelines", "data/raw", "src", "tests", "notebooks", "reports/templates", ".git")


def plain_name(name: object, what: str, where: str | None = None) -> str:
    """A name that becomes that of a folder or of a file (`what`, in French: « L’identifiant de l’édition »).

    Raises E181 (exit 2) for one that would lead elsewhere, or that some system would not take.
    """
    text = str(name)
    is_plain = (
        0 < len(text.encode("utf-8", "surrogateescape")) <= _LONGEST
        and not _FORBIDDEN.search(text)
        and not _RESERVED.fullmatch(text)
        and not any("\ud800" <= char <= "\udfff" for char in text)
        and text[0] not in ".-~ "
        and text[-1] not in ". "
    )
    if not is_plain:
        shown = text.encode("unicode_escape").decode() if not text.isprintable() else text
        raise ObservatoryError(
            "E181",
            f"{what} ne peut pas être le nom d’un dossier : « {shown[:60]}{'…' if len(shown) > 60 else ''} »",
            where,
            "Écrivez un nom simple, de cent caractères au plus : lettres, chiffres, tirets, points. Ni barre, ni « .. ».",
            Exit.USAGE,
        )
    return text


def inside(folder: Path, name: str, where: str | None = None) -> Path:
    """The path that a declaration names, relative to `folder`. Raises E180 (exit 2) when it leads out of it, by itself or by a link."""
    path = folder / name if "\0" not in name else folder
    try:
        leads_in = "\0" not in name and path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # a name too long, links in a circle
        leads_in = False
    if not leads_in:
        raise ObservatoryError(
            "E180",
            f"Chemin qui sort de son dossier : « {name[:80].encode('unicode_escape').decode() if not name.isprintable() else name[:80]} »",
            where,
            f"Placez ce fichier dans {folder}, et donnez son nom.",
            Exit.USAGE,
        )
    return path


def is_file(path: Path) -> bool:
    """Whether a file is there; one whose name no system would take is not."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def output_folder(root: Path, out: Path) -> Path:
    """The folder that `--out` names, resolved. Raises E182 (exit 2) when it is that of the project, or holds what the project is
    made from; what the system does not take is said by the system (see `errors.of_system`).
    """
    place, root = out.resolve(), root.resolve()
    within = [
        f"{name}/ contient ce dont le rapport est fait"
        for name in _SOURCES
        if place.is_relative_to((root / name).resolve())
    ]
    whole = ["c’est le dossier du projet, ou il le contient"] if root.is_relative_to(place) else []
    for why in [*whole, *within]:
        raise ObservatoryError(
            "E182",
            f"Je ne peux pas écrire là : {why}",
            str(place),
            "Donnez à --out un dossier à part : il sera créé s’il manque.",
            Exit.USAGE,
        )
    return place


def make_private(path: Path) -> None:
    """Let nobody else read a confidential file, or a folder and all that it holds (0600, 0700; links are left alone)."""
    if path.is_symlink() or not path.exists():
        return
    for item in [path, *(path.rglob("*") if path.is_dir() else ())]:
        if not item.is_symlink():
            item.chmod(0o700 if item.is_dir() else 0o600)
