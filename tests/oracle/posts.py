"""What producers say of posts, jobs and employers: cells known, hidden, left out or at zero, and the interval that they leave to a sum."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from math import inf

import pandas as pd

from oracle.declared import OBJECTS, Declared
from oracle.facts import UNKNOWN, Fact, exact, total
from oracle.rawfiles import among, number, plain, records, table

FAMILY_LABELS = {"association": "associations", "cooperative": "cooperatives", "mutuelle": "mutuelles",
                 "fondation": "fondations"}  # fmt: skip


@dataclass
class Producer:
    """Cells of one producer: (area, family or "_T", activity, measure) → interval; an area that is not a key is left out."""

    cells: dict[tuple[str, str, str, str], Fact] = field(default_factory=dict)
    #: family → what a residual line says the hidden cells of the file make together (CLAP)
    residual: dict[str, float] = field(default_factory=dict)
    outside_hidden: set[str] = field(default_factory=set)
    territory: str | None = None
    #: a line a cell that has something, hidden or not, for this territory alone: what has no line has nothing (CLAP)
    is_whole: bool = False

    def cell(
        self, area: str, family: str = "_T", activity: str = "_T", measure: str = "posts"
    ) -> Fact | None:
        """A cell that the producer gives, hidden or not."""
        return self.cells.get((area, family, activity, measure))

    @cached_property
    def _areas(self) -> dict[str, dict[tuple[str, str, str], Fact]]:
        """The cells of each area, once they are all there."""
        found: dict[str, dict[tuple[str, str, str], Fact]] = {}
        for (area, *rest), fact in self.cells.items():
            found.setdefault(area, {})[tuple(rest)] = fact  # type: ignore[index]
        return found

    @cached_property
    def families(self) -> frozenset[str]:
        """Those that it gives, all together ("_T") included."""
        return frozenset(key[1] for key in self.cells)

    def knows(self, area: str) -> bool:
        """Whether it gives a cell of an area, hidden or not."""
        return area in self._areas

    def commune(self, code: str, family: str = "_T", measure: str = "posts") -> Fact:
        """What is known of a commune: its own cell, else what its families make."""
        found = self.cell(code, family, "_T", measure) or UNKNOWN
        parts = {
            name: fact for (name, *rest), fact in self._areas.get(code, {}).items() if rest == ["_T", measure]
        }
        families = [fact for name, fact in parts.items() if name != "_T"]
        whole = parts.get("_T", UNKNOWN)
        if family == "_T":
            return found.within(Fact(total(families).low, inf))
        others = total(fact for name, fact in parts.items() if name not in ("_T", family))
        return found.within(Fact(0, max(0, whole.high - others.low)))


def ess_posts(declared: Declared) -> Producer | None:
    """Posts of the ESS: FLORES where the edition has it, else CLAP."""
    if "flores_ess" in declared.edition["sources"]:
        rows = table(declared.raw, "GEO", "ESS_FAMILY", "OBS_VALUE")
        return (
            _where_nobody_works(declared, _flores(declared, rows, "ess_family")) if rows is not None else None
        )
    rows = table(declared.raw, "CODGEO", "FAMILLE", "POSTES")
    return _clap(declared, rows) if rows is not None else None


def _where_nobody_works(declared: Declared, producer: Producer) -> Producer:
    """A commune that it leaves out has nothing of the ESS where all employers together have nothing."""
    everybody = all_posts(declared) or Producer()
    left_out = [code for code in declared.communes if not any(key[0] == code for key in producer.cells)]
    for code in left_out:
        for measure in ("posts", "establishments"):
            whole = everybody.cell(code, measure=measure)
            if whole is not None and whole.high == 0:
                for family in ("_T", *FAMILY_LABELS):
                    producer.cells[code, family, "_T", measure] = exact(0)
    return producer


def all_posts(declared: Declared, private: bool = False) -> Producer | None:
    """Posts of all employers (or of private ones), by the producer of `ess_posts`."""
    if "flores" in declared.edition["sources"]:
        rows = table(declared.raw, "GEO", "LEGAL_FORM_WITH_PUBLIC", "OBS_VALUE")
        if rows is None:
            return None
        kept = rows[
            (rows["legal_form_with_public"] == ("1T9X7" if private else "_T")) & (rows["number_empl"] == "_T")
        ]
        return _flores(declared, kept, None)
    rows = table(declared.raw, "CODGEO", "EFF_TOT") if not private else None
    if rows is None:
        return None
    producer = Producer()
    for row in records(rows):
        if row["eff_tot"]:
            producer.cells[row["codgeo"], "_T", "_T", "posts"] = _cell(row["eff_tot"])
    return producer


def _flores(declared: Declared, rows: pd.DataFrame, family_column: str | None) -> Producer:
    producer = Producer()
    if (
        declared.official
        and ((rows["geo_object"] == declared.official[0]) & (rows["geo"] == declared.official[1])).any()
    ):
        producer.territory = f"{declared.official[0]}:{declared.official[1]}"
    rows = rows[rows["time_period"] == rows["time_period"].max()]
    labels = {plain(row["label"]): row["family"] for row in declared.rules("ess_family_labels")} | {
        "_t": "_T"
    }
    measures = {row["code"]: row["measure"] for row in declared.rules("flores_measures")}
    for row in records(rows):
        area = row["geo"] if row["geo_object"] == "COM" else f"{row['geo_object']}:{row['geo']}"
        if row["geo_object"] == "COM":
            area = declared.moves.get(area, area)
        family = labels.get(plain(row[family_column]), "?") if family_column else "_T"
        producer.cells[area, family, row["activity"] or "_T", measures[row["flores_measure"]]] = _cell(
            row["obs_value"]
        )
    return producer


def _clap(declared: Declared, rows: pd.DataFrame) -> Producer:
    """A line a commune and family; the line of a code in ZZZ is the posts of what is hidden."""
    producer = Producer()
    families = {label: family for family, label in FAMILY_LABELS.items()}
    residual: dict[str, float] = defaultdict(float)
    sums: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    for row in records(rows):
        family = families.get(plain(row["famille"]))
        if not family:
            continue
        if row["codgeo"].endswith("ZZZ"):
            residual[family] += number(row["postes"]) or 0
            continue
        code = declared.moves.get(row["codgeo"], row["codgeo"])
        posts = _cell(row["postes"])
        if code not in declared.communes and not posts.is_exact:
            producer.outside_hidden.add(family)
        for measure, fact in (("posts", posts), ("establishments", _cell(row["etablissements"]))):
            producer.cells[code, family, "_T", measure] = fact
            sums[code, measure].append(fact)
    for (code, measure), facts in sums.items():
        producer.cells[code, "_T", "_T", measure] = total(facts)
    producer.residual = dict(residual)
    given = {
        declared.moves.get(code, code) for code in rows["codgeo"] if code[:2].isalnum() and len(code) == 5
    }
    producer.is_whole = {code for code in given if not code.endswith("ZZZ")} <= declared.communes.keys()
    return producer


def _cell(text: str) -> Fact:
    value = number(text)
    return UNKNOWN if value is None else exact(value)


def in_territory(declared: Declared, producer: Producer, family: str = "_T", measure: str = "posts") -> Fact:
    """What is known of the territory: what is known of these cells alone, and what the other families leave of the whole."""
    found = _alone(declared, producer, family, measure)
    names = producer.families | set(FAMILY_LABELS)
    if family == "_T" or family not in names:
        return found
    whole = _alone(declared, producer, "_T", measure)
    others = total(_alone(declared, producer, name, measure) for name in names - {"_T", family})
    return found.within(Fact(max(0, whole.low - others.high), max(0, whole.high - others.low)))


def _alone(declared: Declared, producer: Producer, family: str, measure: str) -> Fact:
    """What is known of a family in the territory: the producer's own line, the sum of its communes, lines of wider areas."""
    own = producer.cell(producer.territory, family, "_T", measure) if producer.territory else None
    codes = list(declared.communes)
    summed = total(_or_zero(producer, code, family, measure) for code in codes)
    families = producer.families - {"_T"}
    if producer.residual and measure == "posts":
        wanted = families | set(producer.residual) if family == "_T" else {family}
        summed = total(_with_residual(producer, codes, name) for name in sorted(wanted))
    if own and own.is_exact:
        return own
    if family == "_T" and producer.territory:
        parts = [producer.cell(producer.territory, name, "_T", measure) for name in families]
        summed = summed.within(Fact(total(part for part in parts if part).low, inf))
    found = (own or UNKNOWN).within(summed)
    return found.within(_left_by_lines(declared, producer, family, measure))


def _left_by_lines(declared: Declared, producer: Producer, family: str, measure: str) -> Fact:
    """What the lines of wider areas leave to the territory, once the communes elsewhere have had their part."""
    found = UNKNOWN
    for level, name in OBJECTS.items():
        areas = {row[level] for row in declared.communes.values()}
        line = producer.cell(f"{name}:{min(areas)}", family, "_T", measure) if len(areas) == 1 else None
        if line is not None and line.is_exact:
            others = total(
                producer.commune(row["code"], family, measure)
                for row in declared.code_of_communes
                if row[level] in areas and row["code"] not in declared.communes
            )
            found = found.within(Fact(max(0, line.low - others.high), line.high - others.low))
    return found


def _or_zero(producer: Producer, code: str, family: str, measure: str) -> Fact:
    """A commune; a family that it does not have is a zero where its other families make its total."""
    if producer.knows(code):
        return producer.commune(code, family, measure)
    return exact(0) if producer.residual or producer.is_whole else UNKNOWN


def _with_residual(producer: Producer, codes: list[str], family: str) -> Fact:
    """Cells shown, and the line of those hidden: whole when no commune elsewhere has a part of that line."""
    cells = [producer.cell(code, family) or exact(0) for code in codes]
    shown, hidden = total(Fact(c.low, c.low) for c in cells), [c for c in cells if not c.is_exact]
    if not hidden:
        return shown
    rest = producer.residual.get(family)
    if rest is None:
        return Fact(shown.low, inf)
    return (
        exact(shown.low + rest)
        if family not in producer.outside_hidden
        else Fact(shown.low, shown.low + rest)
    )


def jobs(declared: Declared) -> Fact | None:
    """Salaried jobs of the private sector: Unistatis, else Urssaf. Activities that a commune does not have have no line."""
    if "unistatis" in declared.edition["sources"]:
        rows = _first_column(table(declared.raw, "Code commune", "Code NAF"), "effectifs salaries")
        zero = ("-",)
    elif "urssaf" in declared.edition["sources"]:
        vintage = declared.edition["sources"]["urssaf"].get("vintage")
        rows = _first_column(table(declared.raw, "Code commune", "Code APE"), f"effectifs salaries {vintage}")
        zero = ("",)
    else:
        return None
    if rows is None:
        return None
    codes = rows["code commune"].map(lambda code: declared.moves.get(code, code))
    named = set(codes[rows["amount"] != ""]) if zero == ("",) else set(codes)
    found = _of_territory(declared, rows, "code commune", zero)
    source = "urssaf" if zero == ("",) else "unistatis"
    if all(_is_empty(declared, code, named, source) for code in declared.communes.keys() - named):
        return found
    return Fact(found.low, inf)


def _is_empty(declared: Declared, code: str, named: set[str], source: str) -> bool:
    """Whether a commune without a line has nothing: the file names most of its EPCI, or of what the territory has of it."""
    least = declared.source(source)["absent_is_zero_from"]
    people = declared.people[declared.homes[code]] if code in declared.homes else {}
    for them in (people.keys(), people.keys() & declared.communes.keys()):
        whole = sum(people[other] for other in them)
        if whole and sum(people[other] for other in them if other in named) >= least * whole:
            return True
    return False


def employers(declared: Declared) -> Fact | None:
    """Employer establishments of all activities: a line a commune; a commune left out is not a zero."""
    if "insee_employers" in declared.edition["sources"]:
        rows, key = (
            _first_column(table(declared.raw, "Code géographique"), "etablissements employeurs"),
            "code geographique",
        )
    elif "comparateur" in declared.edition["sources"]:
        rows, key = _first_column(table(declared.raw, "CODGEO", "SUPERF"), "ettot"), "codgeo"
    else:
        return None
    if rows is None:
        return None
    found = _of_territory(declared, rows, key, ())
    here = {declared.moves.get(code, code) for code in rows[key]}
    return found if declared.communes.keys() <= here else Fact(found.low, inf)


def _first_column(rows: pd.DataFrame | None, start: str) -> pd.DataFrame | None:
    name = next((name for name in (rows.columns if rows is not None else ()) if name.startswith(start)), None)
    return rows.rename(columns={name: "amount"}) if rows is not None and name else None


def _of_territory(declared: Declared, rows: pd.DataFrame, key: str, zero: tuple[str, ...]) -> Fact:
    codes = rows[key].map(lambda code: declared.moves.get(code, code))
    cells = rows["amount"][among(codes, declared.communes)]
    return total(exact(0) if cell in zero else _cell(cell) for cell in cells)
