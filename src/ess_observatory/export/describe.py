"""What machines read of the package: Table Schema, Data Package v2, DCAT-AP."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ess_observatory.export.declare import Field, Package, Resource
from ess_observatory.export.files import sha256
from ess_observatory.render.html import name_of

PROFILES = "https://datapackage.org/profiles/2.0"
_PARQUET, _CSV = "application/vnd.apache.parquet", "text/csv"
MEDIA_TYPES = {
    ".parquet": _PARQUET,
    ".csv": _CSV,
    ".json": "application/json",
    ".jsonld": "application/ld+json",
    ".html": "text/html",
    ".md": "text/markdown",
    ".txt": "text/plain",
    ".yml": "application/yaml",
    ".cff": "application/yaml",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class About:
    """What the package says of itself, taken from the manifest of the publication."""

    manifest: dict[str, Any]
    package: Package

    @property
    def is_synthetic(self) -> bool:
        """Whether the edition is made up."""
        return bool(self.manifest.get("synthetic"))

    @property
    def stem(self) -> str:
        """What file names of a synthetic edition begin with."""
        return "SYNTHETIQUE_" if self.is_synthetic else ""

    @property
    def territory_code(self) -> str:
        """Identifier of the territory."""
        territory = self.manifest["territory"]
        return str(territory["code"] if isinstance(territory, dict) else territory)

    @property
    def name(self) -> str:
        """Name of the package: `ess-<territory>-<version>`."""
        return f"{self.package.prefix}-{self.territory_code}-{self.manifest['version']}".lower()

    @property
    def title(self) -> str:
        """Title, which says when the data is made up."""
        return f"{self.manifest['title']}{' – données synthétiques' if self.is_synthetic else ''}"

    @property
    def title_en(self) -> str:
        """Title in English (the French one where there is none)."""
        title = self.manifest.get("title_en") or self.manifest["title"]
        return f"{title}{' – synthetic data' if self.is_synthetic else ''}"

    @property
    def description(self) -> str:
        """One paragraph on the package."""
        territory = name_of(self.manifest["territory"])
        text = f"Données publiées par l’observatoire, {territory}, {self.manifest['year']} : agrégats protégés par le secret statistique."
        return f"{self.manifest['banner']} {text}" if self.is_synthetic else text

    @property
    def publisher(self) -> str:
        """Who publishes."""
        return name_of(self.manifest.get("publisher")) or name_of(self.manifest["territory"])

    @property
    def contact(self) -> str | None:
        """Address to write to."""
        publisher = self.manifest.get("publisher")
        return publisher.get("contact") if isinstance(publisher, dict) else None

    @property
    def licence(self) -> dict[str, str]:
        """Licence of the published data."""
        return self.package.licence(name_of(self.manifest.get("licence")))


def table_schema(resource: Resource) -> dict[str, Any]:
    """Table Schema of a data set, with the Parquet names."""
    return {
        "$schema": f"{PROFILES}/tableschema.json",
        "fields": [_field(field, field.name) for field in resource.fields],
        "primaryKey": resource.primary_key,
    }


def csv_schema(resource: Resource) -> dict[str, Any]:
    """Table Schema of the CSV of a data set: French headers, decimal comma, Oui/Non."""
    fields = []
    for field in resource.fields:
        described = _field(field, field.header)
        if field.type == "number":
            described["decimalChar"] = ","
        if field.type == "boolean":
            described |= {"trueValues": ["Oui"], "falseValues": ["Non"]}
        fields.append(described)
    headers = {field.name: field.header for field in resource.fields}
    return {
        "$schema": f"{PROFILES}/tableschema.json",
        "fields": fields,
        "primaryKey": [headers[name] for name in resource.primary_key],
        "missingValues": [""],
    }


def _field(field: Field, name: str) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": name,
        "type": field.type,
        "title": field.header,
        "title_en": field.label_en,
        "description": field.description,
        "description_en": field.description_en,
    }
    if field.unit:
        described["unit"] = field.unit
    if field.nomenclature:
        described["nomenclature"] = field.nomenclature
    if field.categories:
        described["categories"] = [{"value": value, "label": label} for value, label in field.categories.items()]
    constraints = {key: True for key in ("required", "unique") if getattr(field, key)}
    return {**described, "constraints": constraints} if constraints else described


def datapackage(
    about: About, folder: Path, rows: dict[str, int], totals: list[dict[str, Any]]
) -> dict[str, Any]:
    """`datapackage.json` (Data Package v2). No `bytes` on Parquet: readers compare it with what they cannot count."""
    manifest, licence = about.manifest, about.licence
    resources = []
    for resource in about.package.resources:
        resources.append(
            {
                "$schema": f"{PROFILES}/dataresource.json",
                "name": resource.id,
                "type": "table",
                "path": f"data/{resource.id}.parquet",
                "title": resource.title,
                "title_en": resource.title_en,
                "description": resource.description,
                "description_en": resource.description_en,
                "format": "parquet",
                "mediatype": _PARQUET,
                "hash": f"sha256:{sha256(folder / 'data' / f'{resource.id}.parquet')}",
                "rows": rows[resource.id],
                "schema": table_schema(resource),
            }
        )
    for resource in about.package.resources:
        path = f"csv/{about.stem}{resource.id}.csv"
        resources.append(
            {
                "$schema": f"{PROFILES}/dataresource.json",
                "name": f"{resource.id}_csv",
                "type": "table",
                "path": path,
                "title": f"{resource.title} (CSV)",
                "description": resource.description,
                "format": "csv",
                "mediatype": _CSV,
                "encoding": "utf-8-sig",
                "bytes": (folder / path).stat().st_size,
                "hash": f"sha256:{sha256(folder / path)}",
                "rows": rows[resource.id],
                "dialect": {"delimiter": ";", "lineTerminator": "\r\n"},
                "schema": csv_schema(resource),
            }
        )
    return {
        "$schema": f"{PROFILES}/datapackage.json",
        "name": about.name,
        "id": f"{about.package.prefix}:{manifest['edition']}:{manifest['version']}",
        "title": about.title,
        "title_en": about.title_en,
        "description": about.description,
        "version": str(manifest["version"]),
        "synthetic": about.is_synthetic,
        "edition": manifest["edition"],
        "year": manifest["year"],
        "build": manifest["build"],
        "licenses": [
            {key: licence[key] for key in ("name", "path", "title") if licence.get(key)}
        ],
        "contributors": [
            {
                "title": about.publisher,
                **({"email": about.contact} if about.contact and "@" in about.contact else {}),
                "roles": ["publisher", "creator"],
            }
        ],
        "sources": [
            {"title": f"{source['producer']} – {source['label']}", "version": str(source.get("vintage") or "")}
            for source in manifest["sources"]
        ],
        "keywords": list(about.package.keywords),
        "resources": resources,
        "controls": {"totals": totals},
    }


def dcat(about: About, folder: Path, files: list[str]) -> dict[str, Any]:
    """`dcat.jsonld`: one dcat:Dataset, one distribution a file, with the fields that open data portals harvest."""
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
        "dct:accrualPeriodicity": {"@id": "http://publications.europa.eu/resource/authority/frequency/ANNUAL"},
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
        **({"dct:issued": str(manifest["published"])} if manifest.get("published") else {}),
        "dcat:version": str(manifest["version"]),
        "dcat:theme": [{"@id": f"{theme}{code}"} for code in about.package.themes],
        "dcat:keyword": [
            *(_words(word, "fr") for word in about.package.keywords),
            *(_words(word, "en") for word in about.package.keywords_en),
        ],
        "dct:provenance": {"@type": "dct:ProvenanceStatement", "dct:source": "provenance.json"},
        "dcat:distribution": [_distribution(folder, name, licence) for name in files],
    }


def _distribution(folder: Path, name: str, licence: str) -> dict[str, Any]:
    path = folder / name
    return {
        "@type": "dcat:Distribution",
        "@id": name,
        "dct:title": _words(name, "fr"),
        "dcat:accessURL": {"@id": name},
        "dcat:mediaType": MEDIA_TYPES.get(path.suffix, "application/octet-stream"),
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
