"""Files that their name is enough to leave aside."""

from __future__ import annotations

import re

#: Sheets that the observatory itself writes beside those that are filled in or corrected.
GUIDE, LISTS, HELP = "Lisez-moi", "Listes", "Mode d’emploi"
SAVE_AS = "Enregistrez-le en .xlsx, .ods ou .csv s’il porte des données."
_LOCK = re.compile(r"^(~\$|\.~lock)")
_PARTIAL = re.compile(r"\.(tmp|part|crdownload|download|bak)$|~$", re.IGNORECASE)
_SYSTEM = {"thumbs.db", "desktop.ini", "lisezmoi.md"}
_DOCUMENT = re.compile(
    r"(\.(md|pdf|docx?|odt|rtf|toml|ya?ml|json|geojson|png|jpe?g|html?|eml|msg|pptx?|odp))$", re.IGNORECASE
)


def is_noise(name: str) -> bool:
    """Whether a file is a dropping of the system, or the note that comes with a folder: of no interest to anyone."""
    return (name.startswith(".") and not _LOCK.match(name)) or name.casefold() in _SYSTEM


def left_by_name(name: str) -> tuple[str, str, str] | None:
    """Why a file is left aside without being opened, what to do, and the severity; None when it must be opened."""
    if _LOCK.match(name):
        why = "fichier de verrouillage : le classeur est ouvert dans un tableur"
        return why, "Fermez-le pour être sûr de lire sa dernière version.", "info"
    if _PARTIAL.search(name):
        return "fichier temporaire ou téléchargement inachevé", "Terminez-le, ou effacez-le.", "info"
    if found := _DOCUMENT.search(name):
        return f"format « {found[1].lower()} » non lu", SAVE_AS, "info"
    return None


def is_text(name: str) -> bool:
    """Whether a name is made of characters: a disk also takes bytes that are none."""
    return name == shown(name)


def shown(name: str) -> str:
    """A name as it can be written anywhere: bytes that are no character become `\ufffd`."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
