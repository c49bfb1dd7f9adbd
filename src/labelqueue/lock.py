"""The lock: one writer at a time over one store, among threads and processes.

Serves SHARE-2 to SHARE-4.  The lock is `flock(2)` on the sidecar, the file beside
the target whose name ends in `.lock`; the page "The lock" of the specification
says what programs in other languages have to do.  The kernel frees it when its
holder dies, however it dies.

The lock is filelock's, by descriptor.  Its `FileLock` would do more for us, but it
keeps a register of all locks of the process behind a lock of its own, which an
interrupt at an unlucky moment leaves taken for ever; `tests/test_crash_interrupts.py`
shows it.

Threads of one process first take turns among themselves, so that they hand over
at once instead of polling.  That is a courtesy: every call opens the sidecar anew,
and `flock` keeps apart threads as well as processes.

An interrupt (Ctrl-C) is an exception that may come between any two steps.  CPython
looks for one when a function is entered, when a call has returned and when a loop
starts over.  So every lock here is taken as the first step inside the `try` whose
`finally` frees it.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar
from weakref import WeakSet, WeakValueDictionary

from labelqueue.errors import StoreBusyError
from labelqueue.file import OpenFile

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LOCK_TIMEOUT_S", "ThreadLock", "exclusively"]

LOCK_TIMEOUT_S = 60.0
"""How long a call waits for its turn to write, in seconds, before it gives up."""

_SUFFIX: Final = ".lock"
# A waiting process costs some 2 % of a core, and a free lock is noticed at once.
_POLL_INTERVAL_S: Final = 0.005

_T = TypeVar("_T")


class _TakenError(Exception):
    """A lock was not free in time."""


class ThreadLock:
    """A lock among the threads of a process, which a forked child finds free.

    Whoever holds it may take it again.
    """

    __slots__ = ("__weakref__", "_lock")

    def __init__(self) -> None:
        """Make the lock, free."""
        self._lock = threading.RLock()
        _thread_locks.add(self)

    def hold(self, work: Callable[[], _T], timeout_s: float = -1) -> _T:
        """Do the work while no other thread holds the lock.

        Args:
            work: What to do.
            timeout_s: How long to wait for the lock; without end where negative.

        Raises:
            _TakenError: The lock was not free in time; nothing was done.
        """
        lock = self._lock
        try:
            if not lock.acquire(timeout=timeout_s):
                raise _TakenError
            return work()
        finally:
            # No `contextlib.suppress`: an interrupt could come while it is made.
            try:  # noqa: SIM105
                lock.release()
            except RuntimeError:  # it was never taken
                pass

    def _renew(self) -> None:
        self._lock = threading.RLock()


_thread_locks: WeakSet[ThreadLock] = WeakSet()
_turns: WeakValueDictionary[str, ThreadLock] = WeakValueDictionary()
_sidecars: WeakSet[OpenFile] = WeakSet()


def _free_in_child() -> None:
    # The threads that held them are not there any more, and would never free them.
    for lock in _thread_locks:
        lock._renew()  # noqa: SLF001 - part of the class's own business
    # A copy of the parent's descriptor would keep the lock when the parent is dead.
    for sidecar in _sidecars:
        sidecar.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_free_in_child)


def exclusively(target: Path, store: str, work: Callable[[], _T]) -> _T:
    """Do the work while no other thread or process writes the file.

    Args:
        target: The file, absolute and with symbolic links resolved, so that all
            spellings of one path are one lock.  Its folder is there.
        store: The file's name, for the error.
        work: What to do.  It must not come here again for the same file.

    Returns:
        What the work returns.

    Raises:
        StoreBusyError: The lock was not free within `LOCK_TIMEOUT_S`; nothing was
            done.
        OSError: The sidecar cannot be opened or locked; nothing was done.
    """
    path = f"{target}{_SUFFIX}"
    deadline = time.monotonic() + LOCK_TIMEOUT_S
    turn = _turns.setdefault(path, ThreadLock())
    try:
        return turn.hold(lambda: _locked(path, deadline, work), LOCK_TIMEOUT_S)
    except _TakenError:
        raise StoreBusyError(store, path, _holder(path), LOCK_TIMEOUT_S) from None


def _locked(path: str, deadline: float, work: Callable[[], _T]) -> _T:
    # Loading it takes a fifth as long as loading all of labelqueue, and readers do without.
    from filelock import lock_descriptor, unlock_descriptor  # noqa: PLC0415

    sidecar = None
    try:
        while True:
            sidecar = OpenFile(path, "a")  # made where it is missing, and never emptied
            _sidecars.add(sidecar)
            if lock_descriptor(sidecar.fileno(), blocking=False) and _is_at(path, sidecar):
                return work()
            if time.monotonic() >= deadline:
                raise _TakenError
            sidecar.close()
            time.sleep(_POLL_INTERVAL_S)
    finally:
        if sidecar is not None and not sidecar.closed:
            try:
                unlock_descriptor(sidecar.fileno())
            finally:
                # Frees the lock, too, should an interrupt have cut the unlocking short.
                sidecar.close()


def _is_at(path: str, sidecar: OpenFile) -> bool:
    # A lock on a file that was unlinked meanwhile keeps nobody out.
    try:
        return os.path.samestat(os.fstat(sidecar.fileno()), os.stat(path))  # noqa: PTH116 - as its neighbour
    except FileNotFoundError:
        return False


def _holder(path: str) -> int | None:
    """Return the process that holds the lock, where the kernel tells (Linux)."""
    try:
        status = Path(path).stat()
        table = Path("/proc/locks").read_text(encoding="ascii")
    except OSError:
        return None
    place = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    for line in table.splitlines():
        match line.split():
            case [_, "FLOCK", _, _, pid, where, *_] if where == place and int(pid) > 0:
                return int(pid)
    return None
