"""The one check of everything that is declared: every fault of every file at once, before any work."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from ess_observatory.codebook.codebook import load_codebook
from ess_observatory.codebook.questions import Codebook
from ess_observatory.declare.faults import Fault, raise_faults
from ess_observatory.declare.kinds import KINDS
from ess_observatory.declare.links import Context, edition_faults, follow, territory_faults, territory_path
from ess_observatory.declare.load import Entry, Loaded, load
from ess_observatory.declare.models.csv_checks import check_csvs
from ess_observatory.declare.models.nomenclatures_csv import Csvs
from ess_observatory.errors import ObservatoryError

_EDITION = next(kind for kind in KINDS if kind.name == "edition")
_TERRITORY = next(kind for kind in KINDS if kind.name == "territory")


class Checked:
    """A project's declarations, checked: what they say, and every fault."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.loaded: Loaded = load(root)
        faults = self.loaded.faults
        self.csvs: Csvs = check_csvs(root, faults)
        self.codebook: Codebook | None = _codebook(root)
        follow(self.loaded, self.csvs, self.codebook)
        self.faults: tuple[Fault, ...] = tuple(faults)

    def edition(self, path: Path) -> tuple[Entry | None, list[Fault]]:
        """An edition outside `pipelines/editions/`, with the territory beside it: what it says, and its faults."""
        apart = Loaded(self.root, [], dict(self.loaded.kinds), dict(self.loaded.names))
        apart.kinds["edition"], apart.names["edition"] = {}, set(self.loaded.known("edition"))
        entry = apart.read(_EDITION, path, path.stem)
        if entry is None or entry.model is None:
            return entry, apart.faults
        context = Context(apart, self.csvs, self.codebook)
        apart.faults.extend(edition_faults(context, entry))
        territory = territory_path(self.loaded.pipelines, entry.model.territory, path)
        if territory is not None and territory.parent != self.loaded.pipelines / "territories":
            apart.kinds["territory"], apart.names["territory"] = {}, set()
            place = apart.read(_TERRITORY, territory, territory.stem)
            if place is not None and place.model is not None:
                apart.faults.extend(territory_faults(context, place))
        return entry, apart.faults


def checked(root: Path) -> Checked:
    """The checked declarations of a project; read again only when a file of `pipelines/` has changed."""
    return _checked(root, _state(root / "pipelines"))


def check_declarations(root: Path) -> list[Fault]:
    """Every fault of every declared file of the project at `root`."""
    return list(checked(root).faults)


def require(root: Path) -> Checked:
    """The checked declarations of a project. Raises the one error that tells every fault."""
    found = checked(root)
    raise_faults(found.faults)
    return found


@lru_cache(maxsize=8)
def _checked(root: Path, _state: tuple[tuple[str, int, int, int], ...]) -> Checked:
    return Checked(root)


def _state(pipelines: Path) -> tuple[tuple[str, int, int, int], ...]:
    """What tells that a file was touched: its name, size, and times of change (the second cannot be set back)."""
    found = []
    folders = [str(pipelines)]
    while folders:
        try:
            entries = list(os.scandir(folders.pop()))
        except OSError:
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            else:
                try:
                    stat = entry.stat()
                except OSError:
                    found.append((entry.path, 0, 0, 0))
                    continue
                found.append((entry.path, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns))
    return tuple(sorted(found))


def _codebook(root: Path) -> Codebook | None:
    try:
        return load_codebook(root / "pipelines" / "survey" / "questionnaire.yml")
    except (ObservatoryError, UnicodeError, OSError):
        return None
