"""Where each key of a TOML text is written: `tomllib` gives values without their lines, a message needs them.

The text has been accepted by `tomllib` already, so that the scanner only follows its structure.
"""

from __future__ import annotations

import re

KeyPath = tuple[str | int, ...]

_KEY = re.compile(r"""[ \t]*(?:"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'|([A-Za-z0-9_-]+))[ \t]*""")
_BLANK = re.compile(r"(?:[ \t\n,]|#[^\n]*)*")
_LINE_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_STRING = re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL)
_BARE = re.compile(r"[^,\]}#\n]*")


def written(path: KeyPath) -> str:
    """A key path as one says it: `columns[3].type`, the items of a list counted from 1."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def toml_places(text: str) -> dict[KeyPath, int]:
    """Key path → line, for every key, table and item of a list (counted from 0, as in the data)."""
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.places: dict[KeyPath, int] = {}
        self.counts: dict[KeyPath, int] = {}

    def scan(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while True:
            self._skip(_LINE_BLANK)
            if self.at >= len(self.text):
                return self.places
            if self.text.startswith("[[", self.at):
                table = self._header(2)
            elif self.text[self.at] == "[":
                table = self._header(1)
            else:
                self._pair(table)

    def _line(self) -> int:
        return self.text.count("\n", 0, self.at) + 1

    def _skip(self, pattern: re.Pattern[str]) -> None:
        if found := pattern.match(self.text, self.at):
            self.at = max(found.end(), self.at)

    def _note(self, path: KeyPath) -> None:
        """Remember a path, and those of the tables that hold it, at the line where they first appear."""
        line = self._line()
        for length in range(1, len(path) + 1):
            self.places.setdefault(path[:length], line)

    def _dotted(self) -> list[str]:
        parts: list[str] = []
        while found := _KEY.match(self.text, self.at):
            basic, literal, bare = found.groups()
            parts.append(literal if literal is not None else bare if basic is None else _unescaped(basic))
            self.at = found.end()
            if self.text[self.at : self.at + 1] != ".":
                break
            self.at += 1
        return parts

    def _header(self, brackets: int) -> KeyPath:
        start, line = self.at, self._line()
        self.at += brackets
        parts = self._dotted()
        self.at = self.text.index("]" * brackets, self.at) + brackets
        path: KeyPath = ()
        for number, part in enumerate(parts):
            path = (*path, part)
            if brackets == 2 and number == len(parts) - 1:
                self.counts[path] = self.counts.get(path, 0) + 1
                self.places.setdefault(path, line)
            if path in self.counts:
                path = (*path, self.counts[path] - 1)
        here, self.at = self.at, start
        self._note(path)
        self.at = here
        return path

    def _pair(self, table: KeyPath) -> None:
        start = self.at
        path = (*table, *self._dotted())
        here, self.at = self.at, start
        self._note(path)
        self.at = self.text.index("=", here) + 1
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        while self.text[self.at : self.at + 1] in (" ", "\t"):
            self.at += 1
        opening = self.text[self.at : self.at + 1]
        if opening == "[":
            self._items(path)
        elif opening == "{":
            self._inline(path)
        elif opening in ('"', "'"):
            self._skip(_STRING)
        else:
            self._skip(_BARE)

    def _items(self, path: KeyPath) -> None:
        self.at += 1
        number = 0
        while True:
            self._skip(_BLANK)
            if self.text[self.at : self.at + 1] in ("]", ""):
                self.at += 1
                return
            self._note((*path, number))
            before = self.at
            self._value((*path, number))
            if self.at == before:  # cannot be in what tomllib accepted; never turn in circles
                self.at += 1
            number += 1

    def _inline(self, path: KeyPath) -> None:
        self.at += 1
        while True:
            self._skip(_BLANK)
            if self.text[self.at : self.at + 1] in ("}", ""):
                self.at += 1
                return
            before = self.at
            self._pair(path)
            if self.at == before:
                self.at += 1


def _unescaped(text: str) -> str:
    try:
        import json

        return str(json.loads(f'"{text}"'))
    except ValueError:
        return text
