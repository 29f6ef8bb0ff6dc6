"""What may be done of the headers that nobody declared, held against the values of their columns: lines for `local/headers.toml`.

An alias is proposed by meaning and by type together, for a column that the file does not fill yet, when one header and one column
fit each other and nothing else; else the candidates are told and whoever knows the file chooses. A column that means nothing to the
source is proposed to be left aside, by its name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ess_observatory.declare.source_spec import ColumnSpec, SourceSpec
from ess_observatory.engine.database import Database
from ess_observatory.read.cast import typing_of
from ess_observatory.read.headers import column_letter, normalise, place
from ess_observatory.read.likeness import HeaderWords, Likeness
from ess_observatory.read.recognise import Match

#: The observatory's own headers, from the root of the project.
PLACE = "pipelines/local/headers.toml"
#: Types whose values are known by themselves: a key, or a nomenclature.
_CLOSED = frozenset(("siret", "siren", "commune", "naf", "legal_category"))
#: Types whose values look all the same: only the words of the header tell one column from another.
_COMMON = frozenset(("integer", "decimal", "date", "postcode"))
_SAMPLE = 500  # rows under the header
_FEWEST = 3  # distinct values that say something by themselves
_MOST_WRONG = 0.1  # of the cells: a file has its slips
_MOST_HEADERS = 300  # beyond, a file is no table of a producer
_RANKS: dict[Likeness | None, int] = {"same": 3, "near": 2, None: 1}


@dataclass(frozen=True)
class Choice:
    """What only someone who knows the file can tell: a column to fill, and the headers that could be it."""

    column: str
    label: str
    why: str
    candidates: tuple[str, ...]


@dataclass
class Advice:
    """The lines that make a sheet readable; `is_ready` when nothing is left to choose."""

    match: Match
    headers: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)
    choices: list[Choice] = field(default_factory=list)

    @property
    def is_ready(self) -> bool:
        """Whether the lines, pasted as they are, leave no header unknown and no required column missing."""
        return not self.choices and bool(self.headers or self.ignored)

    @property
    def block(self) -> str:
        """The lines to paste at the end of `local/headers.toml`; what is left to choose is there as comments."""
        lines = [f"# {place(self.match.sheet)}, ligne {self.match.header_line}", "[[layouts]]"]
        lines.append(f"source = {quoted(self.match.source)}")
        if self.ignored:
            lines += ["ignored = [", *(f"    {quoted(h)}," for h in self.ignored), "]"]
        lines += [f"headers.{quoted(header)} = {quoted(name)}" for header, name in self.headers.items()]
        for choice in self.choices:
            lines.append(f"# {choice.label} : {choice.why}")
            lines += [
                f"# headers.{quoted(header)} = {quoted(choice.column)}"
                if choice.column
                else f"# ignored = [{quoted(header)}]"
                for header in choice.candidates
            ]
        return "\n".join(lines)


class Adviser:
    """Gives advice on sheets, with the engine and the nomenclatures that tell what their values are."""

    def __init__(self, db: Database, specs: Mapping[str, SourceSpec], words: HeaderWords) -> None:
        self.db, self.specs, self.words = db, specs, words
        self._fits: dict[tuple[int, str], bool] = {}

    def of(self, match: Match, *, doubled: bool = False) -> Advice:
        """What to do of the unknown headers of a sheet, and of the required columns that it seems to lack; `doubled`: of the
        columns that it gives twice too."""
        spec, advice = self.specs[match.source], Advice(match)
        if doubled:
            _choose_doubled(advice, spec)
        if len(match.unknown) > _MOST_HEADERS:
            return advice
        self._fits = {}
        values = self._values(match)
        often = Counter(normalise(header) for _, header in match.unknown)
        wide = set(spec.unpivot.columns.values()) if spec.unpivot else set()
        absent = [
            c for c in spec.columns if c.name not in match.mapping and c.name not in wide and not c.is_vintage
        ]
        fitting: dict[str, list[tuple[int, str]]] = {}
        for column in absent:
            for position, header in match.unknown:
                like = self._like(header, column)
                if often[normalise(header)] == 1 and self._may_be(spec, column, position, like, values):
                    known_by_itself = column.type in _CLOSED and bool(values[position])
                    rank = _RANKS[like] + (10 if like and known_by_itself else 0)
                    fitting.setdefault(column.name, []).append((rank, header))
        chosen = _matched(fitting)
        advice.headers = {header: name for _, header in match.unknown if (name := chosen.get(header))}
        filled, held = set(advice.headers.values()), set(advice.headers)
        for column in absent:
            candidates = [header for _, header in sorted(fitting.get(column.name, []), key=lambda c: -c[0])]
            candidates = [header for header in candidates if header not in advice.headers]
            if column.name in filled or not (column.required or candidates):
                continue
            if column.required and not candidates:
                candidates = self._of_that_type(spec, column, match, values, advice.headers)
            why = "à choisir" if candidates else "aucune colonne du fichier ne lui ressemble"
            advice.choices.append(Choice(column.name, column.shown, why, tuple(candidates)))
            held |= {header for _, header in fitting.get(column.name, [])}
        for _, header in match.unknown:
            advice.said[header] = self._said(header, spec, advice)
            if header not in held and header not in advice.ignored:
                advice.ignored.append(header)
        if any(column.required and column.name not in filled for column in absent):
            advice.ignored = []  # nothing is left aside in a file that may be another's
        return advice

    def _values(self, match: Match) -> dict[int, list[str]]:
        """What the cells of the unknown columns hold, in the first rows under the header."""
        rows = match.sheet.loader(match.header_line + _SAMPLE)[match.header_line :]
        return {
            position: [text for row in rows if position < len(row) and (text := row[position])]
            for position, _ in match.unknown
        }

    def _like(self, header: str, column: ColumnSpec) -> Likeness | None:
        """How a header is like those of a column, and of the columns of that name and type in the other sources."""
        known = [h for spec in self.specs.values() for c in spec.columns if (c.name, c.type) == (column.name, column.type) for h in c.headers]  # fmt: skip
        found = {self.words.likeness(header, other) for other in dict.fromkeys((*column.headers, *known))}
        order: tuple[Likeness, ...] = ("same", "near", "series")
        return next((like for like in order if like in found), None)

    def _may_be(
        self,
        spec: SourceSpec,
        column: ColumnSpec,
        position: int,
        like: Likeness | None,
        values: dict[int, list[str]],
    ) -> bool:
        """Whether a header can be a column: by its meaning and by its values."""
        if like == "series":
            return False
        if not values[position]:
            return like == "same"
        if like == "same":
            return self._fit(spec, column, position, values)
        if column.type in _CLOSED and len(set(values[position])) >= _FEWEST and (like or column.required):
            return self._fit(spec, column, position, values)
        if not column.required or like is None or column.type in _COMMON:
            return False
        worded = [value for value in values[position] if re.search(r"[^\W\d_]{2}", value)]
        return self._fit(spec, column, position, values) and len(worded) >= 0.9 * len(values[position])

    def _fit(self, spec: SourceSpec, column: ColumnSpec, position: int, values: dict[int, list[str]]) -> bool:
        """Whether the values of a column of the file are of the type of a column of the source."""
        if column.type == "text":
            return True
        key = (position, f"{column.type} {column.nomenclature} {column.allow}")
        if key not in self._fits:
            import pyarrow as pa

            size = len(values[position])
            texts = {name: pa.nulls(size, pa.string()) for name in ("_file", "_sha256", "_sheet", "_flags")}
            table = pa.table({"v": values[position], **texts, "_line": pa.array(range(size), pa.int64())})
            self.db.put("staging._advice", table)
            alone = replace(spec, columns=(replace(column, name="v", required=False),), unpivot=None)
            rows = typing_of(alone, table="staging._advice").rows
            wrong = self.db.rows(f"select count(refusal_no) from ({rows})")[0][0]
            self.db.execute("drop table staging._advice")
            self._fits[key] = wrong <= _MOST_WRONG * size
        return self._fits[key]

    def _of_that_type(
        self,
        spec: SourceSpec,
        column: ColumnSpec,
        match: Match,
        values: dict[int, list[str]],
        taken: Iterable[str],
    ) -> list[str]:
        """Headers of which nothing but the values says that they could be a required column."""
        return [
            header
            for position, header in match.unknown
            if header not in taken and values[position] and self._like(header, column) != "series"
            and column.type != "text" and self._fit(spec, column, position, values)
        ][:3]  # fmt: skip

    def _said(self, header: str, spec: SourceSpec, advice: Advice) -> str:
        if name := advice.headers.get(header):
            return f"c’est, par son sens et ses valeurs, « {_label(spec, name)} »"
        if choice := next((c for c in advice.choices if header in c.candidates), None):
            return f"peut-être « {choice.label} »"
        for column in spec.columns:
            for known in column.headers:
                if self.words.likeness(header, known) == "series":
                    return f"comme « {known} », mais d’une autre année ou d’un autre rang : ce serait une nouvelle colonne de la source"
        return "la source n’en a pas l’usage"


def _matched(fitting: dict[str, list[tuple[int, str]]]) -> dict[str, str]:
    """Header → column, where each is the best of the other and nothing else is as good."""
    best: dict[str, list[tuple[int, str]]] = {}
    for name, candidates in fitting.items():
        highest = max(rank for rank, _ in candidates)
        tops = [header for rank, header in candidates if rank == highest]
        if len(tops) == 1:
            best.setdefault(tops[0], []).append((highest, name))
    found = {}
    for header, columns in best.items():
        highest = max(rank for rank, _ in columns)
        tops = [name for rank, name in columns if rank == highest]
        if len(tops) == 1:
            found[header] = tops[0]
    return found


def _choose_doubled(advice: Advice, spec: SourceSpec) -> None:
    """The columns that a sheet gives twice, with different contents: one is to be left aside, by its name."""
    texts = advice.match.texts
    for name, first, second in advice.match.doubles:
        pair = [text for position in (first, second) if (text := texts[position])]
        where = f"colonnes {column_letter(first)} et {column_letter(second)}"
        if len({normalise(text) for text in pair}) == 2:
            advice.choices.append(
                Choice("", _label(spec, name), f"donnée deux fois ({where}) ; écartez-en une", tuple(pair))
            )
        else:
            why = f"donnée deux fois sous le même en-tête ({where}) ; renommez-en une dans le fichier"
            advice.choices.append(Choice("", _label(spec, name), why, ()))


def _label(spec: SourceSpec, name: str) -> str:
    return next((c.headers[0] for c in spec.columns if c.name == name and c.headers), name)


def quoted(text: str) -> str:
    """A TOML string."""
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return (
        '"'
        + "".join(
            escapes.get(c, c if c.isprintable() or c in "\u00a0\u202f" else f"\\u{ord(c):04x}") for c in text
        )
        + '"'
    )


def blocks(advices: Iterable[Advice]) -> str:
    """The lines of several sheets, those of one source and one layout once."""
    seen: dict[str, str] = {}
    for advice in advices:
        lines = advice.block
        seen.setdefault(lines.partition("\n")[2], lines)
    return "\n\n".join(seen.values())
