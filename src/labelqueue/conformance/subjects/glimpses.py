"""Glimpses: what a reader of the store sees while somebody writes to it.

Where the store is a path, the writing process is stopped (SIGSTOP) again and again
while a call is in flight; each time the store is copied if it looks different.
Since nothing moves while the copy is made, a copy is what a reader could have seen
at one moment.  Where the store is elsewhere, another handle reads it meanwhile.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from labelqueue.conformance.subjects.process_state import is_stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from labelqueue.conformance.subjects.store import StoreFolder

__all__ = ["reading_meanwhile", "stopped_at_times"]


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
    looking = threading.Thread(target=_look, args=(pid, store, copies, is_over))
    looking.start()
    try:
        yield
    finally:
        is_over.set()
        looking.join()


_T = TypeVar("_T")


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


def _look(pid: int, store: StoreFolder, copies: list[Path], is_over: threading.Event) -> None:
    last = store.look()
    with contextlib.suppress(ProcessLookupError, FileNotFoundError):
        while not is_over.is_set():
            os.kill(pid, signal.SIGSTOP)
            try:
                while not is_stopped(pid):
                    pass
                now = store.look()
                if now != last:
                    last = now
                    copies.append(store.copy())
            finally:
                os.kill(pid, signal.SIGCONT)
