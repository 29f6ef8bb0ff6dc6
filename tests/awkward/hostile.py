"""Files that are made to hurt who opens them, and valid ones spoilt at random."""

from __future__ import annotations

import gzip
import io
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from awkward.files import GOOD, HEADER, good_text, ods, ods_row, sheet_xml, xlsb, xlsx

XLS = Path(__file__).with_name("essai.xls")


def good_xlsx(path: Path) -> None:
    """The good table as a workbook."""
    xlsx(path, ("F1", [HEADER, *GOOD]))


def with_sheet(path: Path, cells: str, shared: bytes | None = None) -> None:
    """A workbook whose only sheet holds this XML, and whose texts are `shared`."""
    good_xlsx(path)
    source = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
    parts = {name: source.read(name) for name in source.namelist()}
    parts["xl/worksheets/sheet1.xml"] = sheet_xml(cells)
    if shared is not None:
        parts["xl/sharedStrings.xml"] = shared
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, content)


def far_column(path: Path) -> None:
    """A cell in a column that no sheet has."""
    with_sheet(path, '<row r="1"><c r="ZZZZZZZ1" t="inlineStr"><is><t>a</t></is></c></row>')


def far_row(path: Path) -> None:
    """A cell in a row that no sheet has."""
    with_sheet(path, '<row r="9999999"><c r="A9999999" t="inlineStr"><is><t>a</t></is></c></row>')


def open_tags(path: Path) -> None:
    """Tags that are never closed."""
    with_sheet(path, '<row r="1"><c r="A1"><v>1</v></c></row>' + "<c " * 500_000 + '<c t="e" hidden="1"')


def long_tag(path: Path) -> None:
    """One tag with attributes without end."""
    with_sheet(
        path, '<row hidden=""' + ' r="1"' * 200_000 + "><c" + ' r="A1" s="1" t="e"' * 50_000 + "/></row>"
    )


def repeated_text(path: Path) -> None:
    """60,000 cells that point to one long text."""
    rows = "".join(f'<row r="{i}"><c r="A{i}" t="s"><v>0</v></c></row>' for i in range(1, 60_001))
    with_sheet(path, rows, b"<sst><si><t>" + b"x" * 99_000 + b"</t></si></sst>")


def looping_xls(path: Path) -> None:
    """A binary workbook whose table of sectors leads every sector to itself, and whose stream has no end."""
    sector = 512
    head = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(sector - 8))
    struct.pack_into("<HHHHH", head, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<IIIIIIIII", head, 40, 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    struct.pack_into("<109I", head, 76, 0, *[0xFFFFFFFF] * 108)
    table = struct.pack("<128I", 0xFFFFFFFD, *[1 + i % 3 for i in range(127)])
    table = table[:4] + struct.pack("<I", 1) + table[8:]

    def entry(name: str, kind: int, start: int, size: int) -> bytes:
        text = name.encode("utf-16-le") + b"\0\0"
        return (
            text.ljust(64, b"\0")
            + struct.pack(
                "<HBBIII", len(text), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, 1 if kind == 5 else 0xFFFFFFFF
            )
            + bytes(36)
            + struct.pack("<IQ", start, size)
        )

    folder = entry("Root Entry", 5, 0xFFFFFFFE, 0) + entry("Workbook", 2, 2, 0xFFFFFFF) + bytes(256)
    path.write_bytes(bytes(head) + table + folder + bytes(sector * 3))


def wide_text(path: Path) -> None:
    """More columns than any sheet has."""
    path.write_bytes(b";" * 500_000 + b"\n")


def wide_gzip(path: Path) -> None:
    """The same, compressed."""
    path.write_bytes(gzip.compress(b";" * 500_000 + b"\n"))


def huge_text_in_parquet(path: Path) -> None:
    """A text of 80 MB in a few kilobytes."""
    pq.write_table(pa.table({"Code commune": ["x" * 80_000_000], "Emplois": ["1"]}), path, compression="zstd")


def dictionary_in_parquet(path: Path) -> None:
    """One text of a megabyte in each of a hundred thousand rows."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), pa.array(["x" * 1_000_000]))
    pq.write_table(pa.table({"Code commune": texts, "Emplois": ["1"] * 100_000}), path)


def columnless_parquet(path: Path) -> None:
    """No column at all."""
    pq.write_table(pa.table({}), path)


def wide_parquet(path: Path) -> None:
    """More columns than any sheet has."""
    pq.write_table(pa.table({f"c{i}": [1] for i in range(16_385)}), path)


def false_letters_in_parquet(path: Path) -> None:
    """Text that is none."""
    texts = pa.array([b"\xff\xfe", b"ok"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"Code commune": texts, "Emplois": ["1", "2"]}), path)


#: Name of the file, how it is made, the codes that may refuse it.
HOSTILE: dict[str, tuple[Callable[[Path], None], set[str]]] = {
    "colonne.xlsx": (far_column, {"E206"}),
    "ligne.xlsx": (far_row, {"E206"}),
    "balises.xlsx": (open_tags, {"E201"}),
    "attributs.xlsx": (long_tag, {"E201", ""}),
    "chaine.xlsx": (repeated_text, {"E206"}),
    "boucle.xls": (looping_xls, {"E201", "E206"}),
    "large.csv": (wide_text, {"E206"}),
    "large.csv.gz": (wide_gzip, {"E206"}),
    "chaine.parquet": (huge_text_in_parquet, {"E206"}),
    "dictionnaire.parquet": (dictionary_in_parquet, {"E206"}),
    "sans-colonne.parquet": (columnless_parquet, {"E201"}),
    "large.parquet": (wide_parquet, {"E206"}),
    "faux-texte.parquet": (false_letters_in_parquet, {"E201"}),
}


def valid_files(folder: Path) -> list[Path]:
    """One small valid file of each kind."""
    folder.mkdir(parents=True, exist_ok=True)
    good_xlsx(folder / "a.xlsx")
    ods(folder / "b.ods", ods_row(*HEADER) + "".join(ods_row(*row) for row in GOOD))
    xlsb(folder / "c.xlsb", [HEADER, *GOOD])
    (folder / "d.xls").write_bytes(XLS.read_bytes())
    columns = dict(zip(HEADER, zip(*GOOD, strict=True), strict=True))
    pq.write_table(pa.table({name: list(cells) for name, cells in columns.items()}), folder / "e.parquet")
    (folder / "f.csv").write_text(good_text(), encoding="utf-8")
    (folder / "g.txt").write_text(good_text("\t"), encoding="utf-16")
    (folder / "h.csv.gz").write_bytes(gzip.compress(good_text().encode("latin-1")))
    with zipfile.ZipFile(folder / "i.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / "a.xlsx", "dedans/a.xlsx")
        archive.write(folder / "f.csv", "f.csv")
    return sorted(folder.iterdir())


_WORDS = (b"\xff\xff\xff\xff", bytes(8), b"<c ", b'r="ZZZZZZZ9"', b'r="A99999999"', b'"', b";", b"\n", b"&#x0;", b"-1", b"<!--", b"99999999999")  # fmt: skip


def _spoilt(content: bytes, rng: random.Random) -> bytes:
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        if not data:
            break
        at = rng.randrange(len(data))
        end = min(len(data), at + rng.randrange(1, 200))
        match rng.randrange(7):
            case 0 | 1:
                for _ in range(rng.randrange(1, 6)):
                    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            case 2:
                del data[at:]
            case 3:
                del data[at:end]
            case 4:
                data[at:at] = data[at:end] * rng.choice((1, 10, 1000))
            case 5:
                data[at:at] = rng.choice(_WORDS) * rng.choice((1, 1, 1000, 50_000))
            case _:
                data[at:end] = rng.randbytes(end - at)
    return bytes(data)


def spoilt(path: Path, rng: random.Random) -> bytes:
    """A valid file spoilt: its bytes, or those of a member of it when it is a zip, or what a gzip holds."""
    content = path.read_bytes()
    if rng.random() < 0.3:
        return _spoilt(content, rng)
    if content.startswith(b"\x1f\x8b"):
        return gzip.compress(_spoilt(gzip.decompress(content), rng))
    if not content.startswith(b"PK"):
        return _spoilt(content, rng)
    source = zipfile.ZipFile(io.BytesIO(content))
    names = source.namelist()
    hit, out = rng.choice(names), io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in names:
            target.writestr(name, _spoilt(source.read(name), rng) if name == hit else source.read(name))
    return out.getvalue()
