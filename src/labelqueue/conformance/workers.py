"""Workers: processes that go through pieces of an examination, several at once, where a subject is slow.

A queue that is reached over a network answers a few times in the time in which one in
memory answers thousands of times, and has nothing to do but wait.  `python -m
labelqueue.conformance.workers` is a worker: it is told over its standard input what
to examine, then piece after piece, and answers each with what was found.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from labelqueue.conformance.judging import Findings
from labelqueue.conformance.search import nothing_kept
from labelqueue.conformance.subjects.program import ProgramSubject, program_named
from labelqueue.conformance.subjects.python_subject import SERVE, PythonSubject, subject_named
from labelqueue.conformance.subjects.store import StoreFolder
from labelqueue.conformance.subjects.subject import BrokenError, Claims, RefusedError, Subject

if TYPE_CHECKING:
    from labelqueue.conformance.pieces import Piece
    from labelqueue.spec import Profile

__all__ = ["Examine", "is_slow", "nobody_else", "workers"]

_MOST: Final = 8
_SLOW_S: Final = 0.005
_ATTEMPTS: Final = 5

_Open = Callable[[], Subject]
Examine = Callable[[Iterable["Piece"]], Iterator[Findings]]
"""Takes pieces, and returns what was found by each, in their order, once it is found."""


def is_slow(subject: Subject) -> bool:
    """Whether a subject takes its time for the least that can be asked of it, and other processes can open it."""
    if _opener(subject) is None:
        return False
    store = StoreFolder()
    try:
        handle = subject.open(store.path, None)
        try:
            # The fastest: what a busy machine adds to each is no matter of the subject's.
            return min(_seconds(handle.all_items) for _ in range(_ATTEMPTS)) > _SLOW_S
        finally:
            handle.close()
    except (RefusedError, BrokenError):
        return False
    finally:
        store.remove()


def _seconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _opener(subject: Subject) -> _Open | None:
    """Return what opens the same subject in another process; `None` where nothing can."""
    if isinstance(subject, ProgramSubject):
        return partial(program_named, subject.command, timeout_s=subject.timeout_s)
    if isinstance(subject, PythonSubject) and subject.command[:-1] == SERVE:
        return partial(_named, subject.command[-1], subject.claims)
    return None


def _named(name: str, claims: Claims) -> PythonSubject:
    return replace(subject_named(name), claims=claims)


@contextmanager
def nobody_else(subject: Subject, profiles: frozenset[Profile]) -> Iterator[Examine]:
    """Go through pieces in this process, one when the findings of the one before were taken; as `workers`."""
    yield lambda pieces: (piece.findings_of(subject, profiles) for piece in pieces)


@contextmanager
def workers(subject: Subject, profiles: frozenset[Profile]) -> Iterator[Examine]:
    """Start workers; those that are at work in the end are ended.

    Args:
        subject: The subject, which is slow.
        profiles: The profiles that are examined.

    Yields:
        What takes pieces; several are gone through at once.
    """
    opener = _opener(subject)
    assert opener is not None
    # Their stores lie in a folder of the run's: who dies in the middle of something removes nothing.
    scratch = TemporaryDirectory(prefix="labelqueue-", ignore_cleanup_errors=True)
    everyone = [_Worker(opener, profiles, scratch.name) for _ in range(_MOST)]
    idle: SimpleQueue[_Worker] = SimpleQueue()
    for worker in everyone:
        idle.put(worker)

    def findings_of(piece: Piece) -> Findings:
        worker = idle.get()
        try:
            return worker.findings_of(piece)
        finally:
            idle.put(worker)

    pool = ThreadPoolExecutor(_MOST)
    try:
        yield lambda pieces: pool.map(findings_of, pieces)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in everyone:
            worker.end()  # so that nobody waits for it any more
        pool.shutdown()
        for worker in everyone:
            worker.end()  # which may have begun meanwhile
        scratch.cleanup()


class _Worker:
    """One of them, as the run sees it; its process is started when there is something to do, and anew where it died."""

    def __init__(self, opener: _Open, profiles: frozenset[Profile], scratch: str) -> None:
        self._told = pickle.dumps((sys.path, opener, profiles))
        self._profiles = profiles
        self._environment = os.environ | {"TMPDIR": scratch}
        self._process: subprocess.Popen[bytes] | None = None

    def findings_of(self, piece: Piece) -> Findings:
        """Wait for what it finds."""
        try:
            if self._process is None:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "labelqueue.conformance.workers"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    env=self._environment,
                    start_new_session=True,  # an interrupt from the keyboard is the run's affair
                )
                self._send(self._told)
            self._send(pickle.dumps(piece))
            return pickle.load(self._process.stdout)  # type: ignore[arg-type,no-any-return]  # noqa: S301 - our own
        except (OSError, EOFError):
            findings = Findings(self._profiles)
            findings.errors |= dict.fromkeys(piece.about, f"{piece.what}: its process ended")
            self.end()
            return findings

    def _send(self, content: bytes) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(content)
        self._process.stdin.flush()

    def end(self) -> None:
        """End its process, which ends those that it has started."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait()
            for stream in filter(None, (process.stdin, process.stdout)):
                with suppress(OSError):
                    stream.close()


def main() -> None:
    """Go through pieces until there are no more."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the subject prints must not come between the answers
    with suppress(KeyboardInterrupt, EOFError), nothing_kept():
        sys.path[:], opener, profiles = pickle.load(sys.stdin.buffer)  # noqa: S301 - our own
        subject = opener()
        try:
            while True:
                piece: Piece = pickle.load(sys.stdin.buffer)  # noqa: S301 - our own
                pickle.dump(piece.findings_of(subject, profiles), answers)
                answers.flush()
        finally:
            subject.stop()


if __name__ == "__main__":
    main()
