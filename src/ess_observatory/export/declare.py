"""What the package is made of, as declared in `pipelines/export/package.toml`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ess_observatory.declare.files import read_toml
from ess_observatory.declare.project import Project
from ess_observatory.engine.paths import inside, plain_name
from ess_observatory.errors import Exit, ObservatoryError

#: Types a field may have, with their name in Table Schema (the same).
TYPES = ("string", "number", "integer", "boolean")


@dataclass(frozen=True)
class Field:
    """A column of a data set: its name in Parquet, its header in the French CSV, its meaning."""

    name: str
    header: str
    type: str
    label_en: str
    description: str
    description_en: str
    unit: str | None = None
    nomenclature: str | None = None
    categories: dict[str, str] = field(default_factory=dict)
    required: bool = False
    unique: bool = False


@dataclass(frozen=True)
class Resource:
    """A data set of the package: which published cells it takes, and with which columns."""

    id: str
    title: str
    title_en: str
    description: str
    description_en: str
    select: dict[str, Any]
    fields: tuple[Field, ...]

    @property
    def primary_key(self) -> list[str]:
        """Every data set has one row a published figure."""
        return ["figure_id"]


@dataclass(frozen=True)
class Package:
    """The declared package."""

    prefix: str
    resources: tuple[Resource, ...]
    keywords: tuple[str, ...]
    keywords_en: tuple[str, ...]
    themes: tuple[str, ...]
    rules: tuple[Path, ...]
    licences: dict[str, dict[str, str]] = field(repr=False)

    def licence(self, name: str) -> dict[str, str]:
        """What is known of a licence: `title`, and `name` (SPDX), `path`, `terms` when it is declared."""
        return {"title": name, **self.licences.get(name, {})}


def load_package(project: Project) -> Package:
    """Read the declaration. Raises E560 when it is missing or names an unknown column."""
    path = project.pipelines / "export" / "package.toml"
    if not path.is_file():
        raise ObservatoryError(
            "E560",
            "Le paquet n’est pas déclaré",
            str(path),
            "Reprenez ce fichier du projet d’origine.",
            Exit.MISSING,
        )
    data = read_toml(path)
    fields = {name: _field(name, declared, path) for name, declared in data["fields"].items()}
    resources = []
    for declared in data["resources"]:
        if unknown := [name for name in declared["fields"] if name not in fields]:
            raise ObservatoryError(
                "E560",
                f"Colonne non décrite dans le jeu « {declared['id']} » : {', '.join(unknown)}",
                str(path),
                "Ajoutez une table [fields.<nom>].",
            )
        texts = {
            key: declared[key]
            for key in ("id", "title", "title_en", "description", "description_en", "select")
        }
        plain_name(declared["id"], "L’identifiant d’un jeu de données", str(path))
        resources.append(Resource(**texts, fields=tuple(fields[name] for name in declared["fields"])))
    return Package(
        prefix=plain_name(data["prefix"], "« prefix »", str(path)),
        resources=tuple(resources),
        keywords=tuple(data.get("keywords", ())),
        keywords_en=tuple(data.get("keywords_en", ())),
        themes=tuple(data.get("themes", ())),
        rules=tuple(inside(project.pipelines, str(name), str(path)) for name in data.get("rules", ())),
        licences=data.get("licences", {}),
    )


def _field(name: str, declared: dict[str, Any], path: Path) -> Field:
    try:
        found = Field(name=name, **declared)
    except TypeError as error:
        raise ObservatoryError(
            "E560", f"Colonne « {name} » mal décrite : {error}", str(path), "Comparez avec une autre colonne."
        ) from error
    if found.type not in TYPES:
        raise ObservatoryError(
            "E560",
            f"Type inconnu « {found.type} » pour la colonne « {name} »",
            str(path),
            f"Types connus : {', '.join(TYPES)}.",
        )
    return found
