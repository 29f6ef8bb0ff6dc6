"""From the text of a cell to a value: labels, French numbers, dates. What is ambiguous is refused."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from functools import lru_cache

_SPACES = re.compile(r"[\s\u00a0\u202f\u2009]+")
_DIGITS = re.compile(r"-?\d+")
_GROUPED = re.compile(r"-?\d{1,3}( \d{3})+")
_SIRET = re.compile(r"\d{14}")
#: The establishments of La Poste do not follow the check digit rule: their digits add up to 5 k.
_POSTE = "356000000"


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


def parse_number(text: str, unit: str | None = None) -> float:
    """The number a French text writes (`1 234,5`, `12 %`, `1.234,50`).

    A lone dot followed by exactly three digits (`40.817`) is forty thousand or forty: refused, code E312.
    """
    cleaned = _SPACES.sub(" ", text).strip()
    for sign in {"€", "%", "euros", "eur", unit or "€"}:
        if cleaned.casefold().endswith(sign.casefold()):
            cleaned = cleaned[: -len(sign)].strip()
    cleaned = cleaned.replace("−", "-")
    if re.fullmatch(r"-?[1-9]\d{0,2}\.\d{3}", cleaned):
        raise Refusal(
            "E312",
            f"«\u00a0{text}\u00a0» est ambigu\u00a0: milliers ou décimales\u00a0?",
            f"Écrire {cleaned.replace('.', '')} (milliers) ou {cleaned.replace('.', ',')} (décimales).",
        )
    whole, decimals = cleaned, ""
    if "," in cleaned and "." in cleaned:
        mark = "," if cleaned.rfind(",") > cleaned.rfind(".") else "."
        other = "." if mark == "," else ","
        whole, decimals = cleaned.rsplit(mark, 1)
        if mark in whole or not re.fullmatch(rf"-?\d{{1,3}}({re.escape(other)}\d{{3}})+", whole):
            raise unreadable(text)
        whole = whole.replace(other, "")
    elif cleaned.count(".") > 1:
        if not re.fullmatch(r"-?\d{1,3}(\.\d{3})+", cleaned):
            raise unreadable(text)
        whole = cleaned.replace(".", "")
    elif "," in cleaned or "." in cleaned:
        whole, decimals = re.split(r"[.,]", cleaned, maxsplit=1)
    if _GROUPED.fullmatch(whole):
        whole = whole.replace(" ", "")
    if (
        not _DIGITS.fullmatch(whole)
        or (decimals and not decimals.isdecimal())
        or (cleaned[-1:] in (",", "."))
    ):
        raise unreadable(text)
    return float(f"{whole}.{decimals or '0'}")


def unreadable(text: str) -> Refusal:
    """The refusal of a text that is not a number."""
    return Refusal(
        "E310", f"«\u00a0{text}\u00a0» n’est pas un nombre.", "Écrire un nombre seul, par exemple 1234,5."
    )


def parse_moment(text: str) -> str:
    """A date or date-time as ISO text (`2012-01-31` or `2012-01-31T14:05:00`), from ISO or French writing."""
    cleaned = _SPACES.sub(" ", text).strip().replace("T", " ").removesuffix("Z").replace(" - ", " ")
    cleaned = re.sub(r"(\.\d+)?([+-]\d{2}:?\d{2})?$", "", cleaned) if " " in cleaned else cleaned
    for pattern in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(cleaned, pattern).date().isoformat()
        except ValueError:
            pass
    for pattern in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M"):
        try:
            moment = datetime.strptime(cleaned, pattern)
        except ValueError:
            continue
        return moment.date().isoformat() if moment.time() == datetime.min.time() else moment.isoformat()
    raise Refusal("E361", f"«\u00a0{text}\u00a0» n’est pas une date.", "Écrire 31/12/2012 ou 2012-12-31.")


def parse_day(text: str) -> date:
    """The day of an ISO moment (see `parse_moment`)."""
    return date.fromisoformat(text[:10])


def luhn_sum(digits: str) -> int:
    """The Luhn sum of a text of digits (ISO/IEC 7812, used by Insee for SIREN and SIRET)."""
    return sum(
        sum(divmod(int(digit) * (2 if place % 2 else 1), 10)) for place, digit in enumerate(reversed(digits))
    )


def parse_siret(text: str) -> str:
    """Fourteen digits whose check digits hold (a zero lost by a spreadsheet is put back if they do)."""
    cleaned = re.sub(r"[\s\u00a0\u202f.-]", "", text)
    padded = f"0{cleaned}" if len(cleaned) == 13 else cleaned
    if not _SIRET.fullmatch(padded):
        raise Refusal("E322", f"«\u00a0{text}\u00a0»\u00a0: un SIRET a 14 chiffres.", "Corriger le SIRET.")
    standard = luhn_sum(padded) % 10 == 0 and luhn_sum(padded[:9]) % 10 == 0
    if not standard and not (padded.startswith(_POSTE) and sum(map(int, padded)) % 5 == 0):
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
