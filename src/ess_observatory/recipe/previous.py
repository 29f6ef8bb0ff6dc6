"""The edition before one, and where what was published of it is: its publication in place, else its package."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from ess_observatory.declare.project import Edition, Project
from ess_observatory.engine.outputs import Outputs
from ess_observatory.publish.changes import Before
from ess_observatory.quality.declared import places_of_previous

#: Where `ess export` writes when it is not told.
_PACKAGES = "dist"


def edition_before(project: Project, edition: Edition, outputs: Outputs, part: str = "") -> Before:
    """The edition that `previous` names, else the latest earlier one declared of the same territory.

    `part`: the territory of a run on each of a level, whose own publication is then looked for; no package holds one.
    """
    declared = str(edition.data.get("previous", ""))
    if declared:
        former = project.edition(declared)
    else:
        earlier = [other for other in _others(project, edition) if other.year < edition.year]
        if not earlier:
            return Before()
        former = max(earlier, key=lambda other: (other.year, str(other.data.get("version", ""))))
    places = places_of_previous(project, edition, outputs, former.id)
    found = next(
        (p for place in places if (p := place / part / "publication").joinpath("figures.parquet").is_file()),
        None,
    )
    if found is None and not part:
        found = _package([*places, project.root / _PACKAGES], former.id)
    return Before(former.id, former.year, found, bool(declared))


def _others(project: Project, edition: Edition) -> Iterator[Edition]:
    """The other declared editions of the same territory, known by its name or by its communes."""
    codes = {commune["code"] for commune in edition.territory.communes}
    for path in sorted((project.pipelines / "editions").glob("*.toml")):
        if path.resolve() == edition.path:
            continue
        other = project.edition(str(path))
        same = other.territory.id == edition.territory.id
        if same or {commune["code"] for commune in other.territory.communes} == codes:
            yield other


def _package(places: list[Path], edition: str) -> Path | None:
    """The latest version of the package of an edition, in one of these folders or right under it."""
    found = []
    for place in places:
        for path in [*place.glob("datapackage.json"), *place.glob("*/datapackage.json")]:
            try:
                described = json.loads(path.read_text(encoding="utf-8"))
                if described["edition"] == edition:
                    found.append((_version(str(described["version"])), path.parent))
            except (OSError, ValueError, KeyError, TypeError):
                continue
    return max(found, default=((), None), key=lambda item: item[0])[1]


def _version(text: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(part) if part.isdigit() else -1, part) for part in text.split("."))
