"""Delimited text: its encoding, its delimiter, its records, with the line of every record kept true.

The same grammar serves Python (few rows: recognition, survey answers) and the engine (whole files, see `records`).
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ess_observatory.errors import ObservatoryError
from ess_observatory.tabular import limits
from ess_observatory.tabular.places import scratch_file

HEAD_BYTES = 256 * limits.KIB
#: Stands for bytes that no encoding explains; a row that holds one is refused.
BAD_CHARACTER = "\ufffd"
#: Stands for a formula that its workbook gives without a value; a row that holds one where it is read is refused.
UNCALCULATED = "\ue000"
#: Odd spaces become spaces; marks without width go.
SPACES = "\t\x0b\x0c\x1c\x1d\x1e\x1f\u00a0\u202f\u205f\u3000\u0085\u2028\u2029" + "".join(
    map(chr, range(0x2000, 0x200B))
)
WIDTHLESS = "\ufeff\u200b\u200c\u200d\u2060"
BLANKS = " \r\n"
#: What may stand between two quotes, as a regular expression.
_INNER = '[^"]*(?:""[^"]*)*'
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\r\x0b\x0c\x1a\x1c\x1d\x1e\x1f")
_TRANSLATION = str.maketrans({**dict.fromkeys(SPACES, " "), **dict.fromkeys(WIDTHLESS, "")})
_FRENCH = frozenset("éèêëàâäçôöûùüîïÿœæÉÈÊËÀÂÇÔÛÙÎÏŒ°’‘«»€–—…²" + "\u00a0")


@dataclass(frozen=True)
class Dialect:
    """How a delimited file is written, and a UTF-8 text of it with regular line ends (itself when it is that)."""

    encoding: str
    delimiter: str
    text: Path
    quoted: bool = False


def clean_text(text: str) -> str | None:
    """A text cell without odd spaces, nor the `="00123"` of spreadsheets; None when nothing is left."""
    cleaned = (text if text.isprintable() else text.translate(_TRANSLATION)).strip(BLANKS)
    if cleaned.startswith('="') and cleaned.endswith('"') and len(cleaned) > 2:
        cleaned = cleaned[2:-1].strip(BLANKS)
    return cleaned or None


def prepare(path: Path, relative: str) -> Dialect:
    """Find out how a text file is written; make a clean UTF-8 copy when the engine could not read it as it is.

    Raises E204 (not text at all), E206 (a line or a file beyond all measure).
    """
    limits.refuse_large(path, relative, limits.MAX_FILE_BYTES)
    with path.open("rb") as handle:
        head = handle.read(HEAD_BYTES)
    encoding, exact = _encoding(path, head, relative)
    text = path
    if not exact or encoding not in ("utf-8", "utf-8-sig") or _odd_line_ends(path):
        text = _rewrite(path, encoding)
    with text.open("rb") as handle:
        start = handle.read(HEAD_BYTES).decode("utf-8-sig", errors="replace")
    delimiter = _delimiter(start)
    return Dialect(encoding, delimiter, text, _is_quoted(text, delimiter, relative))


def not_text(relative: str) -> ObservatoryError:
    """E204: the content is neither a table nor a text."""
    return ObservatoryError(
        "E204",
        "Ce n’est ni un tableau ni un texte",
        relative,
        "Enregistrez les données en .xlsx, .ods ou .csv, ou retirez le fichier.",
    )


def _encoding(path: Path, head: bytes, relative: str) -> tuple[str, bool]:
    """The encoding, and whether every byte agrees with it."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", False
    odd, even = head[1::2].count(0), head[::2].count(0)
    if max(odd, even) * 5 > len(head):
        return ("utf-16-le" if odd > even else "utf-16-be"), False
    if len(head) - len(head.translate(None, _CONTROLS)) > len(head) // 20:
        raise not_text(relative)
    unicode = "utf-8-sig" if head.startswith(codecs.BOM_UTF8) else "utf-8"
    if _decodes(path, unicode):
        return unicode, True
    good, bad, high = 0, 0, Counter[int]()
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    for block in _blocks(path):
        text = decoder.decode(block)
        if not text.isascii():
            strange = len(re.findall("[\udc80-\udcff]", text))
            bad += strange
            good += len(re.findall("[^\0-\x7f]", text)) - strange
            if strange:
                high.update(byte for byte in block if byte > 0x7F)
    bad += len(decoder.decode(b"", final=True))
    return (unicode if good >= bad else _single_byte(high)), False


def _decodes(path: Path, encoding: str) -> bool:
    """Whether every byte of a file agrees with an encoding."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        for block in _blocks(path):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _single_byte(high: Counter[int]) -> str:
    """The one-byte encoding under which the accented bytes look most like French."""

    def likeness(encoding: str) -> int:
        return sum(
            count if bytes([byte]).decode(encoding, errors="replace") in _FRENCH else -count
            for byte, count in high.items()
        )

    best = max(("cp1252", "mac_roman"), key=likeness)
    return "latin-1" if best == "cp1252" and not any(0x80 <= byte <= 0x9F for byte in high) else best


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as handle:
        while block := handle.read(limits.MIB):
            yield block


def _odd_line_ends(path: Path) -> bool:
    """Whether lines do not all end alike, `\\n` or `\\r\\n` (old Mac files, line breaks inside cells)."""
    if not any(b"\r" in block for block in _blocks(path)):
        return False
    feeds = returns = pairs = 0
    last = b""
    for block in _blocks(path):
        feeds, returns = feeds + block.count(b"\n"), returns + block.count(b"\r")
        pairs += block.count(b"\r\n") + (last == b"\r" and block[:1] == b"\n")
        last = block[-1:]
    return returns != pairs or (pairs > 0 and pairs != feeds)


def _rewrite(path: Path, encoding: str) -> Path:
    target = scratch_file(".csv")
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    with target.open("wb") as out:
        held = ""
        for block in _blocks(path):
            text = held + decoder.decode(block)
            held = "\r" if text.endswith("\r") else ""
            out.write(_regular(text[: len(text) - len(held)]))
        out.write(_regular(held + decoder.decode(b"", final=True)))
    return target


def _regular(text: str) -> bytes:
    return text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", errors="replace")


def _is_quoted(path: Path, delimiter: str, relative: str) -> bool:
    """Whether there is any quote; raises E206 on a line beyond all measure: longer than a block, or of more columns than any sheet."""
    quoted, held = False, b""
    for block in _blocks(path):
        quoted = quoted or b'"' in block
        first, last = block.find(b"\n"), block.rfind(b"\n") + 1
        if len(held) + (first if first >= 0 else len(block)) > limits.MAX_LINE_BYTES:
            raise _beyond(f"Ligne de plus de {limits.size_text(limits.MAX_LINE_BYTES)}", relative)
        if first < 0:
            held += block
            continue
        _refuse_wide(held + block[:last], delimiter, relative)
        held = block[last:]
    _refuse_wide(held, delimiter, relative)
    return quoted


def _refuse_wide(lines: bytes, delimiter: str, relative: str) -> None:
    """Raise E206 on a line of too many columns: only one that has no end for long can be."""
    mark, most = delimiter.encode(), limits.MAX_COLUMNS
    at, step = 0, max(1, most // 2)
    while at + step <= len(lines):
        if (end := lines.find(b"\n", at, at + step)) < 0:
            start, end = lines.rfind(b"\n", 0, at) + 1, lines.find(b"\n", at)
            line = lines[start : end if end >= 0 else len(lines)]
            if line.count(mark) >= most and re.sub(rb'"[^"]*"', b"", line).count(mark) >= most:
                raise _beyond(f"Ligne de plus de {most} colonnes", relative)
            if end < 0:
                return
            at = end + 1
        else:
            at += step


def _beyond(what: str, relative: str) -> ObservatoryError:
    fix = "Ce n’est pas un tableau lisible ; redemandez le fichier au producteur."
    return ObservatoryError("E206", what, relative, fix)


def _delimiter(start: str) -> str:
    if declared := re.match(r"sep=(.)\s*\n", start):
        return declared[1]
    outside = re.sub(r'"[^"]*"', "", start)
    lines = [
        line for line in outside.split("\n")[:60] if line.strip(" \r")
    ]  # one of quoted cells keeps its tabs alone

    def score(delimiter: str) -> tuple[int, int]:
        counts = Counter(line.count(delimiter) for line in lines if delimiter in line)
        if not counts:
            return (0, 0)
        width, how_often = max(counts.items(), key=lambda item: (item[1], item[0]))
        return (how_often, width)

    return max([";", "\t", ",", "|"], key=score)


def field_pattern(delimiter: str) -> str:
    """Regular expression (the same for Python and RE2) of one field: quoted, or without a quote at its start."""
    d = _escaped(delimiter)
    pad = _pad(delimiter)
    return f'{pad}"{_INNER}"{pad}|[^"{d}\\n][^{d}\\n]*|'


def _escaped(delimiter: str) -> str:
    return re.escape(delimiter) if delimiter != "\t" else r"\t"


def _pad(delimiter: str) -> str:
    return "[ ]*" if delimiter == "\t" else r"[ \t]*"


def record_pattern(delimiter: str) -> str:
    """Regular expression of a complete record."""
    d = _escaped(delimiter)
    field = field_pattern(delimiter)
    return f"(?:{field})(?:{d}(?:{field}))*"


def joined_record(lines: list[str], at: int, delimiter: str) -> int | None:
    """How many lines from `at` make one record; None when the quotes of the first never close properly.

    A line can only end inside quotes or with the record, so each line is read once, whatever the record's length.
    """
    complete, opens, goes_on, closes = _line_patterns(delimiter)
    if complete.fullmatch(lines[at]):
        return 1
    if not opens.fullmatch(lines[at]):
        return None
    size = len(lines[at])
    for number in range(at + 1, min(len(lines), at + limits.MAX_RECORD_LINES)):
        line = lines[number]
        size += len(line) + 1
        if size > limits.MAX_LINE_BYTES:
            return None
        if closes.fullmatch(line):
            return number - at + 1
        if not goes_on.fullmatch(line):
            return None
    return None


@cache
def _line_patterns(delimiter: str) -> tuple[re.Pattern[str], ...]:
    """A line that is a whole record, one that ends inside quotes, one that stays inside, one that closes the record.

    A field is matched once and for all (`(?>…)`): going back over it would take a time that doubles with each field.
    """
    d = _escaped(delimiter)
    pad = _pad(delimiter)
    field = f'(?>{pad}"{_INNER}"{pad}(?={d}|$)|[^"{d}][^{d}]*|)'
    left_open = f'(?:{field}{d})*{pad}"{_INNER}'
    return (
        re.compile(f"{field}(?:{d}{field})*"),
        re.compile(left_open),
        re.compile(f'{_INNER}(?:"{pad}{d}{left_open})?'),
        re.compile(f'{_INNER}"{pad}(?:{d}{field})*'),
    )


def split_record(text: str, delimiter: str) -> list[str]:
    """The fields of a record, without their quotes."""
    if '"' not in text:
        return text.split(delimiter)
    d = re.escape(delimiter)
    fields = re.findall(f"{d}({field_pattern(delimiter)})", delimiter + text)
    return [unquote(field) for field in fields]


def unquote(field: str) -> str:
    """A field without its enclosing quotes."""
    inner = field.strip(" \t")
    if len(inner) >= 2 and inner.startswith('"') and inner.endswith('"'):
        return inner[1:-1].replace('""', '"')
    return field


def read_rows(dialect: Dialect, limit: int | None) -> list[list[str | None]]:
    """Rows of the file as clean cells; a quoted line break leaves blank rows behind, so that lines stay true."""
    with dialect.text.open(encoding="utf-8-sig", errors="replace", newline="\n") as handle:
        lines = [line.rstrip("\r\n") for line in _first(handle, limit)]
    if len(lines) > 1 and re.fullmatch(r"sep=.", lines[0]):
        lines[0] = ""
    rows: list[list[str | None]] = []
    at = 0
    while at < len(lines):
        line, count = lines[at], 1
        if '"' in line:
            count = joined_record(lines, at, dialect.delimiter) or 0
        if count == 0:
            fields, count = line.split(dialect.delimiter), 1
        else:
            fields = split_record("\n".join(lines[at : at + count]), dialect.delimiter)
        cells = [clean_text(field) for field in fields]
        rows.append(cells if any(cells) else [])
        rows.extend([] for _ in range(count - 1))
        at += count
    return rows


def _first(handle: Iterable[str], limit: int | None) -> Iterator[str]:
    for number, line in enumerate(handle):
        if limit is not None and number >= limit:
            return
        yield line
