"""The one check of everything that is declared: every fault of every file at once, before any work."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from ess_observatory.codebook.questions import Codebook
from ess_observatory.declare.faults import Fault, raise_faults
from ess_observatory.declare.kinds import KINDS, Kind
from ess_observatory.declare.links import edition_faults, follow, territory_faults, territory_path
from ess_observatory.declare.links_rules import Context
from ess_observatory.declare.load import Entry, Loaded, load
from ess_observatory.declare.models.codebook_checks import check_codebook
from ess_observatory.declare.models.csv_checks import check_csvs
from ess_observatory.declare.models.nomenclatures_csv import Csvs
from ess_observatory.declare.models.outlines import check_outlines
from ess_observatory.declare.models.prose_checks import check_texts

_EDITION = next(kind for kind in KINDS if kind.name == "edition")
_TERRITORY = next(kind for kind in KINDS if kind.name == "territory")


class Checked:
    """A project's declarations, checked: what they say, and every fault."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.loaded: Loaded = load(root)
        faults = self.loaded.faults
        self.csvs: Csvs = check_csvs(root, faults)
        self.codebook: Codebook | None = check_codebook(root, faults)
        is_known = follow(self.loaded, self.csvs, self.codebook)
        cards = [document for document, _ in self.loaded.cards.values()]
        check_texts(root, cards, is_known, faults)
        check_outlines(root, self.csvs, faults)
        self.faults: tuple[Fault, ...] = tuple(faults)

    def edition(self, path: Path) -> Entry:
        """An edition, in the project or elsewhere, with the territory beside it. Raises the error that tells its faults."""
        apart, entry = self._apart(_EDITION, path)
        if entry is not None and entry.model is not None:
            context = Context(apart, self.csvs, self.codebook)
            apart.faults.extend(edition_faults(context, entry))
            place = territory_path(self.loaded.pipelines, entry.model.territory, path.parent, path)
            if place is not None:
                apart.faults.extend(self._territory(place)[1])
        return _whole(entry, apart.faults)

    def territory(self, path: Path) -> Entry:
        """A territory, in the project or elsewhere. Raises the error that tells its faults."""
        return _whole(*self._territory(path))

    def _territory(self, path: Path) -> tuple[Entry | None, list[Fault]]:
        apart, entry = self._apart(_TERRITORY, path)
        if entry is not None and entry.model is not None:
            apart.faults.extend(territory_faults(Context(apart, self.csvs, self.codebook), entry))
        return entry, apart.faults

    def _apart(self, kind: Kind, path: Path) -> tuple[Loaded, Entry | None]:
        """The project with one file read on its own; a file of the project is not read twice."""
        apart = Loaded(self.root, [], dict(self.loaded.kinds), dict(self.loaded.names))
        for entry in self.loaded.entries(kind.name):
            if entry.document.path == path.resolve():
                return apart, entry
        apart.kinds[kind.name] = dict(self.loaded.kinds.get(kind.name, {}))
        apart.names[kind.name] = set(self.loaded.known(kind.name))
        return apart, apart.read(kind, path.resolve(), path.stem)


def _whole(entry: Entry | None, faults: list[Fault]) -> Entry:
    raise_faults(faults)
    if entry is None:
        raise AssertionError("a file without fault has been read")
    return entry


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
