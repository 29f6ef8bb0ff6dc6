"""`ess compare` and `ess perimeter compare`: what differs between two publications, or between two perimeters."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ess_observatory.commands.compare_view import show_changes
from ess_observatory.commands.messages import note, print_json, say
from ess_observatory.commands.options import EditionOption, JsonOption, open_edition, places
from ess_observatory.compared.perimeters import compare_perimeters
from ess_observatory.declare.breaks import Breaks
from ess_observatory.declare.project import Project
from ess_observatory.publish.agreement import disagreements
from ess_observatory.publish.comparison import compare as changes_of
from ess_observatory.publish.reader import read_publication
from ess_observatory.publish.snapshot import Snapshot, read_snapshot


def compare(
    a: Annotated[
        str,
        typer.Argument(
            metavar="A", help="Avant : dossier de publication, paquet, nom d’une édition ou d’un périmètre."
        ),
    ],
    b: Annotated[str, typer.Argument(metavar="B", help="Après : de même.")],
    perimeter: Annotated[
        bool, typer.Option("--perimeter", help="A et B sont deux périmètres : qui entre et qui sort.")
    ] = False,
    edition: EditionOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DOSSIER",
            help="Dossier où cette édition a été construite (avec --perimeter).",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print the figures that changed, appeared or disappeared."""
    if perimeter:
        perimeters(a, b, edition, out, as_json)
        return
    project = Project.load()
    before, after = read_snapshot(a, project), read_snapshot(b, project)
    changes = changes_of(before, after, Breaks.load(project.pipelines))
    folders = [s.path for s in (before, after) if (s.path / "tables.json").is_file()]
    apart = disagreements(map(read_publication, folders))
    if not as_json:
        show_changes(before, after, changes)
        for one in apart:
            say(f"⚠ Deux publications des mêmes fichiers ne donnent pas le même chiffre : {one.said}")
        return
    kinds = ("changed", "appeared", "disappeared")
    print_json(
        {
            "ok": True,
            "command": "compare",
            "a": _identity(before),
            "b": _identity(after),
            "counts": {kind: sum(c.kind == kind for c in changes) for kind in kinds},
            "changes": [change.as_dict() for change in changes],
            "disagreements": [one.as_dict() for one in apart],
        }
    )


def perimeters(
    first: Annotated[str, typer.Argument(metavar="A", help="Un périmètre, par exemple cress_2011.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Un autre, par exemple loi_2014.")],
    edition: EditionOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DOSSIER", help="Dossier où elle a été construite.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print who comes in and who goes out between two perimeters, on an edition that is built."""
    project, loaded = open_edition(edition)
    found = compare_perimeters(project, loaded, places(project, loaded, out), first, second)
    if as_json:
        print_json(found)
    else:
        note("\n".join(found["lines"]))


def _identity(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "edition": snapshot.edition,
        "version": snapshot.version,
        "synthetic": snapshot.is_synthetic,
        "path": str(snapshot.path),
        "figures": len(snapshot.entries),
    }
