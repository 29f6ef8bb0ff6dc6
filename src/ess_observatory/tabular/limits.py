"""How much a file may ask of us: sizes are checked before anything is opened, whatever the file says of itself."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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
#: How many columns the widest sheet has, how many rows the longest.
MAX_COLUMNS, MAX_SHEET_ROWS = 16_384, 1_048_576
#: A workbook's texts, each counted as often as cells point to it, may be this many times what it holds once unpacked.
MAX_TEXT_RATIO = 8
#: What opening a file may take: memory, and how many times its weight; seconds of the processor, and for each MiB of its weight.
MEMORY, MEMORY_TIMES = 320 * MIB, 24
SECONDS, SECONDS_EACH = 1.2, 1.0
#: A Parquet file that weighs no more once unpacked is read to its end before it is said to be readable.
PROVEN_BYTES = 256 * MIB
#: The weight that a cell of a sheet's rectangle adds to its file, be it empty: the reader keeps a place for each.
_CELL_WEIGHT = 4


def _nothing(weight: int) -> None:
    """No one limits what is taken here."""


#: Called with the weight of a file when it is known better than from outside; the process that is confined puts its own here.
grant: Callable[[int], None] = _nothing


def weight(path: Path) -> int:
    """The bytes of a file, those that it says it holds when it is a zip."""
    size = path.stat().st_size
    with (
        suppress(zipfile.BadZipFile, OSError, ValueError, NotImplementedError),
        zipfile.ZipFile(path) as archive,
    ):
        size = max(size, sum(member.file_size for member in archive.infolist()))
    return min(size, MAX_ARCHIVE_UNPACKED)


def grant_cells(cells: int, unpacked: int) -> None:
    """Ask for what a rectangle of cells takes, once it is known not to be beyond measure."""
    grant(unpacked + _CELL_WEIGHT * cells)


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
                if size > MAX_ARCHIVE_UNPACKED or swells(size, packed):
                    raise swollen_error(f"plus de {size_text(size)} une fois décompressé", relative)
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


def memory_error(relative: str) -> ObservatoryError:
    """E206: opening the file takes more memory than it may."""
    return ObservatoryError(
        "E206",
        "Fichier démesuré une fois ouvert",
        relative,
        "Effacez les cellules perdues loin du tableau (Ctrl+Fin les montre), ou ne gardez que les données utiles.",
    )


def unreadable_error(relative: str, error: BaseException) -> ObservatoryError:
    """E201: what the file holds stops the reader in a way that no one has foreseen."""
    said = str(error).strip()
    reason = said.splitlines()[0][:200] if said else type(error).__name__
    return ObservatoryError(
        "E201",
        "Fichier illisible",
        f"{relative} ({reason})",
        "Ouvrez-le dans un tableur et enregistrez-le de nouveau en .xlsx ou .csv, ou redemandez-le au producteur.",
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
    swelling = next((m for m in members if swells(m.file_size, m.compress_size)), None)
    if total > limit or swelling:
        what = (
            f"« {swelling.filename} » gonfle {swelling.file_size // max(swelling.compress_size, 1)} fois"
            if swelling
            else f"{size_text(total)} une fois décompressé, limite {size_text(limit)}"
        )
        raise swollen_error(what, relative)


def swells(size: int, packed: int) -> bool:
    """Whether what is unpacked is beyond what data may swell to."""
    return size > RATIO_FLOOR_BYTES and size > MAX_RATIO * max(packed, 1)


def swollen_error(what: str, relative: str) -> ObservatoryError:
    """E206: what a file holds, once unpacked or written out, is beyond measure."""
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
