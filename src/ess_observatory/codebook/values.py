"""From the text of a cell to a value: labels, French numbers, dates. What is ambiguous is refused."""

from __future__ import annotations

import re
import unicodedata
from datetime import time
from functools import lru_cache
from typing import TypeVar

from ess_observatory.tabular.text import clean_text
from ess_observatory.words import written
from ess_observatory.words.written import Why

_SPACES = re.compile(r"[\s\u00a0\u202f\u2009]+")
_SIRET = re.compile(r"[0-9]{14}")
T = TypeVar("T")


class Refusal(ValueError):
    """Why a text cannot be read: a code, a reason and what to do, in French."""

    def __init__(self, code: str, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.code, self.reason, self.fix = code, reason, fix


@lru_cache(maxsize=65536)
def normalise(text: str) -> str:
    """A label without what typing changes: case, accents, apostrophes, spaces, dashes, final punctuation."""
    text = (
        text.replace("’", "'")
        .replace("‘", "'")
        .replace("`", "'")
        .replace("–", "-")
        .replace("œ", "oe")
        .replace("Œ", "oe")
    )
    text = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    text = _SPACES.sub(" ", text.casefold()).strip()
    text = re.sub(r"\s*([:;?!,./'()-])\s*", r"\1", text)
    return text.rstrip(" .:;?!*")


def parse_number(text: str, unit: str | None = None, whole: bool = False) -> float:
    """The number that a text writes, as a source reads it (see `words/written.py`); `unit` may follow it."""
    return _kept(written.read_number(clean_text(text) or "", whole, unit))


def parse_moment(text: str) -> str:
    """A date or date-time as ISO text (`2012-01-31` or `2012-01-31T14:05:00`), as a source reads it."""
    moment = _kept(written.read_moment(clean_text(text) or "")).replace(microsecond=0)
    return moment.date().isoformat() if moment.time() == time.min else moment.isoformat()


def _kept(read: T | Why) -> T:
    if isinstance(read, Why):
        raise Refusal(read.code, read.reason, read.fix)
    return read


def is_siret(text: str) -> bool:
    """Whether fourteen digits are a SIRET: their keys hold."""
    from stdnum import luhn
    from stdnum.fr import siren, siret

    if not _SIRET.fullmatch(text) or text.startswith("000000000"):
        return False
    # An establishment of La Poste follows Luhn, or a plain sum of its digits: stdnum knows the second alone.
    return siret.is_valid(text) or (luhn.is_valid(text) and siren.is_valid(text[:9]))


def parse_siret(text: str) -> str:
    """Fourteen digits whose check digits hold (a zero lost by a spreadsheet is put back if they do)."""
    cleaned = re.sub(r"[\s\u00a0\u202f.-]", "", text)
    padded = f"0{cleaned}" if len(cleaned) == 13 else cleaned
    if not _SIRET.fullmatch(padded) or padded.startswith("000000000"):
        raise Refusal("E322", f"«\u00a0{text}\u00a0»\u00a0: un SIRET a 14 chiffres.", "Corriger le SIRET.")
    if not is_siret(padded):
        raise Refusal(
            "E323",
            f"La clé de contrôle du SIRET «\u00a0{text}\u00a0» est fausse.",
            "Vérifier le SIRET dans le répertoire Sirene.",
        )
    return padded


def parse_naf(text: str) -> str:
    """An activity code as `88.10A`."""
    cleaned = re.sub(r"[\s.]", "", text).upper()
    if not re.fullmatch(r"\d{4}[A-Z]", cleaned):
        raise Refusal("E341", f"«\u00a0{text}\u00a0» n’est pas un code NAF.", "Écrire le code comme 88.10A.")
    return f"{cleaned[:2]}.{cleaned[2:]}"


def parse_commune(text: str) -> str:
    """A commune code of five characters (a leading zero lost by a spreadsheet is put back)."""
    cleaned = text.strip().upper()
    cleaned = f"0{cleaned}" if re.fullmatch(r"\d{4}", cleaned) else cleaned
    if not re.fullmatch(r"(\d{2}|2[AB])\d{3}", cleaned):
        raise Refusal(
            "E331",
            f"«\u00a0{text}\u00a0» n’est pas un code commune.",
            "Écrire les cinq caractères du code Insee.",
        )
    return cleaned
