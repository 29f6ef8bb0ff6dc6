"""The tables that set producers against the register, and against each other."""

from __future__ import annotations

from math import inf

import pandas as pd

from oracle.counts import families_of, population
from oracle.declared import Declared
from oracle.facts import NONE, UNKNOWN, Fact, Facts, count, exact, share
from oracle.posts import Producer, all_posts, employers, ess_posts, in_territory, jobs
from oracle.rawfiles import among, days, number, plain, table
from oracle.register import approved


def count_economy(declared: Declared, sites: pd.DataFrame) -> Facts:
    """The facts of the tables of posts, jobs, lists and series."""
    facts: Facts = {}
    establishments = count((sites["decision"] == "in").sum())
    producer, everyone = ess_posts(declared), all_posts(declared)
    ess = in_territory(declared, producer) if producer else None
    facts |= _weights(declared, establishments, ess)
    if producer:
        facts |= _posts_of_places(declared, producer)
    if producer:
        facts |= _same_source(declared, producer, everyone or Producer())
    facts |= _series(declared)
    facts |= _associations(declared, sites)
    facts |= _lists(declared, sites)
    return facts


def _weights(declared: Declared, establishments: Fact, ess: Fact | None) -> Facts:
    """Tables 1.2, 1.3 and 0.1: a source that the edition has not gives no number."""
    every, salaried = employers(declared), jobs(declared)
    posts, every, salaried = (NONE if fact is None else fact for fact in (ess, every, salaried))
    weight, jobs_share = share(establishments, every), share(posts, salaried)
    facts: Facts = {
        ("economic_weight", "establishments", "ess"): establishments,
        ("economic_weight", "establishments", "total"): every,
        ("economic_weight", "establishments", "share"): weight,
        ("economic_weight", "jobs", "ess"): posts,
        ("economic_weight", "jobs", "total"): salaried,
        ("economic_weight", "jobs", "share"): jobs_share,
    }
    same = {
        "establishments": establishments,
        "posts": posts,
        "share_establishments": weight,
        "share_jobs": jobs_share,
    }
    return facts | {("yearly_trend", "current", column): fact for column, fact in same.items()}


def _posts_of_places(declared: Declared, producer) -> Facts:
    """Posts by commune (2.1) and by family (3.2)."""
    facts: Facts = {}
    whole = in_territory(declared, producer)
    for code in declared.communes:
        facts["communes", code, "posts"] = producer.commune(code) if producer.knows(code) else UNKNOWN
    facts["communes", "total", "posts"] = whole
    for family in declared.perimeter["families"]:
        part = in_territory(declared, producer, family)
        facts["families", family, "posts"] = part
        facts["families", family, "posts_share"] = share(part, whole)
    for family in declared.perimeter.get("on_evidence", []):  # the producer does not know it
        if not any(key[1] == family for key in producer.cells):
            facts["families", family, "posts"] = facts["families", family, "posts_share"] = NONE
    facts["families", "total", "posts"] = whole
    facts["families", "total", "posts_share"] = share(whole, whole)
    return facts


def _same_source(declared: Declared, producer, everyone) -> Facts:
    """Tables 1.4 and 1.7, of one producer and one year."""
    facts: Facts = {}
    ess, every = in_territory(declared, producer), in_territory(declared, everyone)
    private_of = all_posts(declared, private=True)
    private = in_territory(declared, private_of) if private_of else NONE
    sites = in_territory(declared, producer, measure="establishments")
    every_site = in_territory(declared, everyone, measure="establishments")
    for row, part, whole in (
        ("posts_all", ess, every),
        ("posts_private", ess, private),
        ("establishments", sites, every_site),
    ):
        facts["same_source_weight", row, "ess"] = part
        facts["same_source_weight", row, "total"] = whole
        facts["same_source_weight", row, "share"] = share(part, whole)
    facts["same_source_weight", "size", "ess"] = share(ess, sites, 1)
    facts["same_source_weight", "size", "total"] = share(every, every_site, 1)
    facts["compared_weight", "territory", "ess"] = ess
    facts["compared_weight", "territory", "share"] = share(ess, every)
    facts["compared_weight", "territory", "share_private"] = share(ess, private)
    facts["compared_weight", "territory", "size"] = share(ess, sites, 1)
    for area in (f"{given['object']}:{given['code']}" for given in declared.territory.get("compare", [])):
        row = area.replace(":", "")
        here, there = producer.cell(area) or NONE, everyone.cell(area) or NONE
        alone = (private_of.cell(area) if private_of else None) or NONE
        facts["compared_weight", row, "ess"] = here
        facts["compared_weight", row, "share"] = share(here, there)
        facts["compared_weight", row, "share_private"] = share(here, alone)
        facts["compared_weight", row, "size"] = share(
            here, producer.cell(area, measure="establishments") or NONE, 1
        )
    return facts | _sectors(declared, producer, everyone, ess, every)


def _sectors(declared: Declared, producer: Producer, everyone: Producer, ess: Fact, every: Fact) -> Facts:
    """Table 3.4: activities of the territory's own lines; one that the producer does not give has no number."""
    facts: Facts = {}
    compared = [f"{area['object']}:{area['code']}" for area in declared.territory.get("compare", [])][:1]
    for activity in {"_T"} | {key[2] for key in (*producer.cells, *everyone.cells)}:
        row, part, whole = "total", ess, every
        if activity != "_T":
            row = activity
            part = (producer.territory and producer.cell(producer.territory, activity=activity)) or NONE
            whole = (everyone.territory and everyone.cell(everyone.territory, activity=activity)) or NONE
        there = [producer.cell(area, activity=code) or NONE for area in compared for code in (activity, "_T")]
        reference, structure = share(*there) if there else NONE, share(part, ess)
        for column, fact in {"ess": part, "total": whole, "share": share(part, whole), "structure": structure,
                             "reference": reference, "specificity": share(structure, reference)}.items():  # fmt: skip
            facts["sector_weight", row, column] = fact
    return facts


def _series(declared: Declared) -> Facts:
    """Tables 1.8 and 1.10: the region, by year and family."""
    rows = (
        table(declared.raw, "Famille ESS", "Masse salariale")
        if "urssaf_ess" in declared.edition["sources"]
        else None
    )
    if rows is None:
        return {}
    region = next(iter(declared.communes.values())).get("region")
    compared = [area["code"] for area in declared.territory.get("compare", []) if area["object"] == "REG"]
    rows = rows[rows["code region"] == (compared or [region])[0]]
    if "trimestre" in rows.columns and (rows["trimestre"] != "").any():
        return {}
    labels = {plain(row["label"]): row["family"] for row in declared.rules("ess_family_labels")}
    rows = rows.assign(
        family=rows["famille ess"].map(lambda text: labels.get(plain(text))),
        jobs=rows["effectifs salaries"].map(number),
        pay=rows["masse salariale"].map(number),
        year=rows["annee"].map(int),
    )
    last, facts = rows["year"].max(), {}
    wages: dict[tuple[str, int], float] = {}
    families = sorted(set(rows["family"].dropna()))
    for back in range(6):
        year, name = last - back, "last" if back == 0 else f"before_{back}"
        here = rows[rows["year"] == year]
        if here.empty:
            continue
        for family in families:
            if (here["family"] == family).any():
                facts["regional_series", name, family] = exact(here["jobs"][here["family"] == family].sum())
        is_whole = set(here["family"].dropna()) == set(families)  # a family that a year lacks is no zero
        facts["regional_series", name, "total"] = (
            exact(here["jobs"].sum()) if is_whole else Fact(here["jobs"].sum(), inf)
        )
        former = rows[rows["year"] == year - 1]
        before = former["jobs"].sum()
        if before and is_whole and set(former["family"].dropna()) == set(families):
            facts["regional_series", name, "change"] = exact(100 * (here["jobs"].sum() / before - 1))
        else:
            facts["regional_series", name, "change"] = NONE
        for family in (*families, "total"):
            part = here if family == "total" else here[here["family"] == family]
            if family == "total" and not is_whole:
                continue
            if len(part) and back < 2:
                wages[family, year] = part["pay"].sum() / part["jobs"].sum()
            if len(part) and back == 0:
                facts["regional_wages", family, "jobs"] = exact(part["jobs"].sum())
                facts["regional_wages", family, "payroll"] = exact(part["pay"].sum() / 1e6)
                facts["regional_wages", family, "wage"] = exact(wages[family, year])
    for family in (*families, "total"):
        if {(family, last), (family, last - 1)} <= wages.keys():
            change = 100 * (wages[family, last] / wages[family, last - 1] - 1)
            facts["regional_wages", family, "change"] = exact(change)
    return facts


def _associations(declared: Declared, sites: pd.DataFrame) -> Facts:
    """Tables 1.9 and 2.5: associations declared in the territory, by year and by part of it."""
    rows = (
        table(declared.raw, "adrs_codeinsee", "date_creat", "date_disso")
        if "rna" in declared.edition["sources"]
        else None
    )
    if rows is None:
        return {}
    rows = rows.drop_duplicates("id")
    rows = rows.assign(commune=rows["adrs_codeinsee"].map(lambda code: declared.moves.get(code, code)))
    rows = rows[among(rows["commune"], declared.communes)]
    created, ended, facts = days(rows["date_creat"]), days(rows["date_disso"]), {}
    day = pd.Timestamp(declared.reference)
    last = day.year if (day.month, day.day) == (12, 31) else day.year - 1
    for back in range(10):
        name = "last" if back == 0 else f"before_{back}"
        facts["associations", name, "created"] = count((created.dt.year == last - back).sum())
        facts["associations", name, "dissolved"] = count((ended.dt.year == last - back).sum())
    is_open = (created.isna() | (created <= day)) & (
        (ended > day) | (ended.isna() & (rows["position"] == "A"))
    )
    opened = rows[is_open].assign(siren=rows["siret"].str[:9])
    kept = set(sites["siren"][sites["decision"] == "in"])
    sublevel = declared.territory.get("sublevel", "epci")
    level = opened["commune"].map(lambda code: declared.communes[code].get(sublevel, ""))
    for area in [*sorted({row.get(sublevel, "") for row in declared.communes.values()}), "total"]:
        inside = [row for row in declared.communes.values() if area in ("total", row.get(sublevel, ""))]
        part = opened if area == "total" else opened[level == area]
        found = part[part["siren"] != ""]
        facts["associations_by_area", area, "open"] = count(len(part))
        facts["associations_by_area", area, "known"] = count(len(found))
        employer = count(len(set(found["siren"]) & kept))
        facts["associations_by_area", area, "employers"] = employer
        facts["associations_by_area", area, "employers_share"] = share(employer, count(len(part)))
        facts["associations_by_area", area, "per_1000"] = share(count(len(part)), population(inside), 1000)
    return facts


def _lists(declared: Declared, sites: pd.DataFrame) -> Facts:
    """Tables 3.5 and 3.6: structures and units that a list names, with an establishment open in the territory."""
    facts: Facts = {}
    day = pd.Timestamp(declared.reference)
    here = sites[among(sites["commune"], declared.communes)]
    closed = (here["state"] == "closed") & (here["closed"].isna() | (here["closed"] <= day))
    here = here[~closed & ~(here["created"] > day)]
    rows = (
        table(declared.raw, "Type", "SIRET", "Ville") if "siae_list" in declared.edition["sources"] else None
    )
    if rows is not None:
        kinds = {row["code"]: row["is_siae"] == "true" for row in declared.rules("siae_kinds")}
        rows = rows[among(rows["siret"], set(here["siret"]))]
        by_kind = rows["type"].str.upper()
        insertion = rows[by_kind.map(kinds).eq(True)]
        decision = dict(zip(here["siret"], here["decision"], strict=True))
        epci = dict(zip(here["siret"], here["epci"], strict=True))
        groups = {f"kind_{kind}": set(part["siret"]) for kind, part in rows.groupby(by_kind)}
        for code in {row.get("epci", "") for row in declared.communes.values()}:
            groups[f"area_{code}"] = {siret for siret in insertion["siret"] if epci[siret] == code}
        for row, sirets in {**groups, "total": set(insertion["siret"])}.items():
            facts["work_integration", row, "structures"] = count(len(sirets))
            facts["work_integration", row, "kept"] = count(sum(decision[siret] == "in" for siret in sirets))
            facts["work_integration", row, "review"] = count(
                sum(decision[siret] == "review" for siret in sirets)
            )
    if "esus_list" in declared.edition["sources"]:
        open_here = set(here["siren"])
        running = {siren: end for siren, end in approved(declared).items() if siren in open_here}
        kept = here[here["decision"] == "in"]
        family = kept.groupby("siren")["family"].min()
        groups = {name: set(family.index[family == name]) for name in families_of(declared)}
        groups |= {"outside": set(here["siren"]) - set(kept["siren"]), "total": set(here["siren"])}
        for row, sirens in groups.items():
            ends = [end for siren, end in running.items() if siren in sirens]
            facts["esus_approvals", row, "approved"] = count(len(ends))
            facts["esus_approvals", row, "ending"] = count(
                sum(end < day + pd.DateOffset(years=1) for end in ends)
            )
    return facts
