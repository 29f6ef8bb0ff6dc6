"""The survey set beside the register: who was found in it, crossings by size, family and activity, results extended to all.

What calibration gives is not computed again: its weights are bounded, and so is what they can make of the answers.
"""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Any

import pandas as pd

from oracle.declared import Declared, toml_of
from oracle.expressions import amount, holds
from oracle.facts import NONE, Fact, Facts, count, exact, share
from oracle.interviews import LEAST_BASE, Respondent, share_of
from oracle.rawfiles import records

UNKNOWN = "unknown"


class Frame:
    """The establishments of the field, and the answers of those that were found in it."""

    def __init__(self, declared: Declared, field: pd.DataFrame, here: list[Respondent]) -> None:
        path = declared.root / "pipelines" / "survey" / "estimation.toml"
        self.declared, self.here = declared, here
        self.settings = toml_of(path)
        self.sites = {site["siret"]: site for site in records(field)}
        self.linked = [one for one in here if one.siret in self.sites]

    def group(self, variable: str, siret: str) -> str:
        """The category of an establishment, as `estimation.toml` declares it."""
        if siret not in self.sites:
            return UNKNOWN
        given = next(v for v in self.settings["variables"] if v["code"] == variable)
        column = {"size_band": "band", "ess_family": "family"}.get(given["column"], given["column"])
        value = self.sites[siret][column]
        named = [g["code"] for g in given["groups"] if value in g.get("values", ())]
        return (named or [g["code"] for g in given["groups"] if g.get("rest")] or [UNKNOWN])[0]


def against_frame(declared: Declared, field: pd.DataFrame, here: list[Respondent]) -> Facts:
    """The facts of every table that needs the register beside the answers."""
    frame = Frame(declared, field, here)
    facts = _beside_register(frame)
    for name, card in declared.cards.items():
        kind = card.get("survey", {}).get("kind")
        if kind in KINDS and here:
            facts |= KINDS[kind](frame, name, card["survey"])
    return facts


def _beside_register(frame: Frame) -> Facts:
    """Respondents and frame, weights, and the part of the register that answered."""
    facts: Facts = {}
    everyone, linked = len(frame.sites), len(frame.linked)
    facts["participation", "coverage", "value"] = share(exact(linked), exact(everyone))

    def keys(siret: str) -> list[str]:
        site = frame.sites[siret]
        sector = frame.group("sector_group", siret)
        return [f"band_{site['band']}", f"sector_{sector}", f"family_{site['family']}", "linked"]

    found = Counter(key for siret in frame.sites for key in keys(siret))
    answered = Counter(key for one in frame.linked for key in keys(one.siret))
    for row, number in found.items():
        part = share(exact(number), exact(everyone))
        theirs = share_of(answered[row], linked)
        facts["respondents_vs_frame", row, "frame"] = count(number)
        facts["respondents_vs_frame", row, "frame_share"] = part
        facts["respondents_vs_frame", row, "respondents"] = exact(answered[row])
        facts["respondents_vs_frame", row, "respondents_share"] = theirs
        facts["respondents_vs_frame", row, "gap"] = NONE if theirs.has_none else exact(theirs.low - part.low)
        facts["respondents_vs_frame", row, "coverage"] = share(exact(answered[row]), exact(number))
    low, high = frame.settings["weighting"]["bounds"]
    bounded = Fact(low, high, is_estimate=True)
    mean = everyone / linked if linked else 0
    weights = {
        "respondents": exact(len(frame.here)),
        "linked": exact(linked),
        "frame": exact(everyone),
        "coverage": share(exact(linked), exact(everyone)),
        "method": NONE,
        "converged": NONE,
        "iterations": Fact(is_estimate=True),
        "gap": Fact(0, 1, is_estimate=True),
        "weight_mean": exact(mean),
        "weight_min": Fact(low * mean, mean, is_estimate=True),
        "weight_max": Fact(mean, high * mean, is_estimate=True),
        "ratio_min": bounded,
        "ratio_max": bounded,
        "effective_n": Fact(0, linked, is_estimate=True),
        "design_effect": Fact(1, is_estimate=True),
    }
    can = linked >= frame.settings["weighting"]["least_linked"]
    always = ("respondents", "linked", "frame", "coverage")
    for row, fact in weights.items():
        facts["weighting_diagnostics", row, "value"] = fact if can or row in always else NONE
    return facts


def _brought(item: dict[str, Any], here: list[Respondent]) -> list[tuple[Respondent, float, float]]:
    """Those who answered an indicator, with what they bring: a truth or a number, and a second one."""
    here = [one for one in here if not item.get("among") or holds(item["among"], one)]
    if "question" in item:
        those = [one for one in here if one[item["question"]].status == "expressed"]
        return [(one, float(holds(item["where"], one)), 1.0) for one in those]
    found = [
        (one, amount(item["value"], one), amount(item["per"], one) if "per" in item else 1.0) for one in here
    ]
    return [(one, value, per) for one, value, per in found if value is not None and per is not None]


def _crossing(frame: Frame, name: str, survey: dict[str, Any]) -> Facts:
    """Shares by any reunion of categories, keyed by their sorted codes; one of few answers must not be printed."""
    facts: Facts = {}
    for item in survey["indicators"]:
        brought = _brought(item, frame.here)
        rows = {f"{item['code']}.all": brought}
        for variable in survey["by"]:
            given = next(v for v in frame.settings["variables"] if v["code"] == variable)
            codes = sorted([*(group["code"] for group in given["groups"]), UNKNOWN])
            of = [frame.group(variable, one.siret) for one, _, _ in brought]
            for size in range(1, len(codes) + 1):
                for united in combinations(codes, size):
                    inside = [one for one, code in zip(brought, of, strict=True) if code in united]
                    rows[f"{item['code']}.{variable}.{'_'.join(united)}"] = inside
        for row, those in rows.items():
            few = len(those) < frame.settings["crossings"]["least_base"] and not row.endswith(".all")
            held = sum(value for _, value, _ in those)
            facts[name, row, "count"] = NONE if few else exact(held)
            facts[name, row, "n"] = NONE if few else exact(len(those))
            facts[name, row, "share"] = share_of(held, len(those))
    return facts


def _extended(frame: Frame, name: str, survey: dict[str, Any]) -> Facts:
    """What respondents say, and between what ends bounded weights can extend it."""
    facts: Facts = {}
    low, high = frame.settings["weighting"]["bounds"]
    enough = len(frame.linked) >= frame.settings["weighting"]["least_linked"]
    for item in survey["indicators"]:
        brought, row = _brought(item, frame.here), item["code"]
        linked = [(value, per) for one, value, per in brought if one.siret in frame.sites]
        n, whole = len(brought), sum(value for _, value, _ in brought)
        facts[name, row, "n"] = exact(n)
        values = sorted(value for _, value, _ in brought)
        ends = (min((v for v, _ in linked), default=0), max((v for v, _ in linked), default=0))
        if "question" in item:
            facts[name, row, "count"], measure = exact(whole), "ratio"
        else:
            measure = item["measure"]
        per = sum(weight for _, _, weight in brought)
        if not brought:
            sample, limits = NONE, (0.0, 0.0)
        elif measure == "ratio":
            sample = NONE if n < LEAST_BASE else share(exact(whole), exact(per))
            among = share(exact(sum(v for v, _ in linked)), exact(sum(w for _, w in linked)))
            limits = (among.low * low / high, among.low * high / low)
            limits = limits if "per" in item else (limits[0], min(100, limits[1]))
        elif measure == "median":
            sample, limits = exact(values[(n - 1) // 2]), ends
        elif measure == "total":
            sample, limits = exact(whole), (ends[0] * len(frame.sites), ends[1] * len(frame.sites))
        else:
            sample, limits = exact(whole / per), ends
        can = enough and n >= frame.settings["intervals"]["percent_from"]
        facts[name, row, "sample"] = sample
        facts[name, row, "extended"] = Fact(*limits, is_estimate=True) if can else NONE
    return facts


KINDS = {"crossing": _crossing, "extended": _extended}
