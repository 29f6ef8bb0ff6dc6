"""What a cell of a declared CSV may hold: how it is written, and how what a spreadsheet made of it is read as meant."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from ess_observatory.declare.faults import advice
from ess_observatory.declare.models.base import refused
from ess_observatory.declare.models.types import as_day
from ess_observatory.tabular.text import clean_text
from ess_observatory.words.written import Why, read_decimal

#: Cells that a spreadsheet has calculated wrongly: « #N/A », « #REF! », « #NOM? ».
SPREADSHEET_ERROR = re.compile(
    r"#(?:N/A|REF!|NOM ?\?|NAME\?|VALEUR ?!|VALUE!|DIV/0!|NUL+ ?!|NOMBRE ?!|NUM!|#+)"
)
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+")
_SPACES = re.compile(r"[\s\u00a0\u202f\u2009]")
_DECIMALS_OF_A_CODE = re.compile(r"[.,]0+$")
_BOOLEANS = {"true": "true", "vrai": "true", "oui": "true", "1": "true", "false": "false", "faux": "false", "non": "false", "0": "false"}  # fmt: skip


class Refused(ValueError):
    """A cell that cannot be read: what is wrong, what to write."""

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(what)
        self.what, self.fix = what, fix


@dataclass(frozen=True)
class Cell:
    """A kind of cell: `says` for people, `plain` the writing that needs no reading, `read` the canonical text or `Refused`.

    As the metadata of an annotated field, it also validates the field of a model and describes it in its JSON Schema.
    """

    says: str
    plain: str | None
    read: Callable[[str], str]

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(self._value, handler(source))

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> Any:
        found = handler(schema)
        found.update({"x-says": self.says} | ({"pattern": f"^(?:{self.plain})$"} if self.plain else {}))
        return found

    def _value(self, text: str) -> str:
        try:
            return text if self.plain and re.fullmatch(self.plain, text) else self.read(text)
        except Refused as error:
            raise refused(error.what, error.fix) from None


@dataclass(frozen=True)
class In:
    """A cell that names a line of another declared CSV (`file` under `pipelines/`), in `column`; `also`: further values.

    `where` keeps some of its lines: (column, value).
    """

    file: str
    column: str
    also: frozenset[str] = frozenset()
    where: tuple[str, str] | None = None


def _text(text: str) -> str:
    if SPREADSHEET_ERROR.match(text.strip()):
        raise Refused("erreur de calcul d’un tableur", "réécrivez la valeur")
    return text


def _bare(text: str) -> str:
    """A code without its spaces nor the decimals that a spreadsheet gave it. Refuses what has lost its digits."""
    bare = _SPACES.sub("", _text(text)).strip("'’")
    if _SCIENTIFIC.fullmatch(bare) and not bare.isdigit():
        raise Refused(
            "notation scientifique : un tableur a pris ce code pour un nombre, ses derniers chiffres sont perdus",
            "recopiez le code complet dans une colonne au format Texte",
        )
    return _DECIMALS_OF_A_CODE.sub("", bare) if re.fullmatch(r"\d+[.,]0+", bare) else bare


def coded(says: str, plain: str, fix: str, *, width: int = 0) -> Cell:
    """A code of a fixed writing; with a `width`, the zeros that a spreadsheet dropped are given back."""
    pattern = re.compile(plain)

    def read(text: str) -> str:
        found = _bare(text).upper()
        if width and found.isdigit() and width - 1 == len(found):
            found = found.zfill(width)
        if not pattern.fullmatch(found):
            raise Refused(f"ce n’est pas {says}", fix)
        return found

    return Cell(says, plain, read)


def several(one: Cell, mark: str = "|") -> Cell:
    """Several cells in one, separated by a vertical bar."""
    return Cell(
        f"{one.says}, ou plusieurs séparés par une barre verticale",
        rf"(?:{one.plain})(?:\{mark}(?:{one.plain}))*" if one.plain else None,
        lambda text: mark.join(one.read(part) for part in text.split(mark)),
    )


def one_of(*values: str) -> Cell:
    """One of a few words."""

    def read(text: str) -> str:
        bare = _text(text).strip()
        if bare.casefold() not in {value.casefold() for value in values}:
            raise Refused("valeur inconnue", advice(bare, values))
        return next(value for value in values if value.casefold() == bare.casefold())

    return Cell(" ou ".join(values), "|".join(map(re.escape, values)), read)


def word(says: str, pattern: str, fix: str) -> Cell:
    """A word of a given writing, kept as it is."""

    def read(text: str) -> str:
        bare = _text(text).strip()
        if not re.fullmatch(pattern, bare):
            raise Refused(f"ce n’est pas {says}", fix)
        return bare

    return Cell(says, pattern, read)


def _date(text: str) -> str:
    bare = re.sub(r"[T ]0?0:00(?::00)?$", "", _text(text).strip())
    example = "écrivez AAAA-MM-JJ, par exemple 2026-01-31"
    day = as_day(bare)
    if day is None:
        is_number = bare.isdigit() and len(bare) == 5
        raise Refused("numéro de jour d’un tableur" if is_number else "ce n’est pas une date", example)
    if not 1800 <= day.year <= 2199:
        raise Refused("année invraisemblable", example)
    return day.isoformat()


def _whole(text: str) -> str:
    found = _decimal(text, whole=True)
    if found < 0:
        raise Refused("nombre négatif", "écrivez un nombre positif")
    return str(int(found))


def _number(text: str) -> str:
    return f"{_decimal(text, whole=False):f}"


def _decimal(text: str, *, whole: bool) -> Decimal:
    """A number as the sources and the survey read it."""
    bare = clean_text(_text(text)) or ""
    found = read_decimal(_DECIMALS_OF_A_CODE.sub("", bare) if whole else bare, whole=whole)
    if isinstance(found, Why):
        raise Refused(
            found.reason,
            "écrivez des chiffres seuls" if whole else "écrivez des chiffres, et une virgule ou un point",
        )
    return found


def _yes_no(text: str) -> str:
    bare = _text(text).strip()
    if bare.casefold() not in _BOOLEANS:
        raise Refused("ni vrai ni faux", "écrivez true ou false")
    return _BOOLEANS[bare.casefold()]


def _siret(text: str) -> str:
    from stdnum.fr import siret

    bare = re.sub(r"[.\-]", "", _bare(text))
    fix = "écrivez ses 14 chiffres, sans espace"
    if re.fullmatch(r"[0-9]{9}", bare):
        raise Refused("c’est un SIREN (9 chiffres), un SIRET en a 14", "ajoutez le NIC, 5 chiffres")
    padded = bare.zfill(14) if len(bare) == 13 else bare
    if not re.fullmatch(r"[0-9]{14}", padded) or padded.startswith("000000000"):
        raise Refused("ce n’est pas un SIRET", fix)
    if not siret.is_valid(padded):
        raise Refused("clé de contrôle du SIRET fausse", "vérifiez le SIRET dans le répertoire Sirene")
    return padded


Text = Annotated[str, Cell("un texte", None, _text)]
Date = Annotated[str, Cell("une date, AAAA-MM-JJ", None, _date)]
Whole = Annotated[str, Cell("un nombre entier", r"0|[1-9][0-9]{0,14}", _whole)]
Number = Annotated[str, Cell("un nombre", r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?", _number)]
YesNo = Annotated[str, Cell("true ou false", "true|false", _yes_no)]
Siret = Annotated[str, Cell("un SIRET (14 chiffres)", None, _siret)]

_COMMUNE = coded(
    "un code commune Insee (5 caractères)",
    r"(?:[0-9]{2}|2[AB])[0-9]{3}",
    "écrivez le code Insee, pas le code postal",
    width=5,
)
Commune = Annotated[str, _COMMUNE]
Communes = Annotated[str, several(_COMMUNE)]
Postcode = Annotated[str, coded("un code postal", "[0-9]{5}", "écrivez ses cinq chiffres", width=5)]
Departement = Annotated[str, coded("un code de département", r"[0-9]{2}|2[AB]|9[78][0-9]", "écrivez 01 à 95, 2A, 2B, 971…", width=2)]  # fmt: skip
Region = Annotated[str, coded("un code de région", "[0-9]{2}", "écrivez ses deux chiffres", width=2)]
Arrondissement = Annotated[str, coded("un code d’arrondissement", r"[0-9]{3,4}|2[AB][0-9]", "écrivez le code du département et le rang", width=3)]  # fmt: skip
Epci = Annotated[str, coded("un code d’EPCI (SIREN, 9 chiffres)", "[0-9]{9}", "écrivez ses neuf chiffres")]
LegalCategory = Annotated[str, coded("une catégorie juridique", "[0-9]{4}", "écrivez ses quatre chiffres")]
