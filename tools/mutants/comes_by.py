"""A pytest plugin: which tests come by each line of the files that are changed."""

from __future__ import annotations

import json
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

#: What is run by no test in particular (imports, fixtures kept from one test to the next): every test may depend on it.
EVERY = "*"


class ComesBy:
    """Writes `{"file:line": [tests], "order": [tests]}` when the session ends."""

    def __init__(self, root: Path, targets: list[str], book: Path) -> None:
        self.files = {str(root / target): target for target in targets}
        self.book, self.now = book, EVERY
        self.lines: dict[str, set[str]] = defaultdict(set)
        self.order: list[str] = []
        if self.files:
            threading.settrace(self._call)
            sys.settrace(self._call)

    def _call(self, frame: Any, event: str, argument: Any) -> Any:
        file = self.files.get(frame.f_code.co_filename)
        if file is None:
            return None
        lines = self.lines

        def line(frame: Any, event: str, argument: Any) -> Any:
            lines[f"{file}:{frame.f_lineno}"].add(self.now)
            return line

        lines[f"{file}:{frame.f_lineno}"].add(self.now)
        return line

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.now = item.nodeid
        self.order.append(item.nodeid)
        if self.files:
            sys.settrace(self._call)
        try:
            return (yield)
        finally:
            self.now = EVERY

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[None]:
        before = self.now
        if fixturedef.scope != "function":
            self.now = EVERY
        try:
            return (yield)
        finally:
            self.now = before

    def pytest_sessionfinish(self) -> None:
        sys.settrace(None)
        found: dict[str, list[str]] = {line: sorted(tests) for line, tests in self.lines.items()}
        self.book.write_text(json.dumps({**found, "order": self.order}), encoding="utf-8")
