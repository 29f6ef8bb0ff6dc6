"""The verbs of those who start (`ess new …`) and of those who compare perimeters (`ess perimeter …`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ess_observatory.commands.options import JsonOption, open_edition, places, print_json

_SETTINGS = {"help_option_names": ["-h", "--help"]}
new_app = typer.Typer(
    name="new",
    help="Écrire un territoire, une édition, une source, un tableau.",
    no_args_is_help=True,
    context_settings=_SETTINGS,
)
perimeter_app = typer.Typer(name="perimeter", help="Le périmètre de l’ESS d’une édition à l’autre.", no_args_is_help=True,
                            context_settings=_SETTINGS)  # fmt: skip

Codes = list[str] | None


def register(app: typer.Typer) -> None:
    """Add both groups to the command line."""
    app.add_typer(new_app)
    app.add_typer(perimeter_app)


def _said(paths: list[Path], as_json: bool, after: str) -> None:
    if as_json:
        print(json.dumps({"ok": True, "files": [str(path) for path in paths]}, ensure_ascii=False, indent=1))
        return
    from ess_observatory.commands.console import note

    note("\n".join([*(str(path) for path in paths), after]))


@new_app.command()
def territory(
    name: Annotated[str, typer.Argument(help="Nom du territoire, par exemple « Cambrésis ».")],
    arrondissement: Annotated[
        Codes, typer.Option(help="Code Insee d’arrondissement (591), répétable.")
    ] = None,
    epci: Annotated[Codes, typer.Option(help="SIREN d’intercommunalité, répétable.")] = None,
    departement: Annotated[Codes, typer.Option(help="Code de département, répétable.")] = None,
    region: Annotated[Codes, typer.Option(help="Code de région, répétable.")] = None,
    zone_emploi: Annotated[
        Codes, typer.Option(help="Code de zone d’emploi, si la nomenclature l’a ; sinon --from-list.")
    ] = None,
    commune: Annotated[Codes, typer.Option(help="Code Insee de commune, répétable.")] = None,
    france: Annotated[bool, typer.Option("--france", help="La France entière.")] = False,
    from_list: Annotated[
        Path | None,
        typer.Option(
            "--from-list",
            help="Table de communes (CSV, classeur) : une liste, ou la composition d’un zonage.",
        ),
    ] = None,
    keep: Annotated[
        str | None, typer.Option(help="Lignes à garder de cette table, par exemple ZE2020=3217.")
    ] = None,
    name_in: Annotated[
        str | None, typer.Option("--in", help="Le nom dans une phrase, par exemple « dans le Cambrésis ».")
    ] = None,
    sublevel: Annotated[
        str, typer.Option(help="Niveau des tableaux : epci, arrondissement, departement, region.")
    ] = "epci",
    as_json: JsonOption = False,
) -> None:
    """Écrire un territoire, d’après le code officiel géographique."""
    from ess_observatory.commands.scaffold_territory import new_territory
    from ess_observatory.declare.project import Project

    areas = {"arrondissement": arrondissement or [], "epci": epci or [], "departement": departement or [], "region": region or [],
             "zone_emploi": zone_emploi or [], "communes": commune or []}  # fmt: skip
    written = new_territory(Project.load(), name, areas, sublevel, france, from_list, keep, name_in)
    _said(written, as_json, f"Ensuite : ess new edition NOM --territory {written[0].stem} --year AAAA")


@new_app.command()
def edition(
    name: Annotated[str, typer.Argument(help="Nom de l’édition, par exemple « cambresis-2027 ».")],
    territory: Annotated[str, typer.Option(help="Territoire déclaré.")],
    year: Annotated[int, typer.Option(help="Année dont parle l’édition.")],
    perimeter: Annotated[
        str | None, typer.Option(help="Édition du périmètre (défaut : celle de l’année).")
    ] = None,
    source: Annotated[Codes, typer.Option(help="Source attendue, répétable.")] = None,
    title: Annotated[str | None, typer.Option(help="Titre du rapport.")] = None,
    like: Annotated[
        str | None, typer.Option(help="Édition dont on reprend le périmètre, les textes et les sources.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Écrire une édition et préparer son dossier de fichiers bruts."""
    from ess_observatory.commands.scaffold import new_edition
    from ess_observatory.declare.project import Project

    written = new_edition(Project.load(), name, territory, year, perimeter, source or [], title, like)
    _said(
        written,
        as_json,
        f"Ensuite : déposez les fichiers dans {written[1]}, puis make annual-report EDITION={name}",
    )


@new_app.command()
def source(
    file: Annotated[Path, typer.Argument(help="Un fichier de la source, tel qu’il arrive.")],
    name: Annotated[str, typer.Option(help="Nom de la source.")],
    as_json: JsonOption = False,
) -> None:
    """Écrire une source d’après les en-têtes d’un fichier, à relire et compléter."""
    from ess_observatory.commands.scaffold import new_source
    from ess_observatory.declare.project import Project

    written = new_source(Project.load(), file, name)
    _said(written, as_json, "Ensuite : relisez les types et les colonnes obligatoires, puis « ess plan ».")


@new_app.command()
def table(
    name: Annotated[str, typer.Argument(help="Nom du tableau.")],
    number: Annotated[str, typer.Option(help="Numéro imprimé, par exemple 1.9.")],
    source: Annotated[str, typer.Option(help="Source principale : sans elle, le tableau ne paraît pas.")],
    title: Annotated[str, typer.Option(help="Titre : ce qui est mesuré.")] = "Tableau à compléter",
    as_json: JsonOption = False,
) -> None:
    """Écrire un tableau qui marche, avec sa fiche, sa requête et son exemple."""
    from ess_observatory.commands.scaffold import new_table
    from ess_observatory.declare.project import Project

    _said(
        new_table(Project.load(), name, number, title, source),
        as_json,
        "Ensuite : changez la requête et la fiche, puis relancez.",
    )


@perimeter_app.command()
def compare(
    first: Annotated[str, typer.Argument(help="Un périmètre, par exemple cress_2011.")],
    second: Annotated[str, typer.Argument(help="Un autre, par exemple loi_2014.")],
    edition: Annotated[str | None, typer.Option("--edition", "-e", help="Édition déjà construite.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Dossier où elle a été construite.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Qui entre, qui sort, et ce que chaque règle change au compte."""
    from ess_observatory.compared.perimeters import compare_perimeters

    project, loaded = open_edition(edition)
    found = compare_perimeters(project, loaded, places(project, loaded, out), first, second)
    if as_json:
        print_json(found)
    else:
        print("\n".join(found["lines"]))
