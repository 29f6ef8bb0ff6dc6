"""`ess new territory | edition | source | table`: first declarations, for those who start."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ess_observatory.commands.messages import note, print_json
from ess_observatory.commands.options import JsonOption
from ess_observatory.commands.scaffold import new_edition, new_table
from ess_observatory.commands.scaffold_source import new_source
from ess_observatory.commands.scaffold_territory import new_territory
from ess_observatory.declare.project import Project

Codes = list[str] | None


def _said(paths: list[Path], as_json: bool, after: str) -> None:
    if as_json:
        print_json({"ok": True, "files": [str(path) for path in paths]})
        return
    note("\n".join([*(str(path) for path in paths), after]))


def territory(
    name: Annotated[str, typer.Argument(metavar="NOM", help="Nom du territoire, par exemple « Cambrésis ».")],
    arrondissement: Annotated[
        Codes, typer.Option(metavar="CODE", help="Code Insee d’arrondissement (591), répétable.")
    ] = None,
    epci: Annotated[Codes, typer.Option(metavar="SIREN", help="SIREN d’intercommunalité, répétable.")] = None,
    departement: Annotated[
        Codes, typer.Option(metavar="CODE", help="Code de département, répétable.")
    ] = None,
    region: Annotated[Codes, typer.Option(metavar="CODE", help="Code de région, répétable.")] = None,
    zone_emploi: Annotated[
        Codes,
        typer.Option(
            metavar="CODE", help="Code de zone d’emploi, si la nomenclature l’a ; sinon --from-list."
        ),
    ] = None,
    commune: Annotated[Codes, typer.Option(metavar="CODE", help="Code Insee de commune, répétable.")] = None,
    france: Annotated[bool, typer.Option("--france", help="La France entière.")] = False,
    from_list: Annotated[
        Path | None,
        typer.Option(
            "--from-list",
            metavar="FICHIER",
            help="Table de communes (CSV, classeur) : une liste, ou la composition d’un zonage.",
        ),
    ] = None,
    keep: Annotated[
        str | None,
        typer.Option(
            metavar="COLONNE=VALEUR", help="Lignes à garder de cette table, par exemple ZE2020=3217."
        ),
    ] = None,
    name_in: Annotated[
        str | None,
        typer.Option(
            "--in", metavar="TEXTE", help="Le nom dans une phrase, par exemple « dans le Cambrésis »."
        ),
    ] = None,
    sublevel: Annotated[
        str,
        typer.Option(
            metavar="NIVEAU", help="Niveau des tableaux : epci, arrondissement, departement, region."
        ),
    ] = "epci",
    as_json: JsonOption = False,
) -> None:
    """Write a territory made of official areas or of a list of communes."""
    areas = {"arrondissement": arrondissement or [], "epci": epci or [], "departement": departement or [], "region": region or [],
             "zone_emploi": zone_emploi or [], "communes": commune or []}  # fmt: skip
    written = new_territory(Project.load(), name, areas, sublevel, france, from_list, keep, name_in)
    _said(written, as_json, f"Ensuite : ess new edition NOM --territory {written[0].stem} --year AAAA")


def edition(
    name: Annotated[
        str, typer.Argument(metavar="NOM", help="Nom de l’édition, par exemple « cambresis-2027 ».")
    ],
    territory: Annotated[str, typer.Option(metavar="NOM", help="Territoire déclaré.")],
    year: Annotated[int, typer.Option(metavar="AAAA", help="Année dont parle l’édition.")],
    perimeter: Annotated[
        str | None,
        typer.Option(metavar="PÉRIMÈTRE", help="Édition du périmètre (défaut : celle de l’année)."),
    ] = None,
    source: Annotated[Codes, typer.Option(metavar="NOM", help="Source attendue, répétable.")] = None,
    title: Annotated[str | None, typer.Option(metavar="TEXTE", help="Titre du rapport.")] = None,
    like: Annotated[
        str | None,
        typer.Option(
            metavar="ÉDITION", help="Édition dont on reprend le périmètre, les textes et les sources."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write an edition and make its folder of raw files."""
    written = new_edition(Project.load(), name, territory, year, perimeter, source or [], title, like)
    _said(
        written,
        as_json,
        f"Ensuite : déposez les fichiers dans {written[1]}, puis make annual-report EDITION={name}",
    )


def source(
    file: Annotated[
        Path, typer.Argument(metavar="FICHIER", help="Un fichier de la source, tel qu’il arrive.")
    ],
    name: Annotated[str, typer.Option(metavar="NOM", help="Nom de la source.")],
    as_json: JsonOption = False,
) -> None:
    """Write a source that reads like a file."""
    written = new_source(Project.load(), file, name)
    _said(
        written,
        as_json,
        "Ensuite : relisez les types et les colonnes obligatoires, puis « ess doctor » et « ess plan » ; "
        f"déclarez-la dans l’édition : [sources.{written[0].parent.name}]",
    )


def table(
    name: Annotated[str, typer.Argument(metavar="NOM", help="Nom du tableau.")],
    number: Annotated[str, typer.Option(metavar="NUMÉRO", help="Numéro imprimé, par exemple 1.9.")],
    source: Annotated[
        str, typer.Option(metavar="NOM", help="Source principale : sans elle, le tableau ne paraît pas.")
    ],
    title: Annotated[
        str, typer.Option(metavar="TEXTE", help="Titre : ce qui est mesuré.")
    ] = "Tableau à compléter",
    as_json: JsonOption = False,
) -> None:
    """Write a table that works, with its card, its query and its example."""
    _said(
        new_table(Project.load(), name, number, title, source),
        as_json,
        "Ensuite : changez la fiche et son exemple, puis « ess doctor ».",
    )
