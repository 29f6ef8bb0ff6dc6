"""Where raw files lie: in a folder that is read whole, or outside the editions' folders, for every edition to see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ess_observatory.tabular.sheets import SUPPORTED


def files_of(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every file under a folder and its name there, with forward slashes, in order.

    A link to a file stands for it, whoever put it there chose it; one to a folder is given as it is: what it leads to is not read.
    Pipes, sockets and devices are given too, and folders that bear the name of a data file, for someone to say so.
    """

    def is_given(path: Path) -> bool:
        return not path.is_dir() or path.is_symlink() or path.suffix.lower() in SUPPORTED

    for path in sorted(filter(is_given, folder.rglob("*"))):
        yield path, path.relative_to(folder).as_posix()


@dataclass(frozen=True)
class Shared:
    """Files that lie outside an edition's folder, for every edition to see.

    `prefix` opens their names, so that they are never those of the edition's own files; `without` are the sub-folders of
    the editions; `sources` those that the edition declares: only these are taken from here, and those that `joined` names, which
    add to what the edition has.
    """

    folder: Path
    prefix: str
    without: frozenset[str]
    sources: frozenset[str]
    joined: frozenset[str] = frozenset()

    def files(self) -> Iterator[tuple[Path, str]]:
        """The files and their names, in order."""
        for path, name in files_of(self.folder):
            if name.partition("/")[0] not in self.without or "/" not in name:
                yield path, f"{self.prefix}/{name}"
