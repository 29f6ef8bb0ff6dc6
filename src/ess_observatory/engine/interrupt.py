"""Stopping the queries at work, from another thread: the one that waits for a query hears no signal before it ends."""

from __future__ import annotations

from contextlib import suppress
from typing import Protocol
from weakref import WeakSet


class Interruptible(Protocol):
    """Something that a query may keep busy."""

    def interrupt(self) -> None:
        """Make the query end at once, with an error."""


#: The databases that are open.
AT_WORK: WeakSet[Interruptible] = WeakSet()


def interrupt_queries() -> None:
    """Stop the query of every open database; nothing happens to those that have none."""
    for database in list(AT_WORK):
        with suppress(Exception):  # it may be closing
            database.interrupt()
