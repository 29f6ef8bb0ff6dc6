"""How much a file may ask of us: sizes are checked before anything is opened, whatever the file says of itself."""

from __future__ import annotations

import atexit
import gzip
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path, PurePosixPath

from ess_observatory.errors import ObservatoryError
from ess_observatory.words.numbers import format_number

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
#: A text or Parquet file, as it lies on disk.
MAX_FILE_BYTES = 16 * GIB
#: A workbook on disk, and all that it holds once unpacked.
MAX_WORKBOOK_BYTES = 256 * MIB
MAX_WORKBOOK_UNPACKED = 768 * MIB
#: Everything in a .zip once unpacked, how many files, how many archives inside one another.
MAX_ARCHIVE_UNPACKED = 16 * GIB
MAX_MEMBERS = 5_000
MAX_NESTING = 1
#: Above this unpacked size, a member that swells more than this many times is taken for a bomb.
RATIO_FLOOR_BYTES = 64 * MIB
MAX_RATIO = 250
#: A sheet's rectangle, a Parquet file's rows, a cell, a line of text, a record with line breaks in its quotes.
MAX_CELLS = 20_000_000
MAX_ROWS = 100_000_000
MAX_CELL_CHARS = 100_000
MAX_LINE_BYTES = 2 * MIB
MAX_RECORD_LINES = 10_000


def size_text(count: int) -> str:
    """A number of bytes as a person says it: `12 Mo`."""
    for unit, name in ((GIB, "Go"), (MIB, "Mo"), (KIB, "ko")):
        if count >= unit:
            return f"{format_number(count / unit)}\u00a0{name}"
    return f"{count}\u00a0octets"


def refuse_large(path: Path, relative: str, limit: int) -> None:
    """Raise E206 when a file is larger than `limit` bytes."""
    size = path.stat().st_size
    if size > limit:
        raise ObservatoryError(
            "E206",
            f"Fichier trop grand : {size_text(size)}, limite {size_text(limit)}",
            relative,
            "Ne gardez que le territoire et les colonnes utiles, ou découpez le fichier.",
        )


@contextmanager
def damage_is_told(relative: str) -> Iterator[None]:
    """Raise E201 when a zip turns out to be damaged."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        OSError,
        ValueError,
    ) as error:
        raise damaged_error(relative, error) from error


def safe_members(path: Path, relative: str, limit: int) -> list[zipfile.ZipInfo]:
    """The members of a zip, once their names and sizes are known to be harmless; none is unpacked yet.

    Raises E201 (damaged), E203 (password), E205 (names that leave the folder, links), E206 (swells too much).
    """
    with damage_is_told(relative), zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        _refuse_unsafe(members, relative)
        _refuse_swelling(members, relative, limit)
    return members


def member_blocks(archive: zipfile.ZipFile, member: str | zipfile.ZipInfo, relative: str) -> Iterator[bytes]:
    """What a member of a zip holds, block after block; raises E201 when it cannot be unpacked to its end."""
    with damage_is_told(relative), archive.open(member) as stream:
        while block := stream.read(MIB):
            yield block


def unpack_gzip(path: Path, relative: str, target: Path) -> None:
    """Write what a gzip file holds to `target`, as long as it does not swell beyond measure.

    Raises E201 (damaged or cut short), E206 (swells too much).
    """
    packed, size = path.stat().st_size, 0
    try:
        with gzip.open(path) as source, target.open("wb") as out:
            while block := source.read(MIB):
                size += len(block)
                if size > MAX_ARCHIVE_UNPACKED or _swells(size, packed):
                    raise _swollen_error(f"plus de {size_text(size)} une fois décompressé", relative)
                out.write(block)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise damaged_error(relative, error) from error


def damaged_error(relative: str, error: BaseException) -> ObservatoryError:
    """E201: a compressed file that cannot be unpacked."""
    return ObservatoryError(
        "E201",
        "Fichier compressé abîmé",
        f"{relative} ({error})",
        "Téléchargez-le de nouveau, ou enregistrez-le de nouveau depuis un tableur.",
    )


def _refuse_unsafe(members: list[zipfile.ZipInfo], relative: str) -> None:
    if len(members) > MAX_MEMBERS:
        raise ObservatoryError(
            "E206",
            f"Archive de {len(members)} fichiers, limite {MAX_MEMBERS}",
            relative,
            "N’y gardez que les fichiers utiles.",
        )
    for member in members:
        name = member.filename.replace("\\", "/")
        is_link = (member.external_attr >> 16) & 0o170000 == 0o120000
        if is_link or name.startswith("/") or ":" in name or ".." in PurePosixPath(name).parts:
            raise ObservatoryError(
                "E205",
                f"Archive refusée : « {member.filename} » sort de son dossier",
                relative,
                "N’ouvrez pas ce fichier ; redemandez-le au producteur.",
            )
        if member.flag_bits & 0x1:
            raise password_error(relative)


def _refuse_swelling(members: list[zipfile.ZipInfo], relative: str, limit: int) -> None:
    total = sum(member.file_size for member in members)
    swelling = next((m for m in members if _swells(m.file_size, m.compress_size)), None)
    if total > limit or swelling:
        what = (
            f"« {swelling.filename} » gonfle {swelling.file_size // max(swelling.compress_size, 1)} fois"
            if swelling
            else f"{size_text(total)} une fois décompressé, limite {size_text(limit)}"
        )
        raise _swollen_error(what, relative)


def _swells(size: int, packed: int) -> bool:
    return size > RATIO_FLOOR_BYTES and size > MAX_RATIO * max(packed, 1)


def _swollen_error(what: str, relative: str) -> ObservatoryError:
    return ObservatoryError(
        "E206",
        f"Fichier compressé démesuré : {what}",
        relative,
        "Redemandez le fichier au producteur, ou n’en gardez que les données utiles.",
    )


def password_error(relative: str) -> ObservatoryError:
    """E203: the file is protected by a password."""
    return ObservatoryError(
        "E203",
        "Fichier protégé par un mot de passe",
        relative,
        "Ouvrez-le avec son mot de passe et enregistrez-en une copie sans mot de passe.",
    )


@cache
def _scratch() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="ess-lecture-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def scratch_file(suffix: str = "") -> Path:
    """A new file of our own, removed when the program ends."""
    handle, name = tempfile.mkstemp(suffix=suffix, dir=_scratch())
    os.close(handle)
    return Path(name)
