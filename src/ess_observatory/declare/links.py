"""References followed from file to file: sources, columns, tables, figures, scopes, questions, families, areas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from ess_observatory.codebook.questions import Codebook
from ess_observatory.declare.faults import Fault, advice
from ess_observatory.declare.links_cards import card_faults, figures_known
from ess_observatory.declare.links_concepts import group_faults
from ess_observatory.declare.links_queries import query_faults
from ess_observatory.declare.links_rows import header_faults, layout_faults, row_faults
from ess_observatory.declare.links_rules import Context, rule_faults, unknown
from ess_observatory.declare.load import Entry, Loaded
from ess_observatory.declare.models.editions import EditionFile
from ess_observatory.declare.models.nomenclatures_csv import Csvs
from ess_observatory.declare.models.prose_checks import strings
from ess_observatory.declare.places import KeyPath
from ess_observatory.declare.row_codes import rows_by_table

#: Name of a level in a territory → column of the nomenclature of communes; object of a producer → the same.
_LEVELS = {"communes": "code", "epci": "epci_code", "arrondissement": "arrondissement", "zone_emploi": "zone_emploi",
           "departement": "departement", "region": "region"}  # fmt: skip
_OBJECTS = {"EPCI": "epci_code", "ARR": "arrondissement", "ZE2020": "zone_emploi", "DEP": "departement",
            "REG": "region", "COM": "code"}  # fmt: skip
_COMMUNES = "rules/nomenclatures/communes.csv"
_OTHER_YEARS = "rules/nomenclatures/commune_changes.csv"


def follow(loaded: Loaded, csvs: Csvs, codebook: Codebook | None) -> Callable[[str], bool]:
    """Add the faults of every reference that leads nowhere; returns whether some table could give a name (see `figures_known`)."""
    context = Context(loaded, csvs, codebook)
    for entry in loaded.entries("edition"):
        loaded.faults.extend(edition_faults(context, entry))
    loaded.faults.extend(_twice(loaded, "edition"))
    loaded.faults.extend(_defaults(loaded, "edition"))
    loaded.faults.extend(_defaults(loaded, "perimeter"))
    for entry in loaded.entries("territory"):
        loaded.faults.extend(territory_faults(context, entry))
    for document, source in loaded.sources.values():
        loaded.faults.extend(header_faults(document, source))
    loaded.faults.extend(layout_faults(context))
    made = rows_by_table(context)
    loaded.faults.extend(card_faults(context, made))
    loaded.faults.extend(query_faults(context))
    loaded.faults.extend(rule_faults(context))
    loaded.faults.extend(group_faults(context))
    loaded.faults.extend(row_faults(context, made))
    return figures_known(context, made)


# --- editions and territories


def edition_faults(context: Context, entry: Entry) -> Iterator[Fault]:
    """What an edition names and that does not exist; its territory may lie beside it."""
    loaded, document = context.loaded, entry.document
    edition: EditionFile = entry.model
    for source in edition.sources:
        yield from unknown(document, ("sources", source), source, loaded.known("source"), "nom de source")
    if edition.perimeter is not None:
        yield from unknown(
            document, ("perimeter",), edition.perimeter, loaded.known("perimeter"), "périmètre"
        )
    if territory_path(loaded.pipelines, edition.territory, document.path.parent, document.path) is None:
        yield from unknown(
            document, ("territory",), edition.territory, loaded.known("territory"), "territoire"
        )
    near = {path.stem for path in document.path.parent.glob("*.toml")} | _results(
        loaded, document.path.parent
    )
    if edition.previous is not None:
        ids = {other.model.id for other in loaded.entries("edition") if other.model.id}
        known = loaded.known("edition") | ids | near
        yield from unknown(document, ("previous",), edition.previous, known, "nom d’édition")
        if edition.previous in (edition.id, document.path.stem):
            yield document.fault(("previous",), "l’édition se précède elle-même", "nommez l’édition d’avant")
    for key, folder in (("replication", "replications"), ("texts", "texts/fr")):
        if (name := getattr(edition, key)) is not None:
            parent = loaded.pipelines / folder
            known = {path.name for path in parent.iterdir() if path.is_dir()} if parent.is_dir() else set()
            if name not in known:
                fix = advice(name, known, "dossiers connus") or f"créez pipelines/{folder}/{name}"
                yield document.fault((key,), f"dossier introuvable dans pipelines/{folder}", fix)
    for path, text in strings(document.data):
        if "{{" in text or "{%" in text:
            yield document.fault(
                path, "aucun placeholder n’est rempli à cet endroit", "écrivez le texte lui-même"
            )
    is_known = figures_known(context, rows_by_table(context)) if edition.revisions else bool
    for number, revision in enumerate(edition.revisions):
        for rank, figure in enumerate(revision.figures):
            if not is_known(figure):
                yield document.fault(
                    ("revisions", number, "figures", rank),
                    "chiffre inconnu",
                    "écrivez un identifiant de [figures], ou tableau.ligne.colonne",
                )


def _results(loaded: Loaded, near: Path) -> set[str]:
    """Editions of which there are results: beside this one, or in their usual place."""
    folders = (near, loaded.root / "data" / "processed")
    return {path.name for folder in folders if folder.is_dir() for path in folder.iterdir() if path.is_dir()}


def territory_path(pipelines: Path, name: str, near: Path, edition: Path | None = None) -> Path | None:
    """The file of a territory, looked for in the folder `near` first (never the edition's own file), then in the project."""
    folders = (near, near / "territories", pipelines / "territories")
    for path in (folder / n for folder in folders for n in (name, f"{name}.toml")):
        if path.is_file() and path.suffix == ".toml" and path != edition:
            return path
    return None


def territory_faults(context: Context, entry: Entry) -> Iterator[Fault]:
    """Areas that the nomenclature does not have, files that are not there."""
    document, territory, csvs = entry.document, entry.model, context.csvs
    for path, text in strings(document.data):
        if "{{" in text or "{%" in text:
            yield document.fault(
                path, "aucun placeholder n’est rempli à cet endroit", "écrivez le texte lui-même"
            )
    for key, column in _LEVELS.items():
        codes = getattr(territory, key) or []
        known = _listed(csvs, column) if codes else frozenset()
        is_list = isinstance(document.data.get(key), list)
        if codes and not known and csvs.listed(_COMMUNES, "code"):
            yield document.fault(
                (key,),
                "niveau que la nomenclature des communes n’a pas",
                "donnez « file » ou un autre niveau",
            )
            continue
        for number, code in enumerate(codes):
            if known and code not in known:
                at: KeyPath = (key, number) if is_list else (key,)
                fix = advice(code, known, "") or "vérifiez le code Insee"
                yield document.fault(at, "code inconnu de la nomenclature des communes", fix, "E109")
    areas = [(("compare", number), area) for number, area in enumerate(territory.compare)]
    for path, area in [*areas, *([(("area",), territory.area)] if territory.area else [])]:
        known = _listed(csvs, _OBJECTS.get(area.object, ""))
        if known and area.code not in known:
            yield document.fault(
                (*path, "code"), f"code inconnu au niveau {area.object}", "vérifiez le code Insee", "E109"
            )
    for key in ("file", "map"):
        if (name := getattr(territory, key)) and not (document.path.parent / name).is_file():
            yield document.fault(
                (key,), "fichier introuvable à côté du territoire", "corrigez le nom, ou déposez le fichier"
            )


def _listed(csvs: Csvs, column: str) -> frozenset[str]:
    """The codes of a column of the nomenclature of communes, whatever the year."""
    reference = csvs.listed(_COMMUNES, column)
    return reference | csvs.listed(_OTHER_YEARS, column) if reference else reference


def _twice(loaded: Loaded, kind: str) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for entry in loaded.entries(kind):
        name = entry.model.id or entry.name
        if other := seen.get(name):
            yield entry.document.fault(("id",), f"identifiant déjà pris par {other}", "changez-le")
        seen[name] = entry.document.file


def _defaults(loaded: Loaded, kind: str) -> Iterator[Fault]:
    chosen = [entry for entry in loaded.entries(kind) if entry.model.default]
    for entry in chosen[1:]:
        yield entry.document.fault(
            ("default",), f"« default = true » aussi dans {chosen[0].document.file}", "gardez-en un seul"
        )
