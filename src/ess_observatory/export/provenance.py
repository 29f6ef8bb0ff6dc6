"""`provenance.json`: where the package comes from, shaped as W3C PROV (PROV-JSON).

Inputs are given by fingerprint, never by content. The files of a survey are not named: a file name may be a
respondent's name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ess_observatory import __version__
from ess_observatory.declare.project import Project
from ess_observatory.export.describe import About
from ess_observatory.export.files import sha256

_PUBLISHED = (
    "figures.parquet",
    "tables.json",
    "texts.json",
    "changes.json",
    "checks.json",
    "replication.parquet",
    "map.geojson",
)


def provenance(
    about: About, project: Project, publication: Path, folder: Path, files: list[str]
) -> dict[str, Any]:
    """Entities (inputs, publication, package files), activities (read, protect, export) and agents. No clock."""
    manifest = about.manifest
    inputs = _inputs(about, project)
    published = {
        f"publication:{name}": {"prov:label": name, "ess:sha256": sha256(publication / name)}
        for name in _PUBLISHED
        if (publication / name).is_file()
    }
    exported = {
        f"package:{name}": {"prov:label": name, "ess:sha256": sha256(folder / name)} for name in files
    }
    declarations = _declarations(about, project)
    build, export = "activity:build", "activity:export"
    software, publisher = "agent:ess_observatory", "agent:publisher"
    return {
        "prefix": {
            "prov": "http://www.w3.org/ns/prov#",
            "ess": "urn:ess-observatory:",
            "input": "urn:ess-observatory:input:",
            "declaration": "urn:ess-observatory:declaration:",
            "publication": f"urn:ess-observatory:publication:{manifest['edition']}:",
            "package": f"urn:ess-observatory:package:{about.name}:",
            "activity": "urn:ess-observatory:activity:",
            "agent": "urn:ess-observatory:agent:",
        },
        "ess:synthetic": about.is_synthetic,
        **({"ess:warning": manifest["banner"]} if about.is_synthetic else {}),
        "entity": {**inputs, **declarations, **published, **exported},
        "activity": {
            build: {
                "prov:label": "Lecture, contrôle, calcul et protection",
                "ess:build": manifest["build"],
                "ess:edition": manifest["edition"],
                "ess:secrecy": "Secret statistique appliqué avant toute sortie ; la règle qui masque une cellule n’est pas dite.",
            },
            export: {"prov:label": "Mise en paquet", "ess:version": str(manifest["version"])},
        },
        "agent": {
            publisher: {"prov:type": "prov:Organization", "prov:label": about.publisher},
            software: {"prov:type": "prov:SoftwareAgent", "prov:label": f"ess_observatory {__version__}"},
        },
        "used": {
            **{
                f"_:u{i}": {"prov:activity": build, "prov:entity": e}
                for i, e in enumerate([*inputs, *declarations])
            },
            **{f"_:v{i}": {"prov:activity": export, "prov:entity": e} for i, e in enumerate(published)},
        },
        "wasGeneratedBy": {
            **{f"_:g{i}": {"prov:entity": e, "prov:activity": build} for i, e in enumerate(published)},
            **{f"_:h{i}": {"prov:entity": e, "prov:activity": export} for i, e in enumerate(exported)},
        },
        "wasAssociatedWith": {
            f"_:a{i}": {"prov:activity": activity, "prov:agent": agent}
            for i, (activity, agent) in enumerate(
                (activity, agent) for activity in (build, export) for agent in (software, publisher)
            )
        },
        "wasAttributedTo": {
            f"_:t{i}": {"prov:entity": entity, "prov:agent": publisher} for i, entity in enumerate(exported)
        },
    }


def _inputs(about: About, project: Project) -> dict[str, dict[str, Any]]:
    entities = {}
    for source in about.manifest["sources"]:
        spec = project.sources.get(source["id"])
        is_named = spec is not None and spec.kind != "survey"
        for rank, file in enumerate(source["files"], 1):
            entities[f"input:{source['id']}/{rank}"] = {
                "prov:label": source["label"],
                **({"ess:file": file["name"]} if is_named else {}),
                "ess:sha256": file["sha256"],
                "ess:producer": source["producer"],
                "ess:licence": source["licence"],
                "ess:vintage": source.get("vintage"),
                "ess:content": "non diffusé",
            }
    return entities


def _declarations(about: About, project: Project) -> dict[str, dict[str, Any]]:
    """The declared rules that decided what is counted, by fingerprint."""
    paths = [*about.package.rules, project.pipelines / "rules" / "secrecy.toml", project.questionnaire]
    return {
        f"declaration:{path.relative_to(project.pipelines).as_posix()}": {
            "prov:label": path.name,
            "ess:sha256": sha256(path),
        }
        for path in paths
        if path.is_file()
    }
