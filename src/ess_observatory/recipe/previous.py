"""The edition before one, and where what was published of it is: its publication in place, else its package."""

from __future__ import annotations

import json
from collections.abc import Container
from pathlib import Path

from ess_observatory.declare.files import read_toml
from ess_observatory.declare.project import Edition, Project
from ess_observatory.declare.territories import Territory
from ess_observatory.engine.outputs import Outputs
from ess_observatory.publish.changes import Before
from ess_observatory.quality.declared import places_of_previous

#: Where `ess export` writes when it is not told.
_PACKAGES = "dist"


def edition_before(project: Project, edition: Edition, outputs: Outputs, part: str = "") -> Before:
    """The edition that `previous` names, else the latest earlier one declared of the same territory.

    `part`: the territory of a run on each of a level, whose own publication is then looked for; no package holds one.
    """
    name = str(edition.data.get("previous", ""))
    if name:
        former = _named(project, edition, name)
    else:
        former = latest_before(project, edition.territory, edition.year)
        if former is None:
            return Before()
    ids = dict.fromkeys([*([former.id] if former else []), *([name] if name else [])])
    places = [place for known in ids for place in places_of_previous(project, edition, outputs, known)]
    publications = (place / part / "publication" for place in places)
    found = next((path for path in publications if (path / "figures.parquet").is_file()), None)
    if found is None and not part:
        found = _package([*places, project.root / _PACKAGES], ids)
    return Before(next(iter(ids)), former.year if former else 0, found, bool(name))


def _named(project: Project, edition: Edition, name: str) -> Edition | None:
    """The edition that `previous` names, by its file or by its id; None where only what was built of it is there."""
    for folder in (project.pipelines / "editions", edition.path.parent):
        if (folder / f"{name}.toml").is_file():
            return project.edition(str(folder / f"{name}.toml"))
    paths = sorted((project.pipelines / "editions").glob("*.toml"))
    named = (path for path in paths if read_toml(path).get("id", path.stem) == name)
    return next((project.edition(str(path)) for path in named), None)


def latest_before(project: Project, territory: Territory, year: int) -> Edition | None:
    """The latest declared edition of an earlier year of that territory, known by its name or by its communes."""
    codes = {commune["code"] for commune in territory.communes}
    paths = sorted((project.pipelines / "editions").glob("*.toml"))
    earlier = [project.edition(str(path)) for path in paths if int(read_toml(path)["year"]) < year]
    same = [
        other
        for other in earlier
        if other.territory.id == territory.id
        or {commune["code"] for commune in other.territory.communes} == codes
    ]
    return max(
        same, key=lambda other: (other.year, _version(str(other.data.get("version", "")))), default=None
    )


def _package(places: list[Path], editions: Container[str]) -> Path | None:
    """The latest version of the package of an edition, in one of these folders or right under it."""
    found = []
    for place in places:
        for path in [*place.glob("datapackage.json"), *place.glob("*/datapackage.json")]:
            try:
                described = json.loads(path.read_text(encoding="utf-8"))
                if described["edition"] in editions:
                    found.append((_version(str(described["version"])), path.parent))
            except (OSError, ValueError, KeyError, TypeError):
                continue
    return max(found, default=((), None), key=lambda item: item[0])[1]


def _version(text: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(part) if part.isdigit() else -1, part) for part in text.split("."))
