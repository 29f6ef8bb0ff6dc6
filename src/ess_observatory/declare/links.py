"""References followed from file to file: sources, columns, tables, figures, scopes, questions, families, areas."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ess_observatory.codebook.questions import Codebook
from ess_observatory.declare.faults import Fault, advice
from ess_observatory.declare.links_cards import card_faults, figures_known
from ess_observatory.declare.load import Entry, Loaded
from ess_observatory.declare.models.editions import EditionFile
from ess_observatory.declare.models.nomenclatures_csv import Csvs
from ess_observatory.declare.models.sources import SourceFile
from ess_observatory.declare.places import KeyPath
from ess_observatory.declare.reading import Document

#: Name of a level in a territory → column of the nomenclature of communes; object of a producer → the same.
_LEVELS = {"communes": "code", "epci": "epci_code", "arrondissement": "arrondissement", "zone_emploi": "zone_emploi",
           "departement": "departement", "region": "region"}  # fmt: skip
_OBJECTS = {"EPCI": "epci_code", "ARR": "arrondissement", "ZE2020": "zone_emploi", "DEP": "departement",
            "REG": "region", "COM": "code"}  # fmt: skip
_COMMUNES = "rules/nomenclatures/communes.csv"


@dataclass(frozen=True)
class Context:
    """What references may name."""

    loaded: Loaded
    csvs: Csvs
    codebook: Codebook | None


def follow(loaded: Loaded, csvs: Csvs, codebook: Codebook | None) -> None:
    """Add the faults of every reference that leads nowhere."""
    context = Context(loaded, csvs, codebook)
    for entry in loaded.entries("edition"):
        loaded.faults.extend(edition_faults(context, entry))
    loaded.faults.extend(_twice(loaded, "edition"))
    loaded.faults.extend(_defaults(loaded, "edition"))
    loaded.faults.extend(_defaults(loaded, "perimeter"))
    for entry in loaded.entries("territory"):
        loaded.faults.extend(territory_faults(context, entry))
    for name, (document, source) in loaded.sources.items():
        loaded.faults.extend(_source_faults(loaded, name, document, source))
    loaded.faults.extend(card_faults(loaded, codebook))
    for follower in (_perimeters, _breaks, _cross_checks, _survey, _export, _words):
        loaded.faults.extend(follower(context))


def unknown(document: Document, path: KeyPath, name: str, known: Iterable[str], what: str) -> Iterator[Fault]:
    """The fault of a name that is not among the known ones (nothing is said when none is known)."""
    names = set(known)
    if names and name not in names:
        yield document.fault(path, f"{what} inconnu", advice(name, names, "noms connus"))


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
    is_known = figures_known(loaded, context.codebook)
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
    for key, column in _LEVELS.items():
        codes = getattr(territory, key) or []
        known = csvs.listed(_COMMUNES, column) if codes else frozenset()
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
        known = csvs.listed(_COMMUNES, _OBJECTS.get(area.object, ""))
        if known and area.code not in known:
            yield document.fault(
                (*path, "code"), f"code inconnu au niveau {area.object}", "vérifiez le code Insee", "E109"
            )
    for key in ("file", "map"):
        if (name := getattr(territory, key)) and not (document.path.parent / name).is_file():
            yield document.fault(
                (key,), "fichier introuvable à côté du territoire", "corrigez le nom, ou déposez le fichier"
            )


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


# --- sources and rules


def _source_faults(loaded: Loaded, name: str, document: Document, source: SourceFile) -> Iterator[Fault]:
    """Columns that a check or a partition reads and that neither the file nor its query gives."""
    query = document.path.parent / "staging.sql"
    text = query.read_text(encoding="utf-8", errors="replace") if query.is_file() else ""
    known = {column.name for column in source.columns} | set(re.findall(r"[a-z_][a-z0-9_]*", text))
    own = {"_file", "_sheet", "_line", "_sha256"}
    if source.unpivot is not None:
        known |= {source.unpivot.into, *source.unpivot.measures}
    latest = source.repeated.latest if source.repeated else None
    named: list[tuple[KeyPath, str]] = [(("key", number), column) for number, column in enumerate(source.key)]
    named += [(("repeated", "latest"), latest)] if latest else []
    for path, column in named:
        if known and column not in known:
            yield document.fault(path, "colonne inconnue", advice(column, known, "colonnes"), "E118")
    shown = {column.name for column in source.columns}
    for number, check in enumerate(source.checks):
        if check.table is not None and check.table != f"staging.{name}":
            model = loaded.pipelines / "core" / f"{check.table.partition('.')[2]}.sql"
            if not model.is_file():
                continue
            names = set(re.findall(r"[a-z_][a-z0-9_]*", model.read_text(encoding="utf-8", errors="replace")))
        else:
            names = known
        for column in check.columns:
            if names and column not in names | own:
                yield document.fault(
                    ("checks", number, "arguments"),
                    f"colonne inconnue « {column} »",
                    advice(column, shown or names, "colonnes"),
                )
    if source.row_counts and source.row_counts.by and text:
        expression = re.sub(r"'[^']*'", "", source.row_counts.by)
        for word in re.findall(r"\b[A-Za-z_]\w*\b(?!\s*\()", expression):
            if word.lower() not in known | own | _SQL_WORDS:
                yield document.fault(
                    ("row_counts", "by"), f"colonne inconnue « {word} »", advice(word, shown, "colonnes")
                )
    if source.diffusion_column and source.diffusion_column not in known:
        yield document.fault(
            ("diffusion_column",), "colonne inconnue", advice(source.diffusion_column, shown, "colonnes")
        )


_SQL_WORDS = frozenset(
    [
        "as",
        "and",
        "or",
        "not",
        "null",
        "is",
        "in",
        "case",
        "when",
        "then",
        "else",
        "end",
        "cast",
        "varchar",
        "integer",
        "date",
        "true",
        "false",
        "year",
        "like",
    ]
)


def _perimeters(context: Context) -> Iterator[Fault]:
    families = context.csvs.listed("rules/ess_families.csv", "family")
    for entry in context.loaded.entries("perimeter"):
        for key in ("families", "on_evidence"):
            for number, family in enumerate(getattr(entry.model, key)):
                yield from unknown(entry.document, (key, number), family, families, "nom de famille")


def _breaks(context: Context) -> Iterator[Fault]:
    loaded = context.loaded
    if (entry := loaded.one("breaks")) is None:
        return
    document, breaks = entry.document, entry.model
    for number, change in enumerate(breaks.source):
        for key, name in (("from", change.from_), ("to", change.to)):
            yield from unknown(
                document, ("source", number, key), name, loaded.known("source"), "nom de source"
            )
    for number, change in enumerate(breaks.perimeter):
        for key, name in (("from", change.from_), ("to", change.to)):
            yield from unknown(
                document, ("perimeter", number, key), name, loaded.known("perimeter"), "périmètre"
            )
        for rank, name in enumerate(change.untouched):
            yield from unknown(
                document,
                ("perimeter", number, "untouched", rank),
                name,
                loaded.known("source"),
                "nom de source",
            )
    for number, table in enumerate(breaks.not_compared):
        yield from unknown(document, ("not_compared", number), table, loaded.known("card"), "tableau")
    for table, columns in breaks.communes.items():
        yield from unknown(document, ("communes", table), table, loaded.known("card"), "tableau")
        if table in loaded.cards:
            codes = {column.code for column in loaded.cards[table][1].columns}
            for number, code in enumerate(columns):
                yield from unknown(document, ("communes", table, number), code, codes, "nom de colonne")


def _cross_checks(context: Context) -> Iterator[Fault]:
    loaded = context.loaded
    if (entry := loaded.one("cross_checks")) is None:
        return
    seen: set[str] = set()
    for number, check in enumerate(entry.model.checks):
        at = ("checks", number)
        if check.id in seen:
            yield entry.document.fault((*at, "id"), "identifiant donné deux fois", "changez l’un des deux")
        seen.add(check.id)
        for rank, wanted in enumerate(check.sources):
            for name in wanted.split("|"):
                yield from unknown(
                    entry.document, (*at, "sources", rank), name, loaded.known("source"), "nom de source"
                )
        folder = entry.document.path.parent / "cross_checks"
        if check.query and not (folder / check.query).is_file():
            known = [path.name for path in folder.glob("*.sql")]
            yield entry.document.fault(
                (*at, "query"),
                "requête introuvable dans rules/cross_checks",
                advice(check.query, known, "requêtes connues"),
            )


# --- survey, export, words


def _survey(context: Context) -> Iterator[Fault]:
    questions = set(context.codebook.by_code) if context.codebook else set()
    if entry := context.loaded.one("linkage"):
        for key in ("name_question", "postcode_question"):
            if code := getattr(entry.model, key):
                yield from unknown(entry.document, (key,), code, questions, "nom de question")
        yield from _core(context, entry.document, "register", entry.model.register_)
    if entry := context.loaded.one("estimation"):
        yield from _core(context, entry.document, "frame", entry.model.frame)
        path = context.loaded.pipelines / "core" / f"{entry.model.frame.partition('.')[2]}.sql"
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            names = set(re.findall(r"[a-z_][a-z0-9_]*", text))
            for number, variable in enumerate(entry.model.variables):
                if not re.search(r"(select|\.)\s*\*", text) and variable.column not in names:
                    what = f"colonne inconnue de {entry.model.frame}"
                    yield entry.document.fault(("variables", number, "column"), what, "corrigez la colonne")
    if (entry := context.loaded.one("versions")) and questions:
        for number, change in enumerate(entry.model.change):
            for old, new in change.questions.items():
                yield from unknown(
                    entry.document, ("change", number, "questions", old), new, questions, "nom de question"
                )


def _core(context: Context, document: Document, key: str, table: str) -> Iterator[Fault]:
    known = {f"core.{path.stem}" for path in (context.loaded.pipelines / "core").glob("*.sql")}
    yield from unknown(document, (key,), table, known, "table")


def _export(context: Context) -> Iterator[Fault]:
    loaded = context.loaded
    scopes = loaded.one("scopes")
    if entry := loaded.one("package"):
        document, package = entry.document, entry.model
        seen: set[str] = set()
        for number, resource in enumerate(package.resources):
            at = ("resources", number)
            if resource.id in seen:
                yield document.fault((*at, "id"), "identifiant donné deux fois", "changez l’un des deux")
            seen.add(resource.id)
            for rank, name in enumerate(resource.fields):
                yield from unknown(document, (*at, "fields", rank), name, package.fields, "nom de colonne")
            for rank, name in enumerate(resource.select.scopes):
                yield from unknown(
                    document,
                    (*at, "select", "scopes", rank),
                    name,
                    scopes.model.root if scopes else (),
                    "champ",
                )
        for number, name in enumerate(package.rules):
            if not (loaded.pipelines / name).is_file():
                yield document.fault(
                    ("rules", number), "fichier introuvable dans pipelines", "corrigez son chemin"
                )
    if (entry := loaded.one("directory")) and context.codebook:
        for key, code in entry.model.survey.written().items():
            yield from unknown(
                entry.document, ("survey", key), code, context.codebook.by_code, "nom de question"
            )


def _words(context: Context) -> Iterator[Fault]:
    scopes, words = context.loaded.one("scopes"), context.loaded.one("words")
    if scopes and words:
        for key in words.model.scopes:
            yield from unknown(words.document, ("scopes", key), key, scopes.model.root, "champ")
