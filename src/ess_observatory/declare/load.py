"""Every declared file read once and held against its model; what is wrong is gathered, nothing is raised."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ess_observatory.declare.faults import Fault, advice
from ess_observatory.declare.kinds import APART, KINDS, Kind
from ess_observatory.declare.models.base import check
from ess_observatory.declare.models.cards import CardFile
from ess_observatory.declare.models.editions import EditionFile, TerritoryFile
from ess_observatory.declare.models.sources import SourceFile
from ess_observatory.declare.reading import Document, name_of, read_toml_document


@dataclass(frozen=True)
class Entry:
    """A declared file: its name among its kind, what it says, and its model (None when it does not follow it)."""

    name: str
    document: Document
    model: Any


@dataclass
class Loaded:
    """All the TOML of a project, kind by kind, and the faults found so far."""

    root: Path
    faults: list[Fault]
    kinds: dict[str, dict[str, Entry]] = field(default_factory=dict)
    names: dict[str, set[str]] = field(default_factory=dict)

    @property
    def pipelines(self) -> Path:
        """The folder of declarations."""
        return self.root / "pipelines"

    def entries(self, kind: str) -> Iterator[Entry]:
        """The files of a kind that follow its model."""
        return (entry for entry in self.kinds.get(kind, {}).values() if entry.model is not None)

    def one(self, kind: str) -> Entry | None:
        """The file of a kind that has only one, if it follows its model."""
        return next(self.entries(kind), None)

    def known(self, kind: str) -> set[str]:
        """The names of a kind, of the files that have faults too."""
        return self.names.get(kind, set())

    @property
    def cards(self) -> dict[str, tuple[Document, CardFile]]:
        """Table id → its file and card."""
        return {entry.name: (entry.document, entry.model) for entry in self.entries("card")}

    @property
    def sources(self) -> dict[str, tuple[Document, SourceFile]]:
        """Source id → its file and declaration."""
        return {entry.name: (entry.document, entry.model) for entry in self.entries("source")}

    @property
    def editions(self) -> dict[str, tuple[Document, EditionFile]]:
        """Edition (name of its file) → its file and declaration."""
        return {entry.name: (entry.document, entry.model) for entry in self.entries("edition")}

    @property
    def territories(self) -> dict[str, tuple[Document, TerritoryFile]]:
        """Territory (name of its file) → its file and declaration."""
        return {entry.name: (entry.document, entry.model) for entry in self.entries("territory")}

    def read(self, kind: Kind, path: Path, name: str) -> Entry | None:
        """Read one file as a kind, and keep it among those of the project."""
        self.names.setdefault(kind.name, set()).add(name)
        document = read_toml_document(path, name_of(path, self.root), self.faults)
        if document is None:
            return None
        entry = Entry(name, document, check(kind.model, document, self.faults))
        self.kinds.setdefault(kind.name, {})[name] = entry
        return entry


def load(root: Path) -> Loaded:
    """Read every TOML file under `pipelines/`; files that nothing reads are faults, as are those that lack."""
    loaded = Loaded(root, [])
    paths = sorted(_toml_files(loaded.pipelines))
    found: set[str] = set()
    places = [(kind, kind.place) for kind in KINDS]
    for path in paths:
        for kind, place in places:
            if match := place.match(path):
                found.add(kind.name)
                loaded.read(kind, loaded.pipelines / path, match.group(1) if match.groups() else kind.name)
                break
        else:
            _apart(loaded, path)
    for kind in KINDS if "edition" in found else ():  # a project without edition makes no report
        if kind.required and kind.name not in found:
            file = name_of(loaded.pipelines / kind.pattern, root)
            loaded.faults.append(Fault(file, what="fichier introuvable", fix="remettez-le à sa place"))
    if "edition" in found:
        _folders(loaded)
    return loaded


def _toml_files(pipelines: Path) -> Iterator[str]:
    for folder, _, files in os.walk(pipelines):
        for name in files:
            if name.endswith(".toml") and not name.startswith((".", "~")):
                yield Path(folder, name).relative_to(pipelines).as_posix()


def _apart(loaded: Loaded, path: str) -> None:
    """A TOML file of no kind: a recipe of the demonstration must be readable, a model to copy is no TOML yet."""
    file = name_of(loaded.pipelines / path, loaded.root)
    if APART.match(path):
        if path.startswith("demo/"):
            read_toml_document(loaded.pipelines / path, file, loaded.faults)
        return
    patterns = [kind.pattern for kind in KINDS]
    fix = advice(
        path,
        [p for p in patterns if "*" not in p or p.split("/")[0] == path.split("/")[0]],
        "fichiers connus",
    )
    loaded.faults.append(Fault(file, what="fichier que rien ne lit", fix=fix or "retirez-le"))


def _folders(loaded: Loaded) -> None:
    """A folder of a table or a source without its declaration, or without the query that it needs."""
    for parent, kind, declaration in (("tables", "card", "card.toml"), ("sources", "source", "source.toml")):
        folder = loaded.pipelines / parent
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            has_files = path.is_dir() and any(not p.name.startswith((".", "__")) for p in path.iterdir())
            if has_files and path.name not in loaded.known(kind):
                file = name_of(path / declaration, loaded.root)
                loaded.faults.append(
                    Fault(file, what="fichier introuvable", fix="écrivez-le, ou retirez le dossier")
                )
    for name, (document, card) in loaded.cards.items():
        query = document.path.parent / "query.sql"
        ways = [card.survey is not None, card.kind is not None, card.rows is not None, query.is_file()]
        if sum(ways) != 1:
            what = "a deux origines" if any(ways) else "n’a ni requête, ni bloc [survey], ni « rows »"
            fix = (
                "gardez-en une"
                if any(ways)
                else "écrivez query.sql à côté de sa fiche, ou donnez-lui « rows »"
            )
            loaded.faults.append(
                Fault(name_of(query, loaded.root), what=f"le tableau « {name} » {what}", fix=fix)
            )
    for name, (document, source) in loaded.sources.items():
        if source.kind == "table" and not (document.path.parent / "staging.sql").is_file():
            loaded.faults.append(Fault(
                name_of(document.path.parent / "staging.sql", loaded.root),
                what=f"la source « {name} » n’a pas de requête", fix="écrivez staging.sql à côté de source.toml",
            ))  # fmt: skip


def model_of(entry: Entry | None) -> BaseModel | None:
    """The model of an entry that may be absent."""
    return entry.model if entry else None
