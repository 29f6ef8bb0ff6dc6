"""Commands on editions in time: compare two, set several side by side, make one again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ess_observatory.commands.options import EditionOption, JsonOption, RawOption, open_edition, print_json
from ess_observatory.errors import Exit


def register(app: typer.Typer) -> None:
    """Add these commands to `ess`."""
    app.command("compare")(compare)
    app.command("series")(series)
    app.command("backtest")(backtest)


def compare(
    a: Annotated[
        str,
        typer.Argument(help="Avant : dossier de publication, paquet, nom d’une édition ou d’un périmètre."),
    ],
    b: Annotated[str, typer.Argument(help="Après : de même.")],
    perimeter: Annotated[
        bool, typer.Option("--perimeter", help="A et B sont deux périmètres : qui entre et qui sort.")
    ] = False,
    edition: EditionOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Dossier où cette édition a été construite (avec --perimeter)."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Les chiffres qui ont changé, sont apparus ou ont disparu entre deux publications ; ou ce que change un périmètre."""
    if perimeter:
        from ess_observatory.commands.new import compare as compare_perimeters

        compare_perimeters(a, b, edition, out, as_json)
        return
    from ess_observatory.compared.compare import compare as changes_of
    from ess_observatory.compared.compare import read_snapshot
    from ess_observatory.declare.breaks import Breaks
    from ess_observatory.declare.project import Project

    project = Project.load()
    before, after = read_snapshot(a, project), read_snapshot(b, project)
    changes = changes_of(before, after, Breaks.load(project.pipelines))
    if as_json:
        print_json(
            {
                "ok": True,
                "command": "compare",
                "a": _identity(before),
                "b": _identity(after),
                "counts": {
                    kind: sum(c.kind == kind for c in changes)
                    for kind in ("changed", "appeared", "disappeared")
                },
                "changes": [change.as_dict() for change in changes],
            }
        )
        return
    from ess_observatory.commands.compare_view import show_changes

    show_changes(before, after, changes)


def series(
    editions: Annotated[
        list[str],
        typer.Argument(help="Deux publications ou plus : dossiers, ou noms d’éditions construites."),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="Dossier où écrire (défaut : reports/series).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Plusieurs éditions côte à côte : page, classeur et données, ruptures de série marquées."""
    from ess_observatory.compared.compare import find_publication
    from ess_observatory.compared.series import side_by_side, write_series
    from ess_observatory.declare.breaks import Breaks
    from ess_observatory.declare.commune_moves import CommuneMoves
    from ess_observatory.declare.project import Project
    from ess_observatory.engine.paths import output_folder
    from ess_observatory.publish.reader import read_publication

    project = Project.load()
    books = [read_publication(find_publication(name, project)) for name in editions]
    book = side_by_side(books, Breaks.load(project.pipelines), CommuneMoves.load(project.pipelines))
    place = output_folder(project.root, out or project.root / "reports" / "series")
    files = [str(path) for path in write_series(book, place)]
    if as_json:
        print_json({"ok": True, "command": "series", "tables": len(book.tables), "files": files})
        return
    from ess_observatory.commands.console import note

    note(f"{len(book.tables)} tableaux, {len(editions)} éditions\n" + "\n".join(files))


def backtest(
    edition: EditionOption = None,
    raw: RawOption = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against", help="Ce qui a été publié : dossier, paquet (défaut : la publication de l’édition)."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Refaire une édition publiée depuis ses fichiers bruts et vérifier qu’elle est identique (sortie 6 sinon)."""
    from ess_observatory.compared.backtest import back_test

    project, loaded = open_edition(edition)
    found = back_test(project, loaded, raw, against or loaded.id)
    if as_json:
        print_json(found.as_dict())
    elif found.holds:
        from ess_observatory.commands.console import note

        note(
            f"✔ {found.published.edition}, version {found.published.version} : {len(found.published.entries)} chiffres identiques"
        )
    else:
        from ess_observatory.commands.compare_view import show_changes

        show_changes(found.published, found.remade, found.changes)
    if not found.holds:
        raise typer.Exit(int(Exit.INTEGRITY))


def _identity(snapshot: Any) -> dict[str, Any]:
    return {
        "edition": snapshot.edition,
        "version": snapshot.version,
        "synthetic": snapshot.is_synthetic,
        "path": str(snapshot.path),
        "figures": len(snapshot.entries),
    }
