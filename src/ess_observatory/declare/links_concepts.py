"""What a card says of concepts, and the concepts among themselves: names that are declared somewhere."""

from __future__ import annotations

from collections.abc import Iterator

from ess_observatory.declare.faults import Fault
from ess_observatory.declare.links_rules import Context, unknown
from ess_observatory.declare.load import Loaded
from ess_observatory.declare.models.cards import CardFile
from ess_observatory.declare.reading import Document

PLACE = "pipelines/rules/concepts.toml"


def concept_faults(document: Document, card: CardFile, loaded: Loaded) -> Iterator[Fault]:
    """Concepts and groups that a card names and that nothing declares."""
    entry = loaded.one("concepts")
    concepts = set(entry.model.concepts) if entry else set()
    groups = set(entry.model.groups) if entry else set()
    for number, column in enumerate(card.columns):
        if column.concept is not None:
            yield from unknown(
                document, ("columns", number, "concept"), _name(column.concept), concepts, "concept", PLACE
            )
    for cell, concept in card.concepts.items():
        yield from unknown(document, ("concepts", cell), _name(concept), concepts, "concept", PLACE)
    for number, group in enumerate(card.groups):
        yield from unknown(document, ("groups", number), group, groups, "groupe de concepts", PLACE)


def group_faults(context: Context) -> Iterator[Fault]:
    """Groups, ranks and sources of the concepts themselves."""
    if (entry := context.loaded.one("concepts")) is None:
        return
    document, model = entry.document, entry.model
    sources = context.loaded.sources
    known = set(sources) | {source.role for _, source in sources.values() if source.role}
    ranks: dict[tuple[str, int], str] = {}
    for name, concept in model.concepts.items():
        at = ("concepts", name)
        for key in ("source", "per"):
            if (given := getattr(concept, key)) is not None:
                yield from unknown(document, (*at, key), given, known, "rôle ou source")
        if concept.group is None or concept.rank is None:
            continue
        yield from unknown(document, (*at, "group"), concept.group, model.groups, "groupe de concepts")
        if other := ranks.get((concept.group, concept.rank)):
            what = f"rang {concept.rank} déjà pris par « {other} » dans le groupe « {concept.group} »"
            yield document.fault((*at, "rank"), what, "donnez à chaque concept du groupe son rang")
        ranks[concept.group, concept.rank] = name


def _name(concept: str) -> str:
    return concept.partition("@")[0]
