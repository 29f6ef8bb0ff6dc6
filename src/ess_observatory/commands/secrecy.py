"""`ess secrecy audit | report`: rerun the attack on a publication, read the confidential report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ess_observatory.commands.messages import note, print_json
from ess_observatory.commands.options import EditionOption, JsonOption, open_edition, places
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.secrecy.audit import SAFE, Finding, audit_folder
from ess_observatory.secrecy.report import CELLS, REPORT
from ess_observatory.words.numbers import format_number

_VERDICTS = {"safe": "protégé", "narrow": "intervalle trop étroit", "found": "RETROUVÉ"}


def audit(
    publication: Annotated[Path, typer.Argument(metavar="PUBLICATION", help="Un dossier « publication ».")],
    previous: Annotated[
        Path | None,
        typer.Option(
            "--previous", metavar="DOSSIER", help="Une publication antérieure, que l’attaquant a aussi."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Attack every hidden figure with the published ones alone (exit 6 when too much is learnt)."""
    findings = audit_folder(publication, previous)
    bad = [finding for finding in findings if finding.verdict != SAFE]
    if as_json:
        data = {
            "ok": not bad,
            "hidden": sum(len(f.figures) for f in findings),
            "failed": len(bad),
            "findings": [finding.as_dict() for finding in findings],
        }
        print_json(data)
    else:
        _show(findings, bad)
    if bad:
        raise typer.Exit(int(Exit.INTEGRITY))


def _show(findings: list[Finding], bad: list[Finding]) -> None:
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


def report(
    edition: EditionOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DOSSIER", help="Dossier où l’édition a été construite.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print the confidential report of a build."""
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

        print_json({"report": str(path), "cells": pq.read_table(folder / CELLS).to_pylist()})
    else:
        print(path.read_text(encoding="utf-8"), end="")
