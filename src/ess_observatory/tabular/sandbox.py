"""Unknown files are opened by processes of our own that may take so much memory and time, and no more (see `worker`).

One that a file stops, in whatever way, is replaced: the file is refused with its name, and the others are read.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import struct
import subprocess
import sys
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread, Timer
from typing import IO, Any

from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.tabular import limits
from ess_observatory.tabular.places import closed_error, scratch

#: How many of them work at once.
MOST = min(4, os.cpu_count() or 1)
#: Seconds by the clock before a file is given up, in all and for each MiB: a disk may be slow, a pipe may never end.
WAIT_SECONDS, WAIT_SECONDS_EACH = 60.0, 10.0
_LENGTH = struct.Struct(">Q")
_ROOT = Path(__file__).resolve().parents[2]
#: Nothing of the current folder is ever imported; the package is the one that is running.
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); import ess_observatory; del sys.path[0]; "
    "from ess_observatory.tabular.worker import serve; serve()"
)
#: What the libraries would keep for themselves.
_FRUGAL = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
Answer = dict[str, Any]


def write_message(stream: IO[bytes], message: Answer) -> None:
    """Plain data, with its length first."""
    data = json.dumps(message).encode()
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def read_message(stream: IO[bytes]) -> Answer | None:
    """What `write_message` wrote; None when the other end is gone."""
    head = stream.read(_LENGTH.size)
    data = stream.read(_LENGTH.unpack(head)[0]) if len(head) == _LENGTH.size else b""
    try:
        found: Answer = json.loads(data)
    except ValueError:
        return None
    return found


class _Worker:
    """A process that opens files, started at the first one and again after each death."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def ask(self, job: Answer) -> Answer:
        """What the process answers; raises the error that it tells, or the one that its death tells."""
        relative = job["relative"]
        try:
            megabytes = Path(job["path"]).stat().st_size / limits.MIB
        except OSError as error:
            raise closed_error(error, relative) from error
        process = self._started()
        assert process.stdin and process.stdout
        late = Timer(WAIT_SECONDS + WAIT_SECONDS_EACH * megabytes, process.kill)
        late.daemon = True
        late.start()
        try:
            write_message(process.stdin, job)
            answer = read_message(process.stdout)
        except OSError:
            answer = None
        finally:
            is_late = not late.is_alive()
            late.cancel()
        if answer is None:
            raise _death(self.stop(), is_late, relative)
        if answer.pop("last", False):
            self.stop()
        if told := answer.get("error"):
            raise _told(told)
        return answer

    def _started(self) -> subprocess.Popen[bytes]:
        if self.process is None or self.process.poll() is not None:
            self.stop()
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-c", _START, str(_ROOT)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # the trace of a panic says nothing to who reads
                env={**os.environ, **_FRUGAL},
            )
        return self.process

    def stop(self) -> int:
        """End the process; gives how it ended."""
        if self.process is None:
            return 0
        process, self.process = self.process, None
        for stream in (process.stdin, process.stdout):
            with suppress(OSError):
                stream.close()  # type: ignore[union-attr]
        try:
            return process.wait(0.2)  # it ends with its input, if it has not ended yet
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


class _Pool:
    """Workers, each waited for by a thread: a second one is started when the first is busy."""

    def __init__(self) -> None:
        self.jobs: SimpleQueue[tuple[Answer, Future[Answer]]] = SimpleQueue()
        self.workers: list[_Worker] = []
        self.free = 0
        self.lock = Lock()

    def submit(self, job: Answer) -> Future[Answer]:
        future: Future[Answer] = Future()
        with self.lock:
            if self.free > 0:
                self.free -= 1
            elif len(self.workers) < MOST:
                self.workers.append(_Worker())
                Thread(target=self._serve, args=[self.workers[-1]], daemon=True).start()
            else:
                self.free -= 1
        self.jobs.put((job, future))
        return future

    def _serve(self, worker: _Worker) -> None:
        while True:  # nothing of the last job is held while the next one is waited for
            self._do(worker, *self.jobs.get())
            with self.lock:
                self.free += 1

    @staticmethod
    def _do(worker: _Worker, job: Answer, future: Future[Answer]) -> None:
        if future.set_running_or_notify_cancel():
            try:
                answer = worker.ask(job)
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(answer)

    def close(self) -> None:
        for worker in self.workers:
            if process := worker.process:
                process.kill()
                process.wait()


_pool = _Pool()
atexit.register(lambda: _pool.close())


def _begin_again() -> None:
    """A copy of this process has no thread that waits for the workers: it has workers of its own."""
    global _pool
    _pool = _Pool()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_again)


def pool() -> _Pool:
    """Those that open files for this process."""
    return _pool


def submit(path: Path, relative: str, *, is_unpacked: bool) -> Future[Answer]:
    """Have `opening.look` done on a file; its result, when asked for, is plain data.

    It raises what `look` raises, E201 when the file stops what opens it, E206 when it asks for too much memory or time, and
    E208 when the system refuses it.
    """
    measures = {name: value for name, value in vars(limits).items() if name.isupper()}
    job = {"path": str(path), "relative": relative, "is_unpacked": is_unpacked}
    return _pool.submit(job | {"limits": measures, "scratch": str(scratch())})


def as_plain(error: ObservatoryError) -> Answer:
    """An error as plain data."""
    return error.as_dict() | {"exit_code": int(error.exit_code)}


def _told(plain: Answer) -> ObservatoryError:
    return ObservatoryError(
        plain["code"], plain["what"], plain["where"], plain["fix"], Exit(plain["exit_code"])
    )


def _death(code: int, is_late: bool, relative: str) -> ObservatoryError:
    if is_late or code == -getattr(signal, "SIGPROF", 1 << 20):
        return ObservatoryError(
            "E206",
            "Fichier démesurément long à ouvrir",
            relative,
            "Ouvrez-le dans un tableur et enregistrez-le de nouveau, ou redemandez-le au producteur.",
        )
    return ObservatoryError(
        "E201",
        "Fichier abîmé ou démesuré : il arrête le programme qui l’ouvre",
        relative,
        "Ouvrez-le dans un tableur et enregistrez-le de nouveau en .xlsx ou .csv, ou redemandez-le au producteur.",
    )
