"""The establishments of a register, and what each rule of the perimeter makes of them, by the words of `decision_rules.csv`."""

from __future__ import annotations

import pandas as pd

from oracle.declared import Declared
from oracle.rawfiles import among, days, plain, records, table


def establishments(declared: Declared) -> pd.DataFrame:
    """One row a SIRET: the stock of Sirene (its territory), else the vendor's extract; with rule, decision, family."""
    found = _stock(declared)
    if found is None:
        found = _extract(declared)
    if found is None:
        return pd.DataFrame()
    found["commune"] = found["commune"].map(lambda code: declared.moves.get(code, code))
    if found["register"].iloc[0] == "sirene":
        found = found[among(found["commune"], declared.communes)]
    found = found.reset_index(drop=True)
    rules = _rules(declared)
    decided = [_decide(row, *rules) for row in records(found)]
    found[["rule", "family", "nature"]] = pd.DataFrame(
        decided, columns=["rule", "family", "nature"], index=found.index
    )
    decisions = {row["rule_id"]: row["decision"] for row in declared.rules("decision_rules")}
    found["decision"] = found["rule"].map(decisions)
    found["nature_decision"] = found["nature"].map(decisions)
    found["epci"] = found["commune"].map(lambda code: declared.communes.get(code, {}).get("epci", ""))
    levels = {row["naf"]: row["a38"] for row in declared.rules("nomenclatures/naf_rev2")}
    found["sector"] = found["naf"].map(levels).fillna("unknown")
    return found


def is_siret(text: str) -> bool:
    """Fourteen digits of which the last is right (La Poste counts otherwise)."""
    if len(text) != 14 or not text.isdigit():
        return False
    if text.startswith("356000000"):
        return sum(map(int, text)) % 5 == 0 or _luhn(text)
    return _luhn(text) and _luhn(text[:9])


def _luhn(text: str) -> bool:
    doubled = [int(digit) * (2 if rank % 2 else 1) for rank, digit in enumerate(reversed(text))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _extract(declared: Declared) -> pd.DataFrame | None:
    rows = table(declared.raw, "N° SIRET", "Code commune INSEE", "Code forme juridique")
    if rows is None:
        return None
    bands = {plain(row["label"]): row["code"] for row in declared.rules("size_bands")} | {"non connu": "NC"}
    sizes = rows["tranche d'effectif"]
    found = pd.DataFrame(
        {
            "siret": rows["n° siret"].str.replace(" ", ""),
            "name": rows["raison sociale"],
            "commune": rows["code commune insee"].str.zfill(5),
            "legal": rows["code forme juridique"],
            "naf": rows["code ape"].map(_activity_code),
            "band": sizes.map({text: bands.get(plain(text), _bounds(text, declared)) for text in set(sizes)}),
            "state": rows["etat"].map(lambda text: "closed" if plain(text).startswith("ferm") else "active"),
            "created": days(rows["date de creation"]),
            "closed": days(rows["date de fermeture"]),
            "updated": days(rows["date de mise a jour"]),
            "is_followed": rows["suivi hors cadre"] != "",
        }
    )
    known = declared.codes | declared.communes.keys() | declared.moves.keys()
    found = found[
        found["siret"].map(is_siret)
        & found["band"].notna()
        & among(found["commune"], known)
        & (found["legal"] != "")
    ]
    found = found.sort_values("updated", kind="stable", na_position="first").drop_duplicates(
        "siret", keep="last"
    )
    return found.assign(
        siren=found["siret"].str[:9],
        unit_naf=found["naf"],
        nomenclature="naf_rev2",
        flag="",
        register="extract",
    )


def _bounds(text: str, declared: Declared) -> str | None:
    digits = " ".join("".join(c if c.isdigit() else " " for c in text).split())
    if not digits:
        return "NC"
    if digits == "0":
        return "00"
    return next(
        (row["code"] for row in declared.rules("size_bands") if digits and row["key"] == digits), None
    )


def _activity_code(text: str) -> str:
    flat = text.upper().replace(".", "")
    return f"{flat[:2]}.{flat[2:]}" if flat else flat


def _stock(declared: Declared) -> pd.DataFrame | None:
    rows = table(
        declared.raw,
        "siret",
        "codeCommuneEtablissement",
        "caractereEmployeurEtablissement",
        without="dateFin",
    )
    units = table(declared.raw, "siren", "categorieJuridiqueUniteLegale")
    if rows is None or units is None:
        return None
    low = str.lower
    units = units.drop_duplicates(low("siren")).set_index("siren")
    size, employer = rows["trancheeffectifsetablissement"], rows["caractereemployeuretablissement"]
    unknown = employer.map({"O": "NC"}).fillna("NN")
    state = rows["etatadministratifetablissement"].map({"A": "active", "F": "closed"})

    def of_unit(column: str) -> pd.Series:
        return rows["siren"].map(units[low(column)])

    versions = {"NAFRev2": "naf_rev2", "NAFRev1": "naf_rev1", "NAF2025": "naf_2025"}
    found = pd.DataFrame(
        {
            "siret": rows["siret"],
            "siren": rows["siren"],
            "name": of_unit("denominationUniteLegale").fillna("[ND]"),
            "commune": rows["codecommuneetablissement"],
            "legal": of_unit("categorieJuridiqueUniteLegale"),
            "naf": rows["activiteprincipaleetablissement"],
            "unit_naf": of_unit("activitePrincipaleUniteLegale"),
            "nomenclature": of_unit("nomenclatureActivitePrincipaleUniteLegale")
            .map(versions)
            .fillna("naf_rev2"),
            "band": size.where(~size.isin(["", "NN"]), unknown),
            "state": state,
            "created": days(rows["datecreationetablissement"]),
            "closed": days(rows["datedebut"]).where(state == "closed"),
            "flag": of_unit("economieSocialeSolidaireUniteLegale").fillna(""),
            "is_followed": False,
            "register": "sirene",
        }
    )
    return found[found["siret"].map(is_siret) & state.notna()].drop_duplicates("siret")


Rules = tuple[Declared, dict, dict, dict, dict]


def _rules(declared: Declared) -> Rules:
    """The rules that are in force on the reference date, gathered once an edition."""
    if "kept_rules" not in declared.__dict__:
        day = declared.reference.isoformat()

        def lives(row: dict[str, str]) -> bool:
            return (not row["since"] or row["since"] <= day) and (not row["until"] or row["until"] >= day)

        legal = {row["code"]: row for row in declared.rules("legal_categories") if lives(row)}
        named = {
            row["siret"]: row for row in declared.rules("named_decisions")
            if lives(row) and (row["editions"] in ("", "*") or declared.edition_id in row["editions"].split("|"))
        }  # fmt: skip
        declared.__dict__["kept_rules"] = (declared, legal, named, _proofs(declared), _activities(declared))
    return declared.__dict__["kept_rules"]


def _activities(declared: Declared) -> dict[tuple[str, str], str]:
    return {(row["nomenclature"], row["prefix"]): row["decision"] for row in declared.rules("naf_exclusions")}


def _proofs(declared: Declared) -> dict[str, set[str]]:
    """SIREN → the lists that name it, on the reference date."""
    proofs: dict[str, set[str]] = {}
    listed = table(declared.raw, "SIREN", "Région") if "ess_list" in declared.edition["sources"] else None
    for siren, family in (
        zip(listed["siren"], _family_column(listed), strict=True) if listed is not None else ()
    ):
        proofs.setdefault(siren, set()).add("ess_list")
        if plain(family).startswith("coop"):
            proofs[siren].add("cooperative")
    for siren in approved(declared):
        proofs.setdefault(siren, set()).add("esus")
    return proofs


def _family_column(rows: pd.DataFrame) -> pd.Series:
    return rows[next(name for name in rows.columns if name.startswith("famille"))]


def approved(declared: Declared) -> dict[str, pd.Timestamp]:
    """SIREN → end of its approval (ESUS) that runs on the reference date."""
    rows = (
        table(declared.raw, "N° SIREN", "Date d’échéance")
        if "esus_list" in declared.edition["sources"]
        else None
    )
    if rows is None:
        return {}
    day, start, end = (
        pd.Timestamp(declared.reference),
        days(rows["date de la decision"]),
        days(rows["date d'echeance"]),
    )
    runs = (start.isna() | (start <= day)) & (end.isna() | (end >= day))
    return dict(zip(rows["n° siren"][runs], end[runs], strict=True))


def _decide(row: dict, declared: Declared, legal: dict, named: dict, proofs: dict, activities: dict) -> tuple:
    """(rule that decides, family, rule that its nature alone would meet)."""
    nature, family = _nature(row, declared, legal, named, proofs, activities)
    day = pd.Timestamp(declared.reference)
    employers = {band["code"]: band["is_employer"] == "true" for band in declared.__dict__.setdefault(
        "_bands", declared.rules("size_bands"))}  # fmt: skip
    if row["commune"] not in declared.communes:
        return "HORS_TERRITOIRE", family, nature
    if row["state"] == "closed" and (pd.isna(row["closed"]) or row["closed"] <= day):
        return "FERME", family, nature
    if row["register"] == "sirene" and row["created"] > day:
        return "PAS_ENCORE_CREE", family, nature
    if not employers[row["band"]]:
        return "NON_EMPLOYEUR", family, nature
    return nature, family, nature


def _nature(row: dict, declared: Declared, legal: dict, named: dict, proofs: dict, activities: dict) -> tuple:
    perimeter = declared.perimeter
    decided = named.get(row["siret"])
    if decided:
        return f"DECISION_NOMINATIVE_{decided['decision'].upper()}", decided["family"]
    if row["is_followed"]:
        return "SUIVI_HORS_CADRE", None
    if not isinstance(row["legal"], str):
        return "CJ_INCONNUE", None
    category, names = legal.get(row["legal"]), f" {row['name'].lower()} "
    said = set(proofs.get(row["siren"], ())) | ({"sirene_flag"} if row["flag"] == "O" else set())
    proof = said & set(perimeter.get("evidence", []))
    named_so = "name" in perimeter.get("evidence", []) and (" scop " in names or " scic " in names)
    family = category["family"] if category else None
    on_evidence = perimeter.get("on_evidence", [])
    if family in perimeter["families"]:
        if category["confidence"] == "low":
            return "CJ_A_VERIFIER", family
    elif family in on_evidence:
        if not proof and not named_so:
            return "SC_SANS_PREUVE", family
        family = "cooperative" if named_so or ("cooperative" in said and "ess_list" in proof) else family
        if not proof:
            return "SC_A_VERIFIER", family
    elif category:
        return ("CJ_HORS_LISTE", None) if family == "hors_ess" else ("CJ_HORS_EDITION", family)
    elif row["legal"][:1] in ("5", "6") and (proof or named_so):
        return "SC_A_VERIFIER", "cooperative" if named_so else (on_evidence or [None])[0]
    else:
        return "CJ_HORS_LISTE", None
    verdict = _activity(row, perimeter, activities)
    if verdict:
        return {"out": "NAF_EXCLUE", "review": "NAF_A_VERIFIER"}[verdict], family
    return ("SC_PREUVE" if category["family"] in on_evidence else "CJ_ESS"), family


def _activity(row: dict, perimeter: dict, activities: dict) -> str | None:
    at_unit = (
        perimeter.get("naf_level") == "legal_unit" and isinstance(row["unit_naf"], str) and row["unit_naf"]
    )
    naf = row["unit_naf"] if at_unit else row["naf"]
    version = row["nomenclature"] if at_unit else "naf_rev2"
    prefixes = [naf[:size] for size in range(len(naf), 1, -1)]
    return next((activities[version, p] for p in prefixes if (version, p) in activities), None)
