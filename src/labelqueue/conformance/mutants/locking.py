"""Mutants of SHARE-2: locks that keep somebody in."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from labelqueue.conformance.models.durable import DurableQueue
from labelqueue.conformance.models.input import InputQueue, Row
from labelqueue.conformance.mutants.mutant import mutant


@mutant("SHARE-2")
class NoLock(DurableQueue):
    """There is no lock."""

    @contextmanager
    def locked(self) -> Iterator[None]:
        self.sidecar()  # makes the folder
        yield


@mutant("SHARE-2")
class WaitsAWhileForTheLock(DurableQueue):
    """Whoever does not get the lock within three seconds goes on without it."""

    def acquire(self, descriptor: int) -> None:
        import fcntl  # noqa: PLC0415 - not everywhere, and needed here alone

        for _ in range(600):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.005)
            else:
                return

    def temporary(self, target: Path) -> Path:
        return target.with_name(f"{target.name}.{os.getpid()}.new")


@mutant("SHARE-2")
class GoesOnWhereLocksFail(DurableQueue):
    """A lock that the system refuses, as a file system without locks does, is passed over."""

    def acquire(self, descriptor: int) -> None:
        with suppress(OSError):
            super().acquire(descriptor)


@mutant("SHARE-2")
class LocksTheWritingAlone(DurableQueue):
    """The lock is around the writing, not around reading and changing."""

    def enqueue(self, rows: list[Row], reason: str) -> int:
        return InputQueue.enqueue(self, rows, reason)

    def mark_done(self, request_id: str, status: Any = "labeled") -> Any:
        with self.turn:
            self.look()
            return InputQueue.mark_done(self, request_id, status)

    def save(self) -> None:
        with self.locked():
            super().save()


@mutant("SHARE-2")
class LocksTheFileThatIsReplaced(DurableQueue):
    """The lock is on the file itself, which the rename replaces by another one."""

    def sidecar(self) -> Path:
        sidecar = super().sidecar()
        return self.path.resolve() if self.path.exists() else sidecar


@mutant("SHARE-2")
class LocksBesideTheLink(DurableQueue):
    """The lock lies beside the path as it was given, so that who knows the file by a link has another."""

    def sidecar(self) -> Path:
        super().sidecar()  # makes the folder
        return self.path.with_name(f"{self.path.name}.lock")


@mutant("SHARE-2")
class LocksByAHash(DurableQueue):
    """The file that is locked is named by the hash of the path, which is another in every process."""

    def sidecar(self) -> Path:
        sidecar = super().sidecar()
        return sidecar.with_name(f"{hash(str(sidecar))}.lock")


@mutant("SHARE-2")
class LocksByProcess(DurableQueue):
    """The lock has the process in its name, so that only threads wait for each other."""

    def sidecar(self) -> Path:
        sidecar = super().sidecar()
        return sidecar.with_name(f"{sidecar.name}.{os.getpid()}")


@mutant("SHARE-2")
class MarkingNeedsNoLock(DurableQueue):
    """Marking done changes one request only, and is thought to need no lock."""

    def mark_done(self, request_id: str, status: Any = "labeled") -> Any:
        with self.turn:
            self.look()
            return InputQueue.mark_done(self, request_id, status)


@mutant("SHARE-2")
class LooksWhenReadingAlone(DurableQueue):
    """What others changed is read by calls that read, and written over by those that change."""

    is_reading = True

    def enqueue_drift(self, buckets: Sequence[Row]) -> int:
        with self.turn:
            self.is_reading = False
            try:
                return super().enqueue_drift(buckets)
            finally:
                self.is_reading = True

    def look(self) -> None:
        if self.is_reading:
            super().look()


@mutant("SHARE-2")
class LocksTheProcess(DurableQueue):
    """The lock is POSIX's, which belongs to the process: two instances in one process get it both."""

    @contextmanager
    def locked(self) -> Iterator[None]:
        import fcntl  # noqa: PLC0415 - not everywhere

        with self.sidecar().open("wb") as file:
            fcntl.lockf(file, fcntl.LOCK_EX)
            yield


class _Nobody:
    """A lock that everybody gets."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


@mutant("SHARE-2")
class ThreadsShareAMemory(DurableQueue):
    """Threads of one instance do not wait for each other."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.turn: Any = _Nobody()


@mutant("SHARE-2")
class LocksWhatIsThere(DurableQueue):
    """A store that is not there yet is made without the lock."""

    @contextmanager
    def locked(self) -> Iterator[None]:
        if self.path.exists():
            with super().locked():
                yield
        else:
            self.path.resolve().parent.mkdir(parents=True, exist_ok=True)
            yield
