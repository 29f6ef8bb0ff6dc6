"""References of sources, rules, settings of the survey, package and words, followed to what they name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ess_observatory.codebook.questions import Codebook
from ess_observatory.declare.faults import Fault, advice, nearest
from ess_observatory.declare.load import Loaded
from ess_observatory.declare.models.nomenclatures_csv import Csvs
from ess_observatory.declare.places import KeyPath
from ess_observatory.declare.reading import Document


@dataclass(frozen=True)
class Context:
    """What references may name."""

    loaded: Loaded
    csvs: Csvs
    codebook: Codebook | None
    #: Table → the names among which its columns are, once they have been looked for.
    columns: dict[str, frozenset[str]] = field(default_factory=dict, repr=False, compare=False)


def unknown(
    document: Document, path: KeyPath, name: str, known: Iterable[str], what: str, place: str = ""
) -> Iterator[Fault]:
    """The fault of a name that is not among the known ones (nothing is said when none is known).

    `place`: the file where a name that is meant to be new is declared.
    """
    names = set(known)
    if names and name not in names:
        fix = advice(name, names, "noms connus")
        if place and not nearest(name, names):
            fix = f"ajoutez-le à {place} ; {fix}" if fix else f"ajoutez-le à {place}"
        yield document.fault(path, f"{what} inconnu", fix)


def rule_faults(context: Context) -> Iterator[Fault]:
    """What the rules, the settings of the survey, the package and the words name and that does not exist."""
    for follower in (_perimeters, _breaks, _cross_checks, _survey, _export, _words):
        yield from follower(context)


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
    versions = context.csvs.listed("rules/nomenclatures/naf_versions.csv", "nomenclature")
    for number, replaced in enumerate(breaks.nomenclature):
        for key, name in (("from", replaced.from_), ("to", replaced.to)):
            yield from unknown(document, ("nomenclature", number, key), name, versions, "nomenclature")
        for rank, table in enumerate(replaced.tables):
            at = ("nomenclature", number, "tables", rank)
            yield from unknown(document, at, table, loaded.known("card"), "tableau")
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
            yield from _question(context, entry.document, (key,), getattr(entry.model, key), "text")
        yield from _core(context, entry.document, "register", entry.model.register_)
    if entry := context.loaded.one("estimation"):
        yield from _core(context, entry.document, "frame", entry.model.frame)
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
            chapters = {str(card.chapter) for _, card in loaded.cards.values()}
            for rank, name in enumerate(resource.select.chapters):
                yield from unknown(document, (*at, "select", "chapters", rank), name, chapters, "chapitre")
        for edition_file, edition in loaded.editions.values():
            said = edition.licence or ""
            if said not in package.licences and (close := nearest(said, package.licences)):
                fix = f"voulez-vous dire « {close} » ? (l’un ou l’autre fichier)"
                what = f"licence dont {document.file} ne dit rien"
                yield edition_file.fault(("licence",), what, fix)
        for number, name in enumerate(package.rules):
            if not (loaded.pipelines / name).is_file():
                yield document.fault(
                    ("rules", number), "fichier introuvable dans pipelines", "corrigez son chemin"
                )
    if entry := loaded.one("directory"):
        for key, code in entry.model.survey.written().items():
            type_ = {"posts": "integer", "commune": "commune"}.get(key, "")
            yield from _question(context, entry.document, ("survey", key), code, type_)


def _question(
    context: Context, document: Document, path: KeyPath, code: str | None, type_: str
) -> Iterator[Fault]:
    """A question that the questionnaire does not have, or whose answers are of another kind."""
    if code is None or context.codebook is None:
        return
    questions = context.codebook.by_code
    yield from unknown(document, path, code, questions, "nom de question")
    if type_ and code in questions and questions[code].is_number != (type_ == "integer"):
        said = {"integer": "un nombre", "commune": "une commune"}.get(type_, "un texte")
        yield document.fault(path, f"la question {code} ne demande pas {said}", "prenez une autre question")


def _words(context: Context) -> Iterator[Fault]:
    scopes, words = context.loaded.one("scopes"), context.loaded.one("words")
    if scopes and words:
        for key in words.model.scopes:
            yield from unknown(words.document, ("scopes", key), key, scopes.model.root, "champ")
