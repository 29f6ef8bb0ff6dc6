"""Stopping the queries at work, from another thread: the one that waits for a query hears no signal before it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
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


_held: list[BaseException | None] = []


@contextmanager
def held() -> Iterator[None]:
    """What is asked to stop meanwhile stops at the end: an exception that crosses a native library being loaded kills the program."""
    _held.append(None)
    try:
        yield
    finally:
        asked = _held.pop()
    if asked is not None:
        stop(asked)


def stop(error: BaseException) -> None:
    """Raise the exception of a signal, now or at the end of what is `held`."""
    if not _held:
        raise error
    _held[-1] = error
