"""What an analyst is told of headers that nobody declared."""

from __future__ import annotations

from ess_observatory.declare.source_spec import SourceSpec
from ess_observatory.errors import ObservatoryError
from ess_observatory.read.headers import column_letter, normalise, place
from ess_observatory.read.recognise import Match
from ess_observatory.words.numbers import format_number


def unknown_header_errors(match: Match, spec: SourceSpec) -> list[ObservatoryError]:
    """One E221 for every header that nobody declared, with the line to paste."""
    from rapidfuzz import fuzz, process

    owner = {header: column.name for column in spec.columns for header in column.headers}
    choices = {header: normalise(header) for header in owner}
    taken = set(match.mapping)
    errors = []
    for position, header in match.unknown:
        hit = process.extractOne(normalise(header), choices, scorer=fuzz.ratio)
        likely = "aucun en-tête déclaré n’y ressemble"
        if hit and hit[1] >= 70:
            likely = f"ressemble à « {hit[2]} » (ressemblance {format_number(hit[1] / 100, 2)})"
            if owner[hit[2]] in taken:
                likely += ", déjà présent"
            else:
                likely += f' : dans [[columns]] name = "{owner[hit[2]]}", ajoutez "{_toml(header)}" à headers'
        errors.append(
            ObservatoryError(
                "E221",
                f"En-tête inconnu : « {header} »",
                f"{place(match.sheet)}, ligne {match.header_line}, colonne {column_letter(position)} ; {likely}",
                f'Pour l’écarter, dans pipelines/sources/{spec.id}/source.toml : ignored_headers = ["{_toml(header)}"]',
            )
        )
    return errors


def _toml(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
