"""`dcat.jsonld`: the package as open data portals harvest it (DCAT-AP)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ess_observatory.export.describe import CSV, PARQUET, About, name_of
from ess_observatory.export.files import sha256

MEDIA_TYPES = {
    ".parquet": PARQUET,
    ".csv": CSV,
    ".json": "application/json",
    ".jsonld": "application/ld+json",
    ".html": "text/html",
    ".md": "text/markdown",
    ".txt": "text/plain",
    ".yml": "application/yaml",
    ".cff": "application/yaml",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
IANA = "https://www.iana.org/assignments/media-types/"
DATES = {4: "xsd:gYear", 7: "xsd:gYearMonth", 10: "xsd:date"}  # by length


def dcat(about: About, folder: Path, files: dict[str, str]) -> dict[str, Any]:
    """`dcat.jsonld`: one dcat:Dataset, one distribution a file, with the fields that open data portals harvest.

    `files`: title of each file, by its path in the package.
    """
    manifest, year = about.manifest, about.manifest["year"]
    licence = about.licence.get("path") or about.licence["title"]
    theme = "http://publications.europa.eu/resource/authority/data-theme/"
    return {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/",
            "spdx": "http://spdx.org/rdf/terms#",
            "vcard": "http://www.w3.org/2006/vcard/ns#",
            "skos": "http://www.w3.org/2004/02/skos/core#",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@id": f"urn:{about.name}",
        "@type": "dcat:Dataset",
        "dct:identifier": about.name,
        "dct:title": [_words(about.title, "fr"), _words(about.title_en, "en")],
        "dct:description": [_words(about.description, "fr")],
        "dct:publisher": {"@type": "foaf:Organization", "foaf:name": about.publisher},
        **(
            {
                "dcat:contactPoint": {
                    "@type": "vcard:Organization",
                    "vcard:fn": about.publisher,
                    "vcard:hasEmail": {"@id": f"mailto:{about.contact}"},
                }
            }
            if about.contact
            else {}
        ),
        "dct:license": {"@id": licence} if licence.startswith("http") else licence,
        "dct:language": {"@id": "http://publications.europa.eu/resource/authority/language/FRA"},
        "dct:accrualPeriodicity": {
            "@id": "http://publications.europa.eu/resource/authority/frequency/ANNUAL"
        },
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": {"@value": f"{year}-01-01", "@type": "xsd:date"},
            "dcat:endDate": {"@value": f"{year}-12-31", "@type": "xsd:date"},
        },
        "dct:spatial": {
            "@type": "dct:Location",
            "dct:identifier": about.territory_code,
            "skos:prefLabel": _words(name_of(manifest["territory"]), "fr"),
        },
        **_issued(str(manifest.get("published") or "")),
        "dcat:version": str(manifest["version"]),
        "dcat:theme": [{"@id": f"{theme}{code}"} for code in about.package.themes],
        "dcat:keyword": [
            *(_words(word, "fr") for word in about.package.keywords),
            *(_words(word, "en") for word in about.package.keywords_en),
        ],
        "dct:provenance": {"@type": "dct:ProvenanceStatement", "dct:source": "provenance.json"},
        "dcat:distribution": [_distribution(folder, name, title, licence) for name, title in files.items()],
    }


def _issued(published: str) -> dict[str, Any]:
    kind = DATES.get(len(published))
    return {"dct:issued": {"@value": published, "@type": kind}} if kind else {}


def _distribution(folder: Path, name: str, title: str, licence: str) -> dict[str, Any]:
    path = folder / name
    return {
        "@type": "dcat:Distribution",
        "@id": name,
        "dct:title": _words(title, "fr"),
        "dcat:accessURL": {"@id": name},
        "dcat:mediaType": {"@id": IANA + MEDIA_TYPES.get(path.suffix, "application/octet-stream")},
        "dcat:byteSize": path.stat().st_size,
        "dct:license": {"@id": licence} if licence.startswith("http") else licence,
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": sha256(path),
        },
    }


def _words(text: str, lang: str) -> dict[str, str]:
    return {"@value": text, "@language": lang}
