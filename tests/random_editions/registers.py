"""The register of an edition: a vendor's extract (up to 2015), or the stock of Sirene and what proves the rest."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from random import Random

from random_editions.files import write_csv
from random_editions.firms import OLD_ACTIVITY, Site, Unit
from random_editions.places import Place

LABELS = {
    "NC": "Non connu", "00": "0 salarié", "01": "1 ou 2 salariés", "02": "3 à 5 salariés", "03": "6 à 9 salariés",
    "11": "10 à 19 salariés", "12": "20 à 49 salariés", "21": "50 à 99 salariés", "22": "100 à 199 salariés",
    "31": "200 à 249 salariés", "32": "250 à 499 salariés",
}  # fmt: skip
EXTRACT = (
    "N° SIRET", "Raison sociale", "Code commune INSEE", "Code forme juridique", "Code APE", "Tranche d'effectif",
    "Date de création", "Date de fermeture", "État", "Date de mise à jour", "Suivi hors cadre",
)  # fmt: skip
STOCK = (
    "siren", "nic", "siret", "statutDiffusionEtablissement", "dateCreationEtablissement",
    "trancheEffectifsEtablissement", "anneeEffectifsEtablissement", "dateDernierTraitementEtablissement",
    "etablissementSiege", "codePostalEtablissement", "libelleCommuneEtablissement", "codeCommuneEtablissement",
    "dateDebut", "etatAdministratifEtablissement", "enseigne1Etablissement", "activitePrincipaleEtablissement",
    "nomenclatureActivitePrincipaleEtablissement", "caractereEmployeurEtablissement",
)  # fmt: skip
UNITS = (
    "siren", "statutDiffusionUniteLegale", "dateCreationUniteLegale", "etatAdministratifUniteLegale",
    "denominationUniteLegale", "categorieJuridiqueUniteLegale", "activitePrincipaleUniteLegale",
    "nomenclatureActivitePrincipaleUniteLegale", "nicSiegeUniteLegale", "economieSocialeSolidaireUniteLegale",
)  # fmt: skip


def write_extract(rng: Random, out: Path, units: list[Unit], reference: dt.date) -> None:
    """The vendor's extract: one row an establishment, some repeated with an older date."""
    rows = []
    for site in (site for unit in units for site in unit.sites):
        row = [site.siret, site.unit.name, site.commune["code"], site.unit.legal, site.naf, LABELS[site.band],
               _day(site.created), _day(site.closed), "Fermé" if site.closed else "Actif",
               _day(reference - dt.timedelta(days=rng.randrange(1, 200))), "x" if site.is_followed_outside else ""]  # fmt: skip
        rows.append(row)
        if rng.random() < 0.03:
            rows.append(
                [*row[:5], "1 ou 2 salariés", *row[6:9], _day(reference - dt.timedelta(days=900)), row[10]]
            )
    write_csv(
        out / "manageo" / "extraction.csv",
        EXTRACT,
        rows,
        above=["Extraction de fichier d’entreprises", f"Situation de référence : {reference:%d/%m/%Y}"],
    )


def write_stock(rng: Random, out: Path, units: list[Unit], reference: dt.date) -> None:
    """The stock of Sirene: establishments, legal units (one in thirty forgotten)."""
    sites, rows = [site for unit in units for site in unit.sites], []
    for rank, site in enumerate(sites):
        unit, before = site.unit, dt.timedelta(days=0 if rank == 0 else rng.randrange(1, 300))
        rows.append([unit.siren, site.siret[9:], site.siret, "P" if unit.is_partial else "O", site.created,
                     _size(rng, site), "", f"{reference - before}T08:00:00",
                     "true" if site is unit.sites[0] else "false", "", "", site.commune["code"],
                     site.closed or site.created, "F" if site.closed else "A", "", site.naf, "NAFRev2",
                     "N" if site.employees == 0 else "O"])  # fmt: skip
    write_csv(out / "sirene" / "StockEtablissement_utf8.csv", STOCK, rows, separator=",")
    write_csv(
        out / "sirene" / "StockUniteLegale_utf8.csv",
        UNITS,
        [
            (unit.siren, "P" if unit.is_partial else "O", min(site.created for site in unit.sites), "A",
             "[ND]" if unit.is_partial else unit.name, unit.legal, unit.naf,
             "NAFRev1" if unit.naf == OLD_ACTIVITY else "NAFRev2", unit.sites[0].siret[9:], unit.ess_flag)
            for rank, unit in enumerate(units) if rank == 0 or rng.random() > 0.03
        ],
        separator=",",
    )  # fmt: skip


def _size(rng: Random, site: Site) -> str:
    if site.employees is None:
        return rng.choice(["", "NN"])
    return rng.choice(["", "NN", "00"]) if site.employees == 0 else site.band


def write_lists(rng: Random, out: Path, units: list[Unit], place: Place, reference: dt.date) -> set[str]:
    """What proves or labels: the list of the ESS, approvals, work integration, the register of associations. Returns which."""
    written = set()
    if rng.random() < 0.6:
        families = {"association": "Association", "cooperative": "Coopérative", "mutuelle": "Mutuelle",
                    "fondation": "Fondation", None: "Société commerciale de l’ESS"}  # fmt: skip
        listed = [u for u in units if rng.random() < (0.5 if u.family else 0.15) and place.kind != "empty"]
        rows = [(u.siren, u.name, families[u.family], "Ici") for u in listed] or [
            ("991000019", "AILLEURS", "Association", "")
        ]
        write_csv(
            out / "listes" / "entreprises_ess.csv",
            ("SIREN", "Nom ou raison sociale", "Famille", "Région"),
            rows,
            separator=",",
        )
        written.add("ess_list")
    if rng.random() < 0.6:
        rows_of = []
        for unit in rng.sample(units, min(4, len(units))) if place.kind != "empty" else []:
            start = reference - dt.timedelta(days=rng.randrange(-60, 2200))
            rows_of.append((unit.siren, unit.name, "Ici", start, start.replace(day=1, year=start.year + 5)))
        rows_of = rows_of or [
            ("991000019", "AILLEURS", "Ici", reference, reference.replace(year=reference.year + 5))
        ]
        write_csv(
            out / "listes" / "liste_nationale_esus.csv",
            ("N° SIREN", "Dénomination sociale", "Département", "Date de la décision", "Date d’échéance"),
            rows_of,
        )
        written.add("esus_list")
    if rng.random() < 0.6:
        sites = [site for unit in units for site in unit.sites]
        chosen = rng.sample(sites, min(5, len(sites)))
        kinds = ("AI", "EI", "ETTI", "ACI", "GEIQ", "EA")
        write_csv(
            out / "listes" / "siae.csv",
            ("Type", "SIRET", "Raison sociale", "Ville", "Code postal", "Département"),
            [(rng.choice(kinds), site.siret, site.unit.name, "", "", place.departement) for site in chosen],
        )
        written.add("siae_list")
    if rng.random() < 0.6:
        _write_associations(rng, out, units, place, reference)
        written.add("rna")
    return written


def _write_associations(rng: Random, out: Path, units: list[Unit], place: Place, reference: dt.date) -> None:
    rows = []
    sites = [site for unit in units if unit.family == "association" for site in unit.sites]
    for rank in range(rng.choice([10, 60, 150])):
        created = reference - dt.timedelta(days=rng.randrange(1, 9000))
        ended = created + dt.timedelta(days=rng.randrange(1, 3000)) if rng.random() < 0.2 else None
        if ended and ended > reference:
            ended = None
        site = rng.choice(sites) if sites and rng.random() < 0.3 else None
        commune = rng.choice(place.communes if rng.random() < 0.95 or not place.around else place.around)
        rows.append((f"W99{rank:07d}", site.siret if site else "", created, ended or "0001-01-01", "D", "S",
                     f"ASSOCIATION {rank}", commune["code"], commune["name"], "D" if ended else "A", ""))  # fmt: skip
    write_csv(
        out / "rna" / f"rna_waldec_dpt_{place.departement}.csv",
        ("id", "siret", "date_creat", "date_disso", "nature", "groupement", "titre", "adrs_codeinsee",
         "adrs_libcommune", "position", "maj_time"),
        rows,
    )  # fmt: skip


def _day(day: dt.date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""
