"""Glimpses: what a reader of the store sees while somebody writes to it.

Where the store is a path, the writing process is stopped (SIGSTOP) again and again
while a call is in flight; each time the store is copied if it looks different.
Since nothing moves while the copy is made, a copy is what a reader could have seen
at one moment.  With strace that is behind every system call that changes something,
without it at moments that chance chooses.  Where the store is elsewhere, another
handle reads it meanwhile.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from labelqueue.conformance.tracing.process_state import is_stopped
from labelqueue.conformance.tracing.strace import attached, why_not
from labelqueue.conformance.tracing.system_calls import CHANGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from labelqueue.conformance.subjects.store import StoreFolder
    from labelqueue.conformance.tracing.strace import Record

__all__ = ["reading_meanwhile", "stopped_at_times"]

_RUN_NS: Final = 20_000
_LONGEST_S: Final = 0.02
_NAP_S: Final = 0.00005
_is_traceable: Final = cache(lambda: why_not() is None)
_T = TypeVar("_T")


@contextmanager
def stopped_at_times(pid: int | None, store: StoreFolder, copies: list[Path]) -> Iterator[None]:
    """Look at the store while a call is in flight.

    Args:
        pid: The process that makes the call; nothing is looked at where there is none.
        store: The store.
        copies: Where the paths of the copies are put, in order.
    """
    if pid is None or not Path(f"/proc/{pid}/stat").exists():
        yield
        return
    is_over = threading.Event()
    with ExitStack() as stack:
        record = None
        if _is_traceable():
            with suppress(OSError):  # it is about to end, or somebody else traces it
                record = stack.enter_context(attached(pid, f"{','.join(CHANGES)}:signal=STOP"))
        looking = threading.Thread(target=_look, args=(pid, record, store, copies, is_over))
        looking.start()
        try:
            yield
        finally:
            is_over.set()
            looking.join()


@contextmanager
def reading_meanwhile(read: Callable[[], _T], seen: list[_T]) -> Iterator[None]:
    """Read again and again while a call is in flight.

    Args:
        read: Reads the store through a handle of its own.
        seen: Where everything that was read is put, but for repetitions.
    """
    is_over = threading.Event()

    def reading() -> None:
        while not is_over.is_set():
            now = read()
            if not seen or now != seen[-1]:
                seen.append(now)

    reader = threading.Thread(target=reading)
    reader.start()
    try:
        yield
    finally:
        is_over.set()
        reader.join()


def _look(pid: int, record: Record | None, store: StoreFolder, copies: list[Path], is_over: threading.Event) -> None:
    last = store.look()
    stops = _stops_at_chance(pid, is_over) if record is None else _stops_at_calls(record, is_over)
    with suppress(ProcessLookupError, FileNotFoundError):
        for _ in stops:
            try:
                now = store.look()
                if now != last:
                    last = now
                    copies.append(store.copy())
            finally:
                # Of a program that starts others, the tracer stops those, too, before they are what they will be.
                os.killpg(os.getpgid(pid), signal.SIGCONT)


def _stops_at_calls(record: Record, is_over: threading.Event) -> Iterator[None]:
    """Wait for one stop of the tracer's after another."""
    known, since = 0, time.monotonic()
    while not is_over.is_set():
        # Of threads that stop one after another, one may stop only after it was told to go on.
        if record.stops > known or time.monotonic() - since > _LONGEST_S:
            known = record.stops
            yield
            since = time.monotonic()
        else:
            time.sleep(_NAP_S)


def _stops_at_chance(pid: int, is_over: threading.Event) -> Iterator[None]:
    """Stop a process again and again."""
    while not is_over.is_set():
        os.kill(pid, signal.SIGSTOP)
        try:
            while not is_stopped(pid):
                pass
        except BaseException:
            os.kill(pid, signal.SIGCONT)
            raise
        yield
        _let_run(pid, is_over)


def _let_run(pid: int, is_over: threading.Event) -> None:
    """Wait until a process has made use of its time: who is woken and stopped at once again gets nowhere."""
    clock = (~pid << 3) | 2  # of the processor time of another process, as Linux numbers them
    latest = time.monotonic() + _LONGEST_S
    with suppress(OSError):  # it has ended
        enough = time.clock_gettime_ns(clock) + _RUN_NS
        # Whoever sleeps, or waits for a child, uses none of its own.
        while time.clock_gettime_ns(clock) < enough and time.monotonic() < latest and not is_over.is_set():
            time.sleep(_NAP_S)
