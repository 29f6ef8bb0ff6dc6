"""The process that opens unknown files: one after the other, each with so much memory and time, and no more.

Where the system has no such limits (Windows), only the clock of the one that waits is left; nothing else differs.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ess_observatory.errors import ObservatoryError
from ess_observatory.tabular import limits, opening
from ess_observatory.tabular.places import closed_error, use_scratch
from ess_observatory.tabular.sandbox import Answer, as_plain, read_message, write_message

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

#: What one process may have kept of the files that it has opened, before it makes place for another.
_KEPT = 256 * limits.MIB
#: Linux: a network of its own, which is empty; users of its own, among whom whoever is not root may ask for that.
_OWN_NETWORK, _OWN_USERS = 0x40000000, 0x10000000


def serve() -> None:
    """Do what is asked until there is no one left to ask."""
    asked, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that waits decides
    _shut_in()
    limits.grant = _allow
    start = _taken()[0]
    while (job := read_message(asked)) is not None:
        answer = answer_to(job)
        if _taken()[0] > start + _KEPT:
            answer["last"] = True
        write_message(answers, answer)


def answer_to(job: Answer) -> Answer:
    """What a file holds, or the error that opening it ends in; `last` when this process is not to be trusted any more."""
    for name, value in job["limits"].items():
        setattr(limits, name, value)
    use_scratch(Path(job["scratch"]))
    path, relative = Path(job["path"]), job["relative"]
    try:
        with _confined(path.stat().st_size):
            kind = opening.kind_of(path, relative)
        opening.prepare_for(kind)
        with _confined(limits.weight(path)):
            return opening.look(path, relative, kind, is_unpacked=job["is_unpacked"])
    except ObservatoryError as error:
        return {"error": as_plain(error)}
    except OSError as error:
        return {"error": as_plain(closed_error(error, relative))}
    except MemoryError:
        return {"error": as_plain(limits.memory_error(relative)), "last": True}
    except BaseException as error:  # a library that panics raises no Exception
        return {"error": as_plain(limits.unreadable_error(relative, error)), "last": True}


def _shut_in() -> None:
    """No network where the kernel allows it, few files open at once, none without end, no copy of the memory left behind."""
    if resource is None:
        return
    if sys.platform == "linux":
        import ctypes

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).unshare(_OWN_NETWORK | (_OWN_USERS if os.geteuid() else 0))
    for which, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_FSIZE, 2 * limits.MAX_ARCHIVE_UNPACKED),
    ):
        _lower(which, most)


@contextmanager
def _confined(weight: int) -> Iterator[None]:
    _allow(weight)
    try:
        yield
    finally:
        if resource is not None:
            signal.setitimer(signal.ITIMER_PROF, 0)
            for which in (resource.RLIMIT_DATA, resource.RLIMIT_AS):
                _lower(which, resource.RLIM_INFINITY)


def _allow(weight: int) -> None:
    """From now on, the memory and the time of the processor that a file of this weight may ask for."""
    if resource is None:
        return
    signal.setitimer(signal.ITIMER_PROF, limits.SECONDS + limits.SECONDS_EACH * weight / limits.MIB)
    data, space = _taken()
    if space:
        more = limits.MEMORY + limits.MEMORY_TIMES * min(weight, limits.MAX_WORKBOOK_UNPACKED)
        _lower(resource.RLIMIT_DATA, data + more)
        _lower(resource.RLIMIT_AS, space + more + 2 * limits.GIB)  # threads set aside more than they take


def _lower(which: int, most: int) -> None:
    hard = resource.getrlimit(which)[1]
    wanted = most if hard == resource.RLIM_INFINITY or 0 <= most <= hard else hard
    with suppress(OSError, ValueError):
        resource.setrlimit(which, (wanted, hard))


def _taken() -> tuple[int, int]:
    """Bytes of memory of its own, and of address space, that this process has; zeros where the system does not say."""
    try:
        found = Path("/proc/self/statm").read_bytes().split()
    except OSError:
        return 0, 0
    page = os.sysconf("SC_PAGE_SIZE")
    return int(found[5]) * page, int(found[0]) * page
