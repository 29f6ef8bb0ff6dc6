"""What people put beside what is built (a draft that they rewrite, notes, a PDF): a build takes it along, and removes only what
builds wrote.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

#: What builds wrote in each folder of a place, in that place. Unknown for places built before there was such a book.
BOOK = ".ecrit.json"


def known_files(base: Path) -> dict[str, set[str]]:
    """By folder name, the paths in it that a build of `base` wrote."""
    try:
        return {name: set(files) for name, files in json.loads((base / BOOK).read_text("utf-8")).items()}
    except (OSError, ValueError, AttributeError):
        return {}


def take_along(new: Path, place: Path, ours: set[str]) -> None:
    """Bring into `new` what lies in `place` and is neither of `ours` nor in `new`: nothing is taken away from `place`."""
    for relative, path in _files(place):
        target = new / relative
        parents = [new / parent for parent in Path(relative).parents]
        if relative in ours or os.path.lexists(target) or any(p.exists() and not p.is_dir() for p in parents):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, target, follow_symlinks=False)
        except OSError:
            shutil.copy2(path, target, follow_symlinks=False)


def note_written(base: Path, written: dict[str, Path]) -> None:
    """Add to the book of `base` what is about to be put in place (folder name → new folder); before what is taken along is in it."""
    book = known_files(base)
    for name, folder in written.items():
        book[name] = book.get(name, set()) | {relative for relative, _ in _files(folder)}
    draft = base / f"{BOOK}.tmp"
    text = json.dumps({name: sorted(files) for name, files in sorted(book.items())}, ensure_ascii=False)
    draft.write_text(text, encoding="utf-8")
    draft.replace(base / BOOK)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Files and links under a folder, and their paths in it."""
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_dir():
            yield path.relative_to(folder).as_posix(), path
