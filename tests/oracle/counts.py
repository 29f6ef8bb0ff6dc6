"""What a register alone says: establishments by size, family, sector, commune, level; legal units; decisions; births and deaths."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from oracle.declared import LEVELS, Declared
from oracle.facts import NONE, Fact, Facts, count, exact, share
from oracle.rawfiles import among, days, table
from oracle.register import approved


def count_register(declared: Declared, sites: pd.DataFrame) -> Facts:
    """The facts of every table that is counted in the register."""
    field = sites[sites["decision"] == "in"]
    facts: Facts = {}
    facts |= _by_size(declared, field)
    facts |= _by(field["sector"], "sectors", {"count": "share"})
    families = list(families_of(declared))
    facts |= _by(field["family"], "families", {"count": "share"}, families)
    facts |= _legal_units(field, families)
    facts |= _communes(declared, field)
    facts |= _levels(declared, field)
    facts |= _decisions(declared, sites)
    if len(sites) and sites["register"].iloc[0] == "sirene":
        facts |= _demography(declared, sites)
        facts |= _agreement(declared, sites)
    return facts


def families_of(declared: Declared) -> list[str]:
    """The families of the perimeter."""
    return [*declared.perimeter["families"], *declared.perimeter.get("on_evidence", [])]


def _by(column: pd.Series, table_id: str, columns: dict[str, str], rows: list[str] | None = None) -> Facts:
    """Counts of a column and their shares of all, by row."""
    ((counted, shared),) = columns.items()
    found, whole = Counter(column.dropna()), count(len(column))
    facts: Facts = {}
    for row in [*(rows if rows is not None else found), "total"]:
        part = whole if row == "total" else count(found[row])
        facts[table_id, row, counted] = part
        facts[table_id, row, shared] = share(part, whole)
    return facts


def _by_size(declared: Declared, field: pd.DataFrame) -> Facts:
    bands = [row for row in declared.rules("size_bands") if row["is_employer"] == "true"]
    facts = _by(field["band"], "size_bands", {"count": "share"}, [row["code"] for row in bands])
    known = count((field["band"] != "NC").sum())
    small = count(field["band"].isin(["01", "02", "03"]).sum())
    facts["size_bands", "small", "count"] = small
    facts["size_bands", "small", "share"] = share(small, count(len(field)))
    for row in [*(band["code"] for band in bands), "small", "total"]:
        part = known if row == "total" else facts["size_bands", row, "count"]
        facts["size_bands", row, "share_known"] = NONE if row == "NC" else share(part, known)
    return facts


def _legal_units(field: pd.DataFrame, families: list[str]) -> Facts:
    facts: Facts = {}
    whole = count(field["siren"].nunique())
    for row in [*families, "total"]:
        part = field if row == "total" else field[field["family"] == row]
        units = count(part["siren"].nunique())
        facts["legal_units", row, "units"] = units
        facts["legal_units", row, "units_share"] = share(units, whole)
        facts["legal_units", row, "establishments"] = count(len(part))
        facts["legal_units", row, "per_unit"] = share(count(len(part)), units, 1)
    return facts


def population(rows: list[dict[str, str]]) -> Fact:
    """Inhabitants of communes; no number where one of them has none."""
    known = [row["population"] for row in rows]
    return count(sum(map(int, known))) if all(known) else NONE


def _communes(declared: Declared, field: pd.DataFrame) -> Facts:
    """Tables 2.1 and 2.2; communes are ordered by number of establishments, then by code."""
    found, whole, facts = Counter(field["commune"]), count(len(field)), {}
    for code, commune in declared.communes.items():
        facts["communes", code, "establishments"] = count(found[code])
        facts["communes", code, "per_1000"] = share(count(found[code]), population([commune]), 1000)
    facts["communes", "total", "establishments"] = whole
    facts["communes", "total", "per_1000"] = share(whole, population(list(declared.communes.values())), 1000)
    ordered = sorted((-number, code) for code, number in found.items())
    running = 0
    for rank, (number, _) in enumerate(ordered[:12], 1):
        running -= number
        facts["commune_summary", f"top_{rank}", "count"] = count(-number)
        facts["commune_summary", f"top_{rank}", "cumulative"] = share(count(running), whole)
    facts["commune_summary", "present", "count"] = count(len(found))
    facts["commune_summary", "absent", "count"] = count(len(declared.communes) - len(found))
    return facts


def _levels(declared: Declared, field: pd.DataFrame) -> Facts:
    """Tables 2.3 and 2.4: the parts of the territory, and the whole levels that it is made of."""
    facts: Facts = {}
    sublevel = declared.territory.get("sublevel", "epci")
    for level in LEVELS:
        parts: dict[str, list[dict[str, str]]] = {}
        for row in declared.communes.values():
            parts.setdefault(row.get(level, ""), []).append(row)
        for code, rows in parts.items():
            here = field[among(field["commune"], {row["code"] for row in rows})]
            people = population(rows)
            counted = {
                "communes": count(len(rows)),
                "population": people,
                "establishments": count(len(here)),
                "per_1000": share(count(len(here)), people, 1000),
            }
            is_whole = len(rows) == declared.everywhere[level][code]
            for column, fact in counted.items():
                if level == sublevel and code:
                    facts["sublevels", code, column] = fact
                facts["nested_levels", f"{level}_{code}", column] = fact if is_whole else NONE
            if level == sublevel and code:
                facts["sublevels", code, "share"] = share(count(len(here)), count(len(field)))
    rows = list(declared.communes.values())
    facts["sublevels", "total", "communes"] = count(len(rows))
    facts["sublevels", "total", "population"] = population(rows)
    facts["sublevels", "total", "establishments"] = count(len(field))
    facts["sublevels", "total", "per_1000"] = share(count(len(field)), population(rows), 1000)
    facts["sublevels", "total", "share"] = share(count(len(field)), count(len(field)))
    return facts


def _decisions(declared: Declared, sites: pd.DataFrame) -> Facts:
    rules = [row["rule_id"] for row in declared.rules("decision_rules")]
    facts = _by(sites["rule"], "perimeter_decisions", {"count": "share"}, rules)
    for state in ("in", "out", "review"):
        part = count((sites["decision"] == state).sum())
        facts["perimeter_decisions", f"state_{state}", "count"] = part
        facts["perimeter_decisions", f"state_{state}", "share"] = share(part, count(len(sites)))
    return facts


def _agreement(declared: Declared, sites: pd.DataFrame) -> Facts:
    """Table A.2: establishments decided by their nature, against the flag of the register and what lists say."""
    said = _lists(declared)
    decided, facts = sites[sites["rule"] == sites["nature"]], {}
    groups = {rule: decided[decided["rule"] == rule] for rule in set(decided["rule"])}
    groups |= {f"state_{state}": decided[decided["decision"] == state] for state in ("in", "out", "review")}
    for row, part in {**groups, "total": decided}.items():
        yes, no = (part["flag"] == "O").sum(), (part["flag"] == "N").sum()
        clash = ((part["flag"] == "N") & (part["decision"] == "in")) | (
            (part["flag"] == "O") & (part["decision"] == "out")
        )
        for column, value in {"count": len(part), "flag_yes": yes, "flag_no": no, "flag_none": len(part) - yes - no,
                              "disagreements": clash.sum()}.items():  # fmt: skip
            facts["perimeter_agreement", row, column] = count(value)
        for column, (key, named) in said.items():
            facts["perimeter_agreement", row, column] = count(among(part[key], named).sum())
    return facts


def _lists(declared: Declared) -> dict[str, tuple[str, set[str]]]:
    """What each list that the edition has names: SIREN of the ESS and of approvals in force, SIRET of work integration."""
    found: dict[str, tuple[str, set[str]]] = {}
    sources = declared.edition["sources"]
    listed, hired = table(declared.raw, "SIREN", "Région"), table(declared.raw, "Type", "SIRET", "Ville")
    if "ess_list" in sources and listed is not None:
        found["ess_list"] = ("siren", set(listed["siren"]))
    if "esus_list" in sources:
        found["esus"] = ("siren", set(approved(declared)))
    if "siae_list" in sources and hired is not None:
        kinds = {row["code"] for row in declared.rules("siae_kinds") if row["is_siae"] == "true"}
        found["siae"] = ("siret", set(hired["siret"][hired["type"].str.upper().isin(kinds)]))
    return found


def _demography(declared: Declared, sites: pd.DataFrame) -> Facts:
    """Tables 1.5 and 1.6: establishments that their nature keeps, with employees or not, by whole year."""
    kept = sites[sites["nature_decision"] == "in"].copy()
    history = table(declared.raw, "siret", "dateDebut", "etatAdministratifEtablissement", "dateFin")
    if history is not None:
        closures = _closures(history)
        kept["closed"] = kept["siret"].map(closures).fillna(kept["closed"]).where(kept["state"] == "closed")
    after = pd.Timestamp(declared.reference)
    last = after.year if (after.month, after.day) == (12, 31) else after.year - 1
    created, closed, facts = kept["created"].dt.year, kept["closed"].dt.year, {}

    def open_at_end(year: int, cohort: pd.Series | None = None) -> int:
        alive = (created <= year) & ~(closed <= year) & ~((kept["state"] == "closed") & closed.isna())
        return int((alive if cohort is None else alive & cohort).sum())

    stock = table(declared.raw, "siret", "etatAdministratifEtablissement", "dateDebut", without="dateFin")
    closes = [rows["etatadministratifetablissement"] == "F" for rows in (stock, history) if rows is not None]
    if len(kept[kept["created"].notna()]) and not any(found.any() for found in closes):
        return {
            ("demography", "last", "stock"): count(open_at_end(last))
        }  # what is open says nothing of what has closed

    for back in range(5):
        year, row = last - back, "last" if back == 0 else f"before_{back}"
        births, deaths, before = (
            int((created == year).sum()),
            int((closed == year).sum()),
            open_at_end(year - 1),
        )
        for column, fact in {"births": count(births), "deaths": count(deaths), "stock": count(open_at_end(year)),
                             "birth_rate": share(exact(births), exact(before)),
                             "death_rate": share(exact(deaths), exact(before))}.items():  # fmt: skip
            facts["demography", row, column] = fact
    for back in range(1, 6):
        year = last - back
        cohort = created == year
        facts["survival", f"before_{back}", "created"] = count(int(cohort.sum()))
        for after_years in range(1, 6):
            column = f"open_{after_years}"
            reached = year + after_years <= last
            facts["survival", f"before_{back}", column] = (
                share(exact(open_at_end(year + after_years, cohort)), exact(int(cohort.sum())))
                if reached
                else NONE
            )
    return facts


def _closures(history: pd.DataFrame) -> dict[str, pd.Timestamp]:
    """SIRET → first day of its last closure that nothing follows."""
    rows = history.assign(since=days(history["datedebut"])).sort_values(["siret", "since"])
    found: dict[str, pd.Timestamp] = {}
    for siret, periods in rows.groupby("siret"):
        start = None
        for state, since in zip(periods["etatadministratifetablissement"], periods["since"], strict=True):
            start = (start if start is not None else since) if state == "F" else None
        if start is not None:
            found[siret] = start
    return found
