"""What a table of the survey names among its own rows, what the settings of the survey count on, and files that must be there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ess_observatory.declare.faults import Fault, nearest
from ess_observatory.declare.links_rules import Context, sql_text, unknown
from ess_observatory.declare.load import Loaded
from ess_observatory.declare.models.cards import CardFile
from ess_observatory.declare.models.claims import Leader, More
from ess_observatory.declare.models.survey_blocks import Crossing, Extended, Numbers, Weighting
from ess_observatory.declare.places import KeyPath
from ess_observatory.declare.reading import Document, name_of

#: Column of the frame → the declared CSV and its column that say what it may hold.
_VALUES = {
    "ess_family": ("rules/ess_families.csv", "family"),
    "size_band": ("rules/size_bands.csv", "code"),
    "sector": ("rules/nomenclatures/naf_rev2.csv", "a38"),
}
#: Rules that name establishments: they never leave.
_NAMING = re.compile(r"(?:rules/named_decisions|survey/.*)\.csv")


def row_faults(context: Context) -> Iterator[Fault]:
    """Rows that a card of the survey names and does not make; settings that stand on nothing."""
    rows = {name: made for name, (_, card) in context.loaded.cards.items() if (made := _rows(card))}
    literals = {
        name: _literals(document, card)
        for name, (document, card) in context.loaded.cards.items()
        if card.survey is None
    }
    for name, (document, card) in context.loaded.cards.items():
        for path, table, row in _named_rows(name, card):
            if table in rows:
                yield from unknown(document, path, row, rows[table], f"nom de ligne « {row} »")
            elif table in literals and (close := _misspelt(row, literals[table])):
                what = f"nom de ligne inconnu « {row} »"
                yield document.fault(path, what, f"voulez-vous dire « {close} » ?")
    yield from _fed(context.loaded)
    yield from _needed(context.loaded)
    yield from _values(context)
    yield from _leaving(context.loaded)


def _rows(card: CardFile) -> set[str]:
    """The codes of the rows of a table, when its card alone says them all."""
    block = card.survey
    return {row.code for row in block.indicators} if isinstance(block, (Numbers, Extended)) else set()


def _literals(document: Document, card: CardFile) -> frozenset[str]:
    """The texts that the query of a table, or of its dimension, writes, the codes of its own rows among them."""
    query = document.path.parent / "query.sql"
    if card.rows is not None:
        query = document.path.parents[2] / "dimensions" / f"{card.rows.dimension}.sql"
    return frozenset(re.findall(r"'([a-z][a-z0-9_.]*)'", sql_text(query)))


def _misspelt(row: str, literals: frozenset[str]) -> str | None:
    """The text of the query that a row is one slip away from; a query may make codes that it does not write (`'top_' || rank`)."""
    if row in literals or any(row.startswith(text) for text in literals if text.endswith(("_", "."))):
        return None
    return nearest(row, literals) if re.fullmatch(r"[a-z][a-z_]{2,}", row) else None


def _fed(loaded: Loaded) -> Iterator[Fault]:
    """A table of the survey that no survey feeds."""
    surveys = {name for name, (_, source) in loaded.sources.items() if source.kind == "survey"}
    for document, card in loaded.cards.values():
        if card.survey is not None and surveys and not surveys & set(card.sources):
            what = "un tableau calculé sur les réponses a l’enquête pour source"
            yield document.fault(("sources",), what, f"ajoutez « {sorted(surveys)[0]} »")


def _named_rows(own: str, card: CardFile) -> Iterator[tuple[KeyPath, str, str]]:
    """(path, table, row) of every row that a card names."""
    for key in ("figures", "concepts"):
        for cell in getattr(card, key):
            yield (key, cell), own, cell.partition("/")[0]
    cells: list[tuple[KeyPath, str | None]] = []
    for number, column in enumerate(card.columns):
        cells.append((("columns", number, "follows"), column.follows))
        if column.ratio is not None:
            cells.append((("columns", number, "ratio", "numerator"), column.ratio.numerator))
            cells.append((("columns", number, "ratio", "denominator"), column.ratio.denominator))
    if (secrecy := card.secrecy) is not None:
        for number, total in enumerate(secrecy.sums):
            cells.append((("secrecy", "sums", number, "whole"), total.whole))
            cells += [
                (("secrecy", "sums", number, "parts", rank), part) for rank, part in enumerate(total.parts)
            ]
        for number, pair in enumerate(secrecy.differences):
            cells.append((("secrecy", "differences", number, "whole"), pair.whole))
            cells.append((("secrecy", "differences", number, "part"), pair.part))
        if secrecy.history_row is not None:
            yield ("secrecy", "history_row"), own, secrecy.history_row
    for name, claim in card.claims.items():
        if isinstance(claim, Leader):
            for key in ("rows", "exclude", "unnamed"):
                for number, row in enumerate(getattr(claim, key)):
                    yield ("claims", name, key, number), own, row
        else:
            other = ("than", claim.than) if isinstance(claim, More) else ("of", claim.of)
            cells += [(("claims", name, "cell"), claim.cell), (("claims", name, other[0]), other[1])]
    for path, named in cells:
        if named is not None and "/" in named:
            table, _, rest = named.rpartition(":")
            yield path, table or own, rest.rpartition("/")[0]
    if card.chart is not None:
        for key in ("include", "exclude", "apart", "negative", "neutral", "positive", "highlight"):
            listed = getattr(card.chart, key)
            for number, row in enumerate(listed if isinstance(listed, list) else ()):
                yield ("chart", key, number), own, row


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
        known = context.csvs.listed(*_VALUES[variable.column]) if variable.column in _VALUES else frozenset()
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


def header_faults(document: Document, columns: list[tuple[str, list[str]]]) -> Iterator[Fault]:
    """A header by which two columns of a source would be known."""
    owners: dict[str, str] = {}
    for number, (name, headers) in enumerate(columns):
        for rank, header in enumerate(headers):
            if (other := owners.setdefault(header.strip().casefold(), name)) != name:
                what = f"cet en-tête est déjà celui de la colonne « {other} »"
                yield document.fault(("columns", number, "headers", rank), what, "gardez-le d’un seul côté")
