"""What machines read of the package: Table Schema, Data Package v2."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ess_observatory.engine.paths import plain_name
from ess_observatory.export.declare import Field, Package, Resource
from ess_observatory.export.files import sha256

PROFILES = "https://datapackage.org/profiles/2.0"
PARQUET, CSV = "application/vnd.apache.parquet", "text/csv"


def name_of(value: Any) -> str:
    """Name of a manifest entry given as text or as {"name": …}."""
    return str(value.get("name") or value.get("label") or "") if isinstance(value, dict) else str(value or "")


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
        name = f"{self.package.prefix}-{self.territory_code}-{self.manifest['version']}".lower()
        return plain_name(name, "Le nom du paquet", "manifest.json")

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
        text = (
            f"Données publiées par l’observatoire, {territory}, {self.manifest['year']} : "
            "agrégats protégés par le secret statistique."
        )
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
        described["categories"] = [
            {"value": value, "label": label} for value, label in field.categories.items()
        ]
    constraints = {key: True for key in ("required", "unique") if getattr(field, key)}
    return {**described, "constraints": constraints} if constraints else described


def datapackage(
    about: About,
    folder: Path,
    rows: dict[str, int],
    totals: list[dict[str, Any]],
    concepts: dict[str, Any],
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
                "mediatype": PARQUET,
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
                "mediatype": CSV,
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
        "publication": _kept(manifest, concepts),
        "licenses": [{key: licence[key] for key in ("name", "path", "title") if licence.get(key)}],
        "contributors": [
            {
                "title": about.publisher,
                **({"email": about.contact} if about.contact and "@" in about.contact else {}),
                "roles": ["publisher", "creator"],
            }
        ],
        "sources": [
            {
                "title": f"{source['producer']} – {source['label']}",
                "version": str(source.get("vintage") or ""),
            }
            for source in manifest["sources"]
        ],
        "keywords": list(about.package.keywords),
        "resources": resources,
        "controls": {"totals": totals},
    }


def _kept(manifest: dict[str, Any], concepts: dict[str, Any]) -> dict[str, Any]:
    """What of the manifest tells how these figures compare with those of another edition; files by their hash alone."""
    sources = [
        {
            **{key: source.get(key) for key in ("id", "label", "label_en", "vintage")},
            "files": [{"sha256": file["sha256"]} for file in source["files"]],
        }
        for source in manifest["sources"]
    ]
    counted = {
        name: {key: known.get(key) for key in ("date", "made_from", "figures")}
        for name, known in (concepts.get("concepts") or {}).items()
    }
    kept = {key: manifest.get(key) for key in ("territory", "perimeter", "nomenclature", "revisions")}
    return {**kept, "sources": sources, "concepts": counted}
