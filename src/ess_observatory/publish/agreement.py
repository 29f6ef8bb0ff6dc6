"""Publications beside each other: the same figure of the same files is the same number, whichever edition or territory prints it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ess_observatory.publish.concepts import same_number
from ess_observatory.publish.publication import Publication
from ess_observatory.quality.verdicts import Verdict, verdict

#: Dimensions whose members are the same place in every publication.
AREAS = frozenset(("commune", "epci", "arrondissement", "zone_emploi", "departement", "region", "france"))


@dataclass(frozen=True)
class Printed:
    """A figure as a publication prints it."""

    book: int
    where: str
    row: str
    sign: str
    numbers: tuple[float | None, ...]
    decimals: int
    shown: str


@dataclass(frozen=True)
class Disagreement:
    """One figure that publications of the same files do not print alike."""

    concept: str
    category: str
    label: str
    printed: tuple[Printed, ...]

    @property
    def said(self) -> str:
        """« Postes de l’ESS, Anor : 120 dans a-2026, tableau 1.2 ; s dans b-2026, tableau 2.1 »."""
        values = " ; ".join(f"{one.shown} dans {one.where}" for one in self.printed)
        return f"{self.label}, {self.printed[0].row} : {values}"

    def as_dict(self) -> dict[str, Any]:
        """The disagreement as plain data."""
        values = [{"where": one.where, "value": one.numbers[0], "sign": one.sign} for one in self.printed]
        return {"concept": self.concept, "category": self.category, "label": self.label, "values": values}


def disagreements(books: Iterable[Publication], are_apart: bool = False) -> list[Disagreement]:
    """Figures of one concept, one area and one category that two publications made from the same files print differently.

    Compared only where files, perimeter and date of the concept are the same: what changed since may rightly differ. `are_apart`:
    their territories have no commune in common, so that only the areas that they are compared with can meet.
    """
    first: dict[tuple[Any, ...], tuple[Printed, str]] = {}
    apart: dict[tuple[Any, ...], list[Printed]] = {}
    for number, book in enumerate(books):
        for key, one, label in _prints(book, number, are_apart):
            known = first.setdefault(key, (one, label))[0]
            if known.book != number and _differ(known, one):
                apart.setdefault(key, [known]).append(one)
    return [Disagreement(key[0], key[1], first[key][1], tuple(printed)) for key, printed in apart.items()]


def agreement(books: Iterable[Publication], are_apart: bool = False) -> list[Verdict]:
    """A warning a figure on which publications disagree."""
    return [
        verdict(
            f"publications.{found.concept}.{found.category}",
            "publication",
            "Deux publications des mêmes fichiers donnent le même chiffre",
            "warn",
            False,
            found.said,
        )
        for found in disagreements(books, are_apart)
    ]


def _prints(
    book: Publication, number: int, are_apart: bool
) -> Iterator[tuple[tuple[Any, ...], Printed, str]]:
    """The figures of a publication by all that makes two of them one: the first of each, as the others are like it."""
    area, manifest = book.concepts.get("area"), book.manifest
    files = {s["id"]: frozenset(f["sha256"] for f in s["files"]) for s in manifest.get("sources", ())}
    figures = {figure.id: figure for figure in book.figures()}
    for concept, told in book.concepts.get("concepts", {}).items():
        if "made_from" not in told:
            continue
        made_from = tuple((source, files.get(source, frozenset())) for source in told["made_from"])
        seen: set[str] = set()
        for figure_id, category in told["figures"].items():
            # a share of the territory's whole is of that territory, whatever the area whose share it is
            is_area = category.partition("=")[0] in AREAS and not _is_share(concept)
            place = category if is_area else ",".join(filter(None, (area, category)))
            figure = figures.get(figure_id)
            if figure is None or place in seen or (are_apart and not is_area):
                continue
            seen.add(place)
            cell, column = figure.cell, figure.column
            decimals = cell.decimals if cell.decimals is not None else column.decimals
            where = f"{manifest['edition']}, tableau {figure.table.number}"
            one = Printed(
                number,
                where,
                figure.row.label,
                cell.sign,
                (cell.value, cell.low, cell.high),
                decimals,
                figure.formatted(),
            )
            yield (concept, place, manifest.get("perimeter"), told["date"], made_from), one, told["label"]


def _is_share(concept: str) -> bool:
    return "share" in concept.split(".")[1:]


def _differ(one: Printed, other: Printed) -> bool:
    pairs = zip(one.numbers, other.numbers, strict=True)
    return one.sign != other.sign or not all(
        same_number(x, one.decimals, y, other.decimals) for x, y in pairs
    )
