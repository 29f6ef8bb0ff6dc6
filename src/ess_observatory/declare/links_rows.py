"""What a table of the survey names among its own rows, what the settings of the survey count on, and files that must be there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ess_observatory.declare.faults import Fault
from ess_observatory.declare.links_rules import Context, unknown
from ess_observatory.declare.load import Loaded
from ess_observatory.declare.models.sources import SourceFile
from ess_observatory.declare.models.survey_blocks import Crossing, Extended, Weighting
from ess_observatory.declare.places import KeyPath
from ess_observatory.declare.reading import Document, name_of
from ess_observatory.declare.row_codes import Rows, named_row_faults

#: Column of the frame → the declared CSVs and their columns that say what it may hold.
_VALUES = {
    "ess_family": (("rules/ess_families.csv", "family"),),
    "size_band": (("rules/size_bands.csv", "code"),),
    "sector": (("rules/nomenclatures/naf_rev2.csv", "a38"), ("rules/nomenclatures/naf_2025.csv", "section")),
}
#: Rules that name establishments: they never leave.
_NAMING = re.compile(r"(?:rules/named_decisions|survey/.*)\.csv")


def row_faults(context: Context, made: dict[str, Rows]) -> Iterator[Fault]:
    """Rows that a card names and that its table does not make; settings that stand on nothing."""
    yield from named_row_faults(context, made)
    yield from _fed(context.loaded)
    yield from _needed(context.loaded)
    yield from _values(context)
    yield from _leaving(context.loaded)


def _fed(loaded: Loaded) -> Iterator[Fault]:
    """A table of the survey that no survey feeds."""
    surveys = {name for name, (_, source) in loaded.sources.items() if source.kind == "survey"}
    for document, card in loaded.cards.values():
        if card.survey is not None and surveys and not surveys & set(card.sources):
            what = "un tableau calculé sur les réponses a l’enquête pour source"
            yield document.fault(("sources",), what, f"ajoutez « {sorted(surveys)[0]} »")


def _needed(loaded: Loaded) -> Iterator[Fault]:
    """Files without which a declared table, or edition, would quietly be less than it says."""
    survey = [(name, card.survey) for name, (_, card) in loaded.cards.items() if card.survey is not None]
    extended = [name for name, block in survey if isinstance(block, (Crossing, Extended, Weighting))]
    for names, place in (([name for name, _ in survey], "questionnaire.yml"), (extended, "estimation.toml")):
        path = loaded.pipelines / "survey" / place
        if names and not path.exists() and not path.is_symlink():
            what = f"fichier introuvable : le tableau « {names[0]} » en dépend"
            yield Fault(name_of(path, loaded.root), what=what, fix="remettez-le à sa place")
    for document, edition in loaded.editions.values():
        if edition.replication is not None:
            path = loaded.pipelines / "replications" / edition.replication / "figures.csv"
            if path.parent.is_dir() and not path.exists():
                yield document.fault(
                    ("replication",), "ce dossier n’a pas de figures.csv", "remettez-y les chiffres publiés"
                )


def _values(context: Context) -> Iterator[Fault]:
    """Values of a characteristic that no establishment can have."""
    if (entry := context.loaded.one("estimation")) is None:
        return
    for number, variable in enumerate(entry.model.variables):
        listed = (context.csvs.listed(*place) for place in _VALUES.get(variable.column, ()))
        known = frozenset[str]().union(*listed)
        for rank, group in enumerate(variable.groups):
            for place, value in enumerate(group.values):
                at = ("variables", number, "groups", rank, "values", place)
                yield from unknown(entry.document, at, value, known, "code")


def _leaving(loaded: Loaded) -> Iterator[Fault]:
    if (entry := loaded.one("package")) is None:
        return
    for number, name in enumerate(entry.model.rules):
        if _NAMING.fullmatch(name):
            what = "ce fichier nomme des structures : il ne sort pas de l’observatoire"
            yield entry.document.fault(("rules", number), what, "retirez-le de « rules »")


def header_faults(document: Document, source: SourceFile) -> Iterator[Fault]:
    """A header by which two columns of a source would be known, or that is left aside too; a column that none brings."""
    owners: dict[str, str] = {}
    for number, column in enumerate(source.columns):
        at = ("columns", number, "headers")
        if not column.headers and not column.headers_by_vintage and not column.is_vintage:
            yield document.fault(
                at, "colonne sans en-tête : rien ne la remplirait", "donnez les en-têtes du producteur"
            )
        for rank, header in enumerate(column.headers):
            if (other := owners.setdefault(header.strip().casefold(), column.name)) != column.name:
                what = f"cet en-tête est déjà celui de la colonne « {other} »"
                yield document.fault((*at, rank), what, "gardez-le d’un seul côté")
    for number, header in enumerate(source.ignored_headers):
        if (owner := owners.get(header.strip().casefold())) is not None:
            what = f"cet en-tête est celui de la colonne « {owner} »"
            yield document.fault(("ignored_headers", number), what, "retirez-le d’un des deux côtés")


def layout_faults(context: Context) -> Iterator[Fault]:
    """A source or a column that the observatory's own headers name and that does not exist; a header that is another column's."""
    loaded, entry = context.loaded, context.loaded.one("layouts")
    if entry is None:
        return
    given: dict[tuple[str, str], str] = {}
    document = entry.document
    for number, layout in enumerate(entry.model.layouts):
        at = ("layouts", number)
        yield from unknown(document, (*at, "source"), layout.source, loaded.known("source"), "nom de source")
        if layout.source not in loaded.sources:
            continue
        source = loaded.sources[layout.source][1]
        wide = source.unpivot.spec().columns.values() if source.unpivot else ()
        names = [*(column.name for column in source.columns), *wide]
        owners = {h.strip().casefold(): column.name for column in source.columns for h in column.headers}
        for header, name in layout.headers.items():
            where: KeyPath = (*at, "headers", header)
            if name not in names:
                yield from unknown(document, where, name, names, "nom de colonne")
                continue
            key = header.strip().casefold()
            other = given.setdefault((layout.source, key), name)
            other = owners.get(key, other)
            if other != name:
                what = f"cet en-tête est déjà celui de la colonne « {other} »"
                yield document.fault(where, what, "gardez-le d’un seul côté")
        for rank, header in enumerate(layout.ignored):
            if name := given.get((layout.source, header.strip().casefold()), ""):
                what = f"cet en-tête remplit déjà la colonne « {name} »"
                yield document.fault((*at, "ignored", rank), what, "retirez-le d’un des deux côtés")
