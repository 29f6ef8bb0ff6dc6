"""Several choices in one cell, joined by the tool that wrote them: told apart by the choices themselves.

Tools join with `;`, a comma, a dash or a space, and labels hold commas, dashes and spaces too. A cell is cut where the
pieces are choices of the question, whatever the mark; only then is what is left an open answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

#: From the mark that is least often part of a label to the one that is most often.
_MARKS = (
    r"\s*[;|\n]\s*",
    r"\s*[;|\n]\s*|\s*,\s*",
    r"\s+[-–—/]\s+|\s*[;|\n]\s*",
    r"\s*[,;|/\n–—-]\s*",
    r"\s+",
)
_OPEN_MARKS = (r"\s*[;|\n]\s*", r"\s*,\s*")


@dataclass(frozen=True)
class Piece:
    """A piece of a cell: the choice that it names, or None where it names none."""

    text: str
    choice: str | None


def split_joined(text: str, match: Callable[[str], str | None]) -> list[Piece]:
    """The pieces of a cell. `match` gives the choice that a text names.

    All pieces are choices whenever some mark allows it; otherwise the cell is cut at the first mark that leaves
    the fewest characters without a choice.
    """
    whole = match(text)
    if whole is not None:
        return [Piece(text, whole)]
    for mark in _MARKS:
        pieces = _cut(text, mark, match)
        if len(pieces) > 1 and all(piece.choice is not None for piece in pieces):
            return pieces
    best = [Piece(text, None)]
    for mark in _OPEN_MARKS:
        pieces = _cut(text, mark, match)
        if _lost(pieces) < _lost(best) or (mark == _OPEN_MARKS[0] and len(pieces) > 1):
            best = pieces
    return best


def _lost(pieces: list[Piece]) -> int:
    return sum(len(piece.text) for piece in pieces if piece.choice is None)


def _cut(text: str, mark: str, match: Callable[[str], str | None]) -> list[Piece]:
    """The best cut at some of the marks: fewest characters without a choice, then fewest pieces."""
    spans = [(0, 0), *((found.start(), found.end()) for found in re.finditer(mark, text)), (len(text),) * 2]
    ends, starts = [start for start, _ in spans[1:]], [end for _, end in spans[:-1]]
    count = len(starts)
    if count > 80:
        return [Piece(text, None)]
    best: list[tuple[int, int, list[Piece]]] = [
        (0 if place == 0 else 1 << 30, 0, []) for place in range(count + 1)
    ]
    for first in range(count):
        lost, size, pieces = best[first]
        for last in range(first + 1, count + 1):
            chunk = text[starts[first] : ends[last - 1]].strip()
            if not chunk:
                candidate = (lost, size, pieces)
            else:
                choice = match(chunk)
                if choice is None and last > first + 1:
                    continue
                missed = lost if choice is not None else lost + len(chunk)
                candidate = (missed, size + 1, [*pieces, Piece(chunk, choice)])
            if candidate[:2] < best[last][:2]:
                best[last] = candidate
    return _merge_open(best[count][2], text)


def _merge_open(pieces: list[Piece], text: str) -> list[Piece]:
    """Neighbouring pieces that name no choice are one open answer: it may well hold the mark."""
    merged: list[Piece] = []
    for piece in pieces:
        if merged and piece.choice is None and merged[-1].choice is None:
            begin = text.find(merged[-1].text)
            end = text.find(piece.text, begin + len(merged[-1].text)) + len(piece.text)
            merged[-1] = Piece(text[begin:end], None)
        else:
            merged.append(piece)
    return merged
