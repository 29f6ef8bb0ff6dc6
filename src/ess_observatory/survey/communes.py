"""A commune that is answered by its name: the code that the nomenclature gives it, when it gives one only."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

from ess_observatory.codebook.values import Refusal
from ess_observatory.survey.resemblance import place_name

if TYPE_CHECKING:
    from ess_observatory.engine.database import Database

#: « 59600 Maubeuge », « Maubeuge (59) », « Maubeuge 59600 »: a postcode or a département beside the name.
_BESIDE = re.compile(
    r"(?P<before>\d{5})[\s,-]+(?P<name>\D.*)|(?P<other>.*\D)[\s,(-]+(?P<after>\d{5}|\d{2}|2[ABab])\)?"
)
_MOST = 5


class CommuneNames:
    """The communes of the territory and of the country by name, read from `rules` when a name comes."""

    def __init__(self, db: Database | None = None) -> None:
        self.db = db

    @cached_property
    def own(self) -> dict[str, list[str]]:
        """Codes of the communes of the territory, by name made comparable."""
        return self._named("select code, name from rules.territory_commune order by code")

    @cached_property
    def everywhere(self) -> dict[str, list[str]]:
        """The same of the whole country."""
        return self._named(
            "select code, name from rules.communes where type = 'commune-actuelle' order by code"
        )

    def _named(self, query: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for code, name in self.db.rows(query) if self.db is not None else ():
            found[place_name(name)].append(code)
        return found

    def code(self, text: str) -> str | None:
        """The code of the commune that a text names; None when no commune has that name.

        Raises `Refusal` when several have it: those of the territory go before the others.
        """
        beside = _BESIDE.fullmatch(text.strip())
        name = (beside["name"] or beside["other"]) if beside else text
        number = (beside["before"] or beside["after"]) if beside else ""
        wanted = place_name(name)
        for communes in (self.own, self.everywhere):
            codes = [code for code in communes.get(wanted, ()) if code.startswith(_departement(number))]
            if len(codes) == 1:
                return codes[0]
            if codes:
                some = ", ".join(codes[:_MOST]) + ("…" if len(codes) > _MOST else "")
                why = f"Plusieurs communes s’appellent «\u00a0{text}\u00a0»\u00a0: {some}."
                raise Refusal("commune_ambigue", why, "Écrire le code Insee de la commune.")
        return None


def _departement(number: str) -> str:
    """The beginning of the codes of the communes that a postcode or the number of a département is of."""
    number = number.upper()
    if number.startswith("20") and len(number) == 5:
        return "2"
    return number[:3] if number.startswith(("97", "98")) else number[:2]
