"""What an analyst is told of headers that nobody declared."""

from __future__ import annotations

from collections.abc import Iterable

from ess_observatory.declare.source_spec import SourceSpec
from ess_observatory.errors import ObservatoryError
from ess_observatory.read.advice import PLACE, Advice, Adviser, blocks
from ess_observatory.read.headers import column_letter, place
from ess_observatory.read.recognise import Match
from ess_observatory.words.numbers import format_number, is_plural

#: Headers of a file told one by one.
_MOST_TOLD = 40


def refuse_unknown_headers(matches: Iterable[Match], spec: SourceSpec, adviser: Adviser) -> None:
    """Raise E220 when recognised sheets have headers that nobody declared: one E221 each, and one block of lines for all of them."""
    unknown = [match for match in matches if match.unknown]
    count = sum(len(match.unknown) for match in unknown)
    if not count:
        return
    advices = [adviser.of(match) for match in unknown]
    details = [error for advice in advices for error in _told(advice)]
    raise ObservatoryError(
        "E220",
        f"{format_number(count)} {'en-têtes inconnus' if is_plural(count) else 'en-tête inconnu'} dans ce qui est reconnu comme « {spec.title} »",
        " ; ".join(sorted({place(match.sheet) for match in unknown})),
        how_to(advices),
        details=details,
    )


def how_to(advices: list[Advice]) -> str:
    """How to apply what is advised: the command, or the block to paste."""
    choose = (
        ""
        if all(advice.is_ready for advice in advices)
        else ", après avoir choisi parmi les lignes en commentaire"
    )
    return f"« ess repair --apply » écrit ces lignes ; ou collez-les à la fin de {PLACE}{choose} :\n\n{blocks(advices)}\n"


def _told(advice: Advice) -> list[ObservatoryError]:
    match = advice.match
    where = f"{place(match.sheet)}, ligne {match.header_line}"
    errors = [
        ObservatoryError(
            "E221",
            f"En-tête inconnu : « {header} »",
            f"{where}, colonne {column_letter(position)} ; {advice.said.get(header, 'personne ne l’a déclaré')}",
            "Voyez les lignes à coller, données une fois pour tout le fichier.",
        )
        for position, header in match.unknown[:_MOST_TOLD]
    ]
    if len(match.unknown) > _MOST_TOLD:
        left = format_number(len(match.unknown) - _MOST_TOLD)
        errors.append(
            ObservatoryError(
                "E221",
                f"… et {left} autres en-têtes inconnus",
                where,
                "Est-ce bien un fichier de cette source ?",
            )
        )
    return errors
