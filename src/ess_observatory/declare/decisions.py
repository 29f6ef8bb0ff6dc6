"""The named decisions of the observatory (`rules/named_decisions.csv`): what must hold before any of them is applied."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from ess_observatory.declare.files import read_csv_rows
from ess_observatory.declare.project import Project
from ess_observatory.errors import ObservatoryError

_DATES = ("decided_on", "since", "until")


def check_decisions(project: Project) -> None:
    """Raise E113 on the first line that could not be applied as it is written, naming line, column and value.

    `since` and `until` are included, either may be empty, and a decision holds when the reference date lies between them.
    """
    path = project.nomenclatures.get("named_decisions")
    if path is None:
        return
    families = {row["family"] for row in read_csv_rows(project.nomenclatures["ess_families"])}
    for line, row in enumerate(read_csv_rows(path), 2):
        for column, why, fix in _problems(row, families):
            raise ObservatoryError(
                "E113", f"Décision nominative, « {column} » : {why}", f"{path}, ligne {line}", fix
            )


def _problems(row: dict[str, str], families: set[str]) -> Iterator[tuple[str, str, str]]:
    """(column, what is wrong, what to do) of one line."""
    siret = row["siret"] or ""
    if len(siret) != 14 or not siret.isdigit():
        yield "siret", f"« {siret} » n’est pas un SIRET", "Écrivez ses 14 chiffres, sans espace."
    if row["decision"] not in ("in", "out"):
        yield "decision", f"« {row['decision']} » inconnue", "Écrivez in (retenue) ou out (écartée)."
    if row["family"] and row["family"] not in families:
        yield "family", f"« {row['family']} » inconnue", f"Familles connues : {', '.join(sorted(families))}."
    for column in _DATES:
        if row.get(column) and _day(row[column]) is None:
            yield (
                column,
                f"« {row[column]} » n’est pas une date",
                "Écrivez AAAA-MM-JJ, par exemple 2026-01-31.",
            )
    since, until = _day(row.get("since")), _day(row.get("until"))
    if since and until and since > until:
        yield "until", f"finit le {until}, avant de commencer le {since}", "Échangez « since » et « until »."


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text and len(text) == 10 else None
    except ValueError:
        return None
