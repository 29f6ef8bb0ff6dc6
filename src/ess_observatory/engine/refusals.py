"""What the engine, or the parser, says of a query that it refuses, in French: what is wrong, and what to write."""

from __future__ import annotations

import re
from difflib import get_close_matches

#: What the engine's message looks like → (what is wrong, what to write when no name is near), the first that fits.
_SAID = (
    (r'Referenced column "(.+?)" not found', "colonne inconnue « {} »", "Corrigez le nom de la colonne."),
    (r'does not have a column named "(.+?)"', "colonne inconnue « {} »", "Corrigez le nom de la colonne."),
    (r'Referenced table "(.+?)" not found', "table inconnue « {} » dans la requête", "Nommez une table que « from » ou « join » donne."),
    (r'Table with name "?(.+?)"? does not exist', "table inconnue « {} »", "Corrigez le nom de la table."),
    (r"(?:Function|Macro) with name (\S+?) does not exist", "fonction inconnue « {} »", "Corrigez le nom de la fonction."),
    (r"Type with name (\S+?) does not exist", "type inconnu « {} »", "Écrivez varchar, integer, double, boolean ou date."),
    (r'Ambiguous reference to column name "(.+?)"', "colonne « {} » que plusieurs tables donnent", "Écrivez table.colonne."),
    (r'column "(.+?)" must appear in the GROUP BY', "colonne « {} » ni regroupée ni comptée", "Ajoutez-la à « group by », ou comptez-la."),
    (r"argument types '([^(']+)", "fonction ou signe « {} » sur une valeur d’un autre type", "Convertissez la valeur (cast)."),
    (r"Cannot (?:mix|compare) values of type (\w+ and (?:type )?\w+)", "valeurs de deux types ({})", "Convertissez l’une des deux (cast)."),
    (r'syntax error at or near "(.+?)"', "SQL mal écrit près de « {} »", "Vérifiez ce qui précède : virgule, parenthèse, mot oublié."),
    (r"syntax error at end of input", "requête qui n’est pas finie", "Vérifiez parenthèses et guillemets."),
    (r"same number of result columns", "« union » de parties qui n’ont pas autant de colonnes", "Donnez à chaque « select » les mêmes colonnes."),
    (r"cannot contain aggregates", "un total dans une condition", "Mettez la condition après « group by », dans « having »."),
)  # fmt: skip


def in_french(message: str) -> tuple[str, str]:
    """(what is wrong, what to write) of a message of the engine."""
    for pattern, what, fix in _SAID:
        if found := re.search(pattern, message):
            name = found[1] if found.groups() else ""
            near = re.search(r"(?:Candidate (?:bindings|tables)|Did you mean)[: ]*(\"[^\n]*)", message)
            names = (
                {full.rpartition(".")[2]: full for full in re.findall(r'"([^"]+)"', near[1])} if near else {}
            )
            close = get_close_matches(name.rpartition(".")[2], names, n=1, cutoff=0.5)
            return what.format(name), f"Voulez-vous dire « {names[close[0]]} » ?" if close else fix
    return (
        "ce que le moteur ne peut pas faire",
        f"Corrigez la requête. Le moteur dit : {message.splitlines()[0][:200]}",
    )


def badly_written(error: Exception) -> str:
    """Where a query stops being SQL, from the error of its parser."""
    told = next(iter(getattr(error, "errors", ())), None)
    if told is None:
        return "guillemet qui n’est pas fermé"
    return f"ligne {told['line']}, près de « {' '.join(str(told['highlight']).split())[:40]} »"
