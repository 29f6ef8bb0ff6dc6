"""Headers as data: what a source's declared headers make of the lines of a sheet."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from ess_observatory.declare.source_spec import SourceSpec
from ess_observatory.read.refused_headers import REFUSED_HEADERS

if TYPE_CHECKING:
    from ess_observatory.tabular.sheets import Sheet

#: In a declared header, stand for the year that its column is about: 2024, or 24.
YEARS = {"{vintage}": ("zzvintagezz", "((?:19|20)[0-9]{2})"), "{yy}": ("zzyyzz", "([0-9]{2})")}
#: Without two digits, a header names no year.
_DATED = re.compile("[0-9]{2}")


@lru_cache(maxsize=20_000)
def normalise(header: str) -> str:
    """A header reduced to what matters when comparing: letters and digits, no case, no accents."""
    text = unicodedata.normalize("NFKD", header.replace("œ", "oe").replace("’", "'").replace("°", "o"))
    text = "".join(char for char in text if not unicodedata.combining(char)).casefold()
    return re.sub(r"[^a-z0-9]+", " ", text).strip()


def column_letter(position: int) -> str:
    """The name that a spreadsheet gives to the column at a 0-based position: A, B, … AA."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@dataclass
class Reading:
    """What one possible header gives: column name → position, and what does not fit.

    `by_year`: for a column that the file gives year after year, the position of each (see `of_year`).
    """

    line: int
    height: int
    texts: list[str | None]
    mapping: dict[str, int] = field(default_factory=dict)
    unknown: list[tuple[int, str]] = field(default_factory=list)
    doubles: list[tuple[str, int, int]] = field(default_factory=list)
    vintages: Counter[int] = field(default_factory=Counter)
    ignored: int = 0
    by_year: dict[str, dict[int, int]] = field(default_factory=dict)

    @property
    def rank(self) -> tuple[int, int, int, int, int]:
        """The best reading is the one of greatest rank."""
        return len(self.mapping), -len(self.unknown), self.ignored, -self.height, -self.line

    def of_year(self, year: int) -> set[str]:
        """Take, for the columns given by year, that of this one; gives those that the file has not for it."""
        lacking = {column for column, years in self.by_year.items() if year not in years}
        self.mapping |= {column: years[year] for column, years in self.by_year.items() if year in years}
        for column in lacking:
            del self.mapping[column]
        return lacking


@dataclass(frozen=True)
class Candidate:
    """Lines that could be a header: for every column the texts that may name it, the most likely first."""

    line: int
    height: int
    names: list[list[str]]

    @cached_property
    def keys(self) -> frozenset[str]:
        """All these texts, as headers are compared."""
        return frozenset(normalise(name) for names in self.names for name in names)


def candidates(sheet: Sheet) -> Iterator[Candidate]:
    """Every line of the head that could be a header, alone or with the line above it (merged cells spread out)."""
    head = sheet.head
    for index, row in enumerate(head):
        if sum(cell is not None for cell in row) >= 2:
            yield Candidate(index + 1, 1, [[cell] if cell else [] for cell in row])
    for index in range(len(head) - 1):
        top, below = head[index], head[index + 1]
        if any(top) and sum(cell is not None for cell in below) >= 2:
            spread = _spread(sheet, index, top, below)
            yield Candidate(index + 2, 2, [_names(a, b) for a, b in spread])


def _names(top: str | None, below: str | None) -> list[str]:
    if top and below:
        return [f"{top} {below}", f"{below} {top}", below]
    return [text for text in (top, below) if text]


def _spread(
    sheet: Sheet, index: int, top: list[str | None], below: list[str | None]
) -> list[tuple[str | None, str | None]]:
    """Pairs (text above, text below) of two header lines, the text of merged cells given to all of them."""
    width = max(len(top), len(below))
    above: list[str | None] = [*top, *[None] * (width - len(top))]
    under: list[str | None] = [*below, *[None] * (width - len(below))]
    if sheet.merged:
        for (first_row, first), (last_row, last) in sheet.merged:
            if first_row <= index <= last_row and first < width and first_row < len(sheet.head):
                origin = sheet.head[first_row]
                for position in range(first, min(last + 1, width)):
                    above[position] = above[position] or (origin[first] if first < len(origin) else None)
    else:
        for position in range(1, width):
            if above[position] is None and under[position]:
                above[position] = above[position - 1]
    return list(zip(above, under, strict=True))


class HeaderIndex:
    """The declared headers of a source, ready to be compared."""

    def __init__(self, spec: SourceSpec) -> None:
        self.spec = spec
        set_aside = {normalise(header) for header in spec.ignored_headers}
        self.exact: dict[str, tuple[str, int | None]] = {}
        self.patterns: list[tuple[re.Pattern[str], str]] = []
        for column in spec.columns:
            for header in column.headers:
                if pattern := _with_year(header):
                    self.patterns.append((pattern, column.name))
                else:
                    self.exact.setdefault(normalise(header), (column.name, None))
            for vintage, headers in column.headers_by_vintage.items():
                for header in headers:
                    self.exact[normalise(header)] = (column.name, vintage)
        self.exact = {header: found for header, found in self.exact.items() if header not in set_aside}
        self.required = {column.name for column in spec.columns if column.required}
        wide = spec.unpivot.column_specs() if spec.unpivot else ()
        self.measures = {*spec.recognised_by, *(column.name for column in wide)}
        ignored = (*spec.ignored_headers, *REFUSED_HEADERS)
        self.ignored = set_aside | {normalise(header) for header in REFUSED_HEADERS}
        self.ignored_patterns = [pattern for header in ignored if (pattern := _with_year(header))]

    def find(self, text: str) -> tuple[str, int | None] | None:
        """The column that a header names, and the vintage that it gives away."""
        key = normalise(text)
        if found := self.exact.get(key):
            return found
        for pattern, name in self.patterns:
            if match := pattern.fullmatch(key):
                return name, 2000 * (len(match[1]) == 2) + int(match[1])
        return None

    def ignores(self, text: str) -> bool:
        """Whether a header is one of those that need not be read."""
        key = normalise(text)
        return key in self.ignored or any(pattern.fullmatch(key) for pattern in self.ignored_patterns)

    def knows(self, candidate: Candidate) -> bool:
        """Whether these lines hold one header of this source: most hold none of most sources, and are not read further."""
        if not candidate.keys.isdisjoint(self.exact):
            return True
        return any(pattern.fullmatch(key) for pattern, _ in self.patterns for key in candidate.keys)

    def is_enough(self, reading: Reading) -> bool:
        """Whether a reading makes a sheet of this source: all that is required, a measure of those it is made of if it is wide, and
        more than a lone common header."""
        fewest = min(2, len(self.spec.columns))
        measured = not self.measures or not self.measures.isdisjoint(reading.mapping)
        return measured and len(reading.mapping) >= fewest and self.required <= reading.mapping.keys()

    def shares(self, reading: Reading, other: HeaderIndex) -> list[tuple[int, str]]:
        """What is unknown of a reading once another source has said which headers are its own."""
        return [
            (position, text)
            for position, text in reading.unknown
            if other.find(text) is None and not other.ignores(text)
        ]

    def read(self, candidate: Candidate) -> Reading:
        """What these lines give, taken as the header of this source."""
        reading = Reading(
            candidate.line, candidate.height, [names[0] if names else None for names in candidate.names]
        )
        for position, names in enumerate(candidate.names):
            if not names:
                continue
            hit = next(((found, name) for name in names if (found := self.find(name))), None)
            if hit is None:
                if any(self.ignores(name) for name in names):
                    reading.ignored += 1
                else:
                    reading.unknown.append((position, names[0]))
                continue
            (column, vintage), text = hit
            reading.texts[position] = text
            if vintage:
                reading.vintages[vintage] += 1
                years = reading.by_year.setdefault(column, {})
                if years and vintage not in years:
                    years[vintage] = position
                    reading.ignored += 1
                    continue
                years[vintage] = position
            if column in reading.mapping:
                reading.doubles.append((column, reading.mapping[column], position))
            else:
                reading.mapping[column] = position
        return reading


def _with_year(header: str) -> re.Pattern[str] | None:
    """The pattern of a declared header in which a year stands, as normalised headers are compared."""
    if not any(sign in header for sign in YEARS):
        return None
    for sign, (word, _) in YEARS.items():
        header = header.replace(sign, word)
    text = normalise(header)
    for word, digits in YEARS.values():
        text = text.replace(word, digits)
    return re.compile(text)


class Vocabulary:
    """The headers of every source together: most lines hold none, and no source needs to look at them."""

    def __init__(self, indexes: list[HeaderIndex]) -> None:
        self.exact = frozenset().union(*(index.exact for index in indexes))
        self.patterns = [pattern for index in indexes for pattern, _ in index.patterns]

    def knows(self, candidate: Candidate) -> bool:
        """Whether these lines hold one header of any source."""
        if not candidate.keys.isdisjoint(self.exact):
            return True
        if not self.patterns or not _DATED.search("\n".join(candidate.keys)):
            return False
        dated = [key for key in candidate.keys if _DATED.search(key)]
        return any(pattern.fullmatch(key) for pattern in self.patterns for key in dated)


def place(sheet: Sheet) -> str:
    """« file, feuille X » as shown in messages."""
    return f"{sheet.relative}, feuille « {sheet.name} »" if sheet.name else sheet.relative
