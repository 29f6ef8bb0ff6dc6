"""`ess secrecy`: rerun the attack on a publication, read the confidential report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ess_observatory.commands.options import JsonOption, open_edition, places
from ess_observatory.errors import Exit, ObservatoryError

secrecy = typer.Typer(
    help="Secret statistique : attaquer une publication, lire le rapport confidentiel.", no_args_is_help=True
)
_VERDICTS = {"safe": "protégé", "narrow": "intervalle trop étroit", "found": "RETROUVÉ"}


@secrecy.command()
def audit(
    publication: Annotated[Path, typer.Argument(help="Un dossier « publication ».")],
    previous: Annotated[
        Path | None, typer.Option("--previous", help="Une publication antérieure, que l’attaquant a aussi.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Ce qu’un attaquant apprend de chaque chiffre masqué, avec les seuls chiffres publiés (sortie 6 s’il en apprend trop)."""
    from ess_observatory.secrecy.audit import SAFE, audit_folder

    findings = audit_folder(publication, previous)
    bad = [finding for finding in findings if finding.verdict != SAFE]
    if as_json:
        data = {
            "ok": not bad,
            "hidden": sum(len(f.figures) for f in findings),
            "failed": len(bad),
            "findings": [finding.as_dict() for finding in findings],
        }
        print(json.dumps(data, ensure_ascii=False, indent=1))
    else:
        _show(findings, bad)
    if bad:
        raise typer.Exit(int(Exit.INTEGRITY))


def _show(findings: list[Any], bad: list[Any]) -> None:
    from ess_observatory.commands.console import note
    from ess_observatory.words.numbers import format_number

    def bound(value: float | None) -> str:
        return "sans limite" if value is None else format_number(value, 0 if abs(value) >= 10 else 1)

    for finding in bad or findings[:10]:
        said = finding.as_dict()
        note(
            f"{_VERDICTS[finding.verdict]:<24} entre {bound(said['low'])} et {bound(said['high'])}   {', '.join(finding.figures)}"
        )
    if not bad and len(findings) > 10:
        note(f"… et {len(findings) - 10} autres, moins bien connus")
    hidden = sum(len(finding.figures) for finding in findings)
    note(f"{format_number(hidden)} chiffres masqués attaqués, {format_number(len(bad))} mal protégés")


@secrecy.command()
def report(
    edition: Annotated[
        str | None, typer.Option("--edition", "-e", help="Nom d’une édition, ou chemin d’un .toml.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Dossier où l’édition a été construite.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Lire le rapport confidentiel : ce qui est masqué, par quelle règle, à quel coût, et ce qu’un regroupement sauverait."""
    from ess_observatory.secrecy.report import CELLS, REPORT

    project, loaded = open_edition(edition)
    folder = places(project, loaded, out).quality / "secret"
    path = folder / REPORT
    if not path.is_file():
        raise ObservatoryError(
            "E130",
            "Aucun rapport sur le secret : rien n’est encore construit",
            str(path),
            "Lancez d’abord « ess publish » (ou « ess run »).",
            Exit.MISSING,
        )
    if as_json:
        import pyarrow.parquet as pq

        print(
            json.dumps(
                {"report": str(path), "cells": pq.read_table(folder / CELLS).to_pylist()},
                ensure_ascii=False,
                indent=1,
            )
        )
    else:
        print(path.read_text(encoding="utf-8"), end="")
