"""Paused threads: one thread is held in the middle of a call, and another makes calls meanwhile.

As `labelqueue.conformance.overlap.paused` does with processes, so here with threads of
this process, on one instance and on two: a lock that keeps processes apart may let
threads in.  And a process makes the call after a thread of this one has read: a lock
of POSIX is gone once any thread closes the file.  A thread is held right before it
calls a function of C that touches files; while it reads for a memory that threads
share, before any.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from labelqueue.conformance.crash.scenes import linked
from labelqueue.conformance.overlap.clients import LONGEST_S, Caller, await_all, made
from labelqueue.conformance.overlap.pairs import LINKED, LOOK, PAIRS, PREPARED, READINGS, TIMED, Pair
from labelqueue.conformance.overlap.paused_scene import told
from labelqueue.conformance.overlap.ways import performing, state_of
from labelqueue.conformance.steps import Step, resolved
from labelqueue.spec import Event, History

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from labelqueue.conformance.crash.program import Program
    from labelqueue.conformance.overlap.clients import Perform
    from labelqueue.conformance.subjects.python_subject import PythonHandle, PythonSubject

__all__ = ["paused_threads"]

_TOUCHING: Final = frozenset({"posix", "nt", "_io", "fcntl", "msvcrt", "_sqlite3"})
_MOST_POINTS: Final = 16
_TIMES_ALONE: Final = 4
_PATIENCE_S: Final = 0.02
_ALL: Final[Step] = {"do": "all_items"}
_ONE, _TWO, _PROCESS = "on one instance", "on two instances", "beside a process"
_OVERLAPS: Final = (
    *itertools.product(PAIRS[:2], (_ONE, _TWO)),
    (LOOK, _ONE),
    (TIMED, _ONE),
    (READINGS, _ONE),
    (PAIRS[0], _PROCESS),
)


def paused_threads(subject: PythonSubject, process: Program, now: datetime, *, is_file: bool) -> Iterator[History]:
    """Hold one thread at points of a call while another, or a process, makes one.

    Args:
        subject: The subject.
        process: A process of it.
        now: Where the clock stands.
        is_file: Whether the store is a file.

    Yields:
        The history of each pause.
    """
    clock = subject.clock(now, runs=False)
    try:
        for pair, hands in (*_OVERLAPS, (LINKED, _TWO)) if is_file else _OVERLAPS:
            count, alone_s = _rehearsed(subject, pair)
            patience_s = max(_PATIENCE_S, _TIMES_ALONE * alone_s)
            for point in _spread(count):
                yield _paused_at(subject, process, pair, hands, point, patience_s, now)
    finally:
        clock.stop()


def _spread(count: int) -> list[int]:
    """Numbers from 1, a few of them where there are many."""
    step = max(1.0, count / _MOST_POINTS)
    return sorted({int(1 + place * step) for place in range(min(count, _MOST_POINTS))})


class _Calls(threading.Thread):
    """A thread that makes calls, one after another; it is left behind where one of them hangs."""

    def __init__(self, *calls: tuple[Caller, Step]) -> None:
        super().__init__(daemon=True)
        self._calls = calls

    def run(self) -> None:
        for caller, step in self._calls:
            caller.call(step)

    def ended(self) -> list[Event]:
        """Wait for its end, and return the events."""
        callers = {caller.name: caller for caller, _ in self._calls}.values()
        await_all([self], callers)
        return [event for caller in callers for event in caller.events]


class _Held(_Calls):
    """A thread that makes one call, and is held before it touches a file (or calls C at all) for the nth time."""

    def __init__(self, perform: Perform, step: Step, point: int, *, is_anywhere: bool = False) -> None:
        super().__init__((Caller("A", perform), step))
        self._point = point
        self._is_anywhere = is_anywhere
        self.count = 0
        self.is_held = threading.Event()
        self._may_go = threading.Event()
        self.start()

    def run(self) -> None:
        sys.setprofile(self._watch)
        try:
            super().run()
        finally:
            sys.setprofile(None)
            self.is_held.set()

    def _watch(self, _frame: Any, what: str, function: Any) -> None:  # noqa: ANN401 - as sys.setprofile has them
        if what != "c_call":
            return
        module = getattr(function, "__module__", None) or type(getattr(function, "__self__", None)).__module__
        if module in _TOUCHING or self._is_anywhere:
            self.count += 1
            if self.count == self._point:
                self.is_held.set()
                self._may_go.wait()

    def go_on(self) -> None:
        """Let it go."""
        self._may_go.set()


def _rehearsed(subject: PythonSubject, pair: Pair) -> tuple[int, float]:
    """Return how often the first call touches files, and how many seconds the second takes alone."""
    with tempfile.TemporaryDirectory(prefix="labelqueue-") as folder:
        handle = _prepared(subject, Path(folder))
        step = _resolved(pair.first, handle)
        if pair.earlier is not None:
            made("C", performing(subject.open(_store(folder), pair.cap)), pair.earlier)
        held = _Held(performing(handle), step, 0, is_anywhere=pair.is_anywhere)
        held.ended()
        start = time.perf_counter()
        made("B", performing(handle), _resolved(pair.second, handle))
        return held.count, time.perf_counter() - start


def _paused_at(
    subject: PythonSubject, process: Program, pair: Pair, hands: str, point: int, patience_s: float, now: datetime
) -> History:
    with tempfile.TemporaryDirectory(prefix="labelqueue-") as folder:
        first = _prepared(subject, Path(folder))
        store = _store(folder)
        second = first if hands == _ONE else subject.open(linked(store) if pair.is_linked else store, pair.cap)
        change = _resolved(pair.second, first)
        b = Caller("B", performing(second))
        meanwhile = [(b, change), (b, _ALL)]
        if hands == _ONE:
            # What is only in the memory that both threads share, is not there for others.
            meanwhile.append((Caller("C", performing(subject.open(store, pair.cap))), _ALL))
        if hands == _PROCESS:
            process.open(store, pair.cap)
            c = Caller("C", process.perform)
            meanwhile = [(b, _ALL), (c, change), (c, _ALL)]
        events = [told(step, number) for number, step in enumerate(PREPARED)]
        events += [made("A", performing(first), _ALL), made("B", performing(second), _ALL)]
        step = _resolved(pair.first, first)
        if pair.earlier is not None:
            events.append(made("C", performing(subject.open(store, pair.cap)), pair.earlier))
        held = _Held(performing(first), step, point, is_anywhere=pair.is_anywhere)
        try:
            held.is_held.wait(LONGEST_S)
            other = _Calls(*meanwhile)
            other.start()
            other.join(patience_s)
        finally:
            held.go_on()  # where the run is interrupted, too: it may hold what every thread needs to be started
        events += [*held.ended(), *other.ended()]
        events += [made("A", performing(first), _ALL), made("B", performing(second), _ALL)]
        what = "called a function of C" if pair.is_anywhere else "touched a file"
        how = f"while thread A was held before it {what} for time {point}, {hands}"
        how += ", one of which knew the store by a link" if pair.is_linked else ""
        final = state_of(subject, store, pair.cap)
        return History(how, tuple(sorted(events, key=lambda event: event.start)), final, now, pair.cap)


def _prepared(subject: PythonSubject, folder: Path) -> PythonHandle:
    handle = subject.open(_store(folder), 20)
    for step in PREPARED:
        handle.perform(step)
    return handle


def _store(folder: Path | str) -> Path:
    return Path(folder) / "store" / "queue.json"


def _resolved(step: Step, handle: PythonHandle) -> Step:
    return resolved(step, {}, handle.all_items().value)
