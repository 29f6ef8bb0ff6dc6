"""Ctrl+C and the signal to end: everything unwinds and cleans up after itself, wherever the program was."""

from __future__ import annotations

import os
import signal
import threading
import time
from functools import cache
from types import FrameType

from ess_observatory.engine.interrupt import interrupt_queries, stop

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_heard: list[int] = []


class Stopped(BaseException):
    """The signal to end, on its way up."""


def listen() -> None:
    """Turn the first signal into an exception of the main thread, even while that thread waits for a query."""
    for number in _SIGNALS:
        signal.signal(number, _stop)
    if os.name == "posix":
        _watch()


def stopped_by() -> int:
    """The signal that was heard; 0 when none was."""
    return _heard[0] if _heard else 0


@cache
def _watch() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    threading.Thread(target=_wake, args=(reading,), daemon=True).start()


def _stop(number: int, frame: FrameType | None) -> None:
    _heard.append(number)
    stop(KeyboardInterrupt() if number == signal.SIGINT else Stopped())


def _wake(reading: int) -> None:
    """Stop the queries, again and again until the program ends: the main thread may be waiting for one of them, or for the
    last of its tasks, and hears nothing meanwhile."""
    while os.read(reading, 1)[0] not in _SIGNALS:
        pass
    while True:
        interrupt_queries()
        time.sleep(0.1)
