"""Archives as the producers ship them: their members are read as if they had been unpacked beside."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ess_observatory.errors import ObservatoryError
from ess_observatory.tabular import limits
from ess_observatory.tabular.places import scratch_file

GZIP = b"\x1f\x8b"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKUP = (b"<!doctype html", b"<html", b"<?xml", b"<table", b"<workbook")
_DOCUMENT = (
    b"%PDF",
    b"{\\rtf",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"7z\xbc\xaf",
    b"Rar!",
    b"\x7fELF",
    b"MZ\x90",
)


@dataclass(frozen=True)
class Member:
    """A file of an archive, unpacked in a place of our own under a name of our own."""

    path: Path
    name: str


def kind_of(path: Path, relative: str) -> str:
    """What a file is, by its content: `zip`, `ole`, `parquet`, `text`, `archive`, `document` or `markup`.

    `archive` is a .zip of files or a gzip file; `zip` is a workbook of the zip family, `markup` a page or XML that a tool saved under a workbook's name.
    """
    with path.open("rb") as handle:
        head = handle.read(1024)
    if head.startswith(OLE):
        return "ole"
    if head.startswith((b"PAR1", b"PARE")):
        return "parquet"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_kind(path, relative)
    if head.startswith(GZIP):
        return "archive"
    if head.startswith(_DOCUMENT) or head[257:262] == b"ustar":
        return "document"
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_MARKUP):
        return "markup"
    return "text"


def _zip_kind(path: Path, relative: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise limits.damaged_error(relative, error) from error
    if names & {"xl/workbook.xml", "xl/workbook.bin"}:
        return "zip"
    if "content.xml" in names and "mimetype" in names:
        return "zip"
    if any(name.startswith(("word/", "ppt/")) for name in names) and "[Content_Types].xml" in names:
        return "document"
    if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
        return "zip"
    return "archive"


def unpack(path: Path, relative: str, depth: int = 0) -> list[Member]:
    """The files of an archive, those of archives inside it included, up to the declared nesting.

    What a gzip file holds keeps its name; two members of one name are told apart by a number. Raises E201, E203, E205, E206 as `limits.safe_members`,
    `limits.member_blocks` and `limits.unpack_gzip`, and E207 when archives are nested too deep.
    """
    with path.open("rb") as handle:
        if handle.read(2) == GZIP:
            return _unpack_gzip(path, relative, depth)
    members = limits.safe_members(path, relative, limits.MAX_ARCHIVE_UNPACKED)
    found: list[Member] = []
    met = Counter[PurePosixPath]()
    with zipfile.ZipFile(path) as archive:
        for member in sorted(members, key=lambda m: m.filename):
            name = PurePosixPath(member.filename.replace("\\", "/"))
            if member.is_dir() or name.parts[0] == "__MACOSX":
                continue
            met[name] += 1
            inner = f"{relative}/{name.as_posix()}" + (f" ({met[name]})" if met[name] > 1 else "")
            target = scratch_file(name.suffix.lower())
            with target.open("wb") as out:
                out.writelines(limits.member_blocks(archive, member, relative))
            found += _inside(target, inner, depth)
    return found


def _unpack_gzip(path: Path, relative: str, depth: int) -> list[Member]:
    name = re.sub(r"\.gz(ip)?$", "", relative, flags=re.IGNORECASE)
    target = scratch_file(PurePosixPath(name).suffix.lower())
    limits.unpack_gzip(path, relative, target)
    return _inside(target, relative, depth)


def _inside(target: Path, name: str, depth: int) -> list[Member]:
    """An unpacked file, or what it holds when it is an archive in its turn."""
    if not target.stat().st_size or kind_of(target, name) != "archive":
        return [Member(target, name)]
    if depth >= limits.MAX_NESTING:
        raise ObservatoryError(
            "E207",
            "Archives emboîtées trop profondément",
            name,
            "Décompressez-la et déposez les fichiers qu’elle contient.",
        )
    return unpack(target, name, depth + 1)
