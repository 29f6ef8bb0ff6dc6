"""How a clean establishment looks in a provider's file: mixed types, lost zeros, variants of labels."""

from __future__ import annotations

import datetime as dt
import unicodedata
from random import Random

from .establishment import Establishment
from .recipe import Recipe
from .workbook import Value


def render_row(
    unit: Establishment, recipe: Recipe, bands: dict[str, dict[str, str]], rng: Random
) -> dict[str, Value]:
    """The cells of one line by column key; the recipe's `noise` gives the rate of each accident."""
    layout = recipe.config["register"]
    noise = layout["noise"]
    return {
        "siret": _siret(unit, noise, rng),
        "name": unit.name.upper() if rng.random() < noise["upper_name"] else unit.name,
        "sign": unit.sign,
        "address": unit.address,
        "postcode": _number_or_text(unit.postcode, rng, noise["postcode_number"]),
        "city": _city(unit.city, noise, rng),
        "commune": _number_or_text(unit.commune, rng, noise["commune_number"]),
        "legal": _number_or_text(unit.legal, rng, noise["legal_number"]) if unit.legal else None,
        "legal_label": recipe.legal_labels.get(unit.legal),
        "naf": _naf(unit.naf, noise, rng),
        "naf_label": recipe.naf_labels[unit.naf],
        "band": _band(unit.band, bands, noise, rng),
        "kind": layout["kinds"][unit.kind],
        "created": _date(unit.created, noise, rng),
        "closed": _date(unit.closed, noise, rng),
        "state": layout["states"][unit.state],
        "updated": _date(unit.updated, noise, rng),
        "flag": unit.flag,
    }


def _siret(unit: Establishment, noise: dict[str, float], rng: Random) -> Value:
    number = unit.siret
    if unit.defect == "siret_key":
        return number[:-1] + str((int(number[-1]) + 1 + rng.randrange(8)) % 10)
    if unit.defect == "siret_scientific":
        return f"{number[0]}.{number[1:3]}E+13"
    if rng.random() < noise["siret_number"]:
        return int(number)
    if rng.random() < noise["siret_spaced"]:
        return f"{number[:3]} {number[3:6]} {number[6:9]} {number[9:]}"
    return number


def _number_or_text(text: str, rng: Random, rate: float) -> Value:
    """The code as a number (its leading zero is then lost) or as text."""
    return int(text) if rng.random() < rate and text.isdigit() else text


def _city(name: str, noise: dict[str, float], rng: Random) -> str:
    if rng.random() < noise["upper_city"]:
        plain = unicodedata.normalize("NFD", name)
        return "".join(char for char in plain if not unicodedata.combining(char)).upper()
    return name


def _naf(naf: str, noise: dict[str, float], rng: Random) -> str:
    draw = rng.random()
    forms = {"naf_plain": naf.replace(".", ""), "naf_lower": naf.lower(), "naf_spaced": naf + " "}
    for form, text in forms.items():
        if draw < noise[form]:
            return text
        draw -= noise[form]
    return naf


def _band(code: str, bands: dict[str, dict[str, str]], noise: dict[str, float], rng: Random) -> str:
    """The band's label or one of its variants; a text that is no code is written as it stands."""
    if code not in bands:
        return code
    variants = [text for text in bands[code]["variants"].split("|") if text]
    if variants and rng.random() < noise["band_variant"]:
        return rng.choice(variants)
    return bands[code]["label"]


def _date(day: dt.date | None, noise: dict[str, float], rng: Random) -> Value:
    if day is not None and rng.random() < noise["text_date"]:
        return day.strftime("%d/%m/%Y")
    return day
