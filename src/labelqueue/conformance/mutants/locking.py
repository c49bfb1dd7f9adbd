"""Mutants of SHARE-2: locks that keep somebody in."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

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
class StealsOldLocks(DurableQueue):
    """The lock is a file, and one that is older than a second is taken for a dead process's."""

    @contextmanager
    def locked(self) -> Iterator[None]:
        lock = self.sidecar()
        while True:
            try:
                os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
                break
            except FileExistsError:
                with suppress(FileNotFoundError):
                    if time.time() - lock.stat().st_mtime > 1:
                        lock.unlink()
                time.sleep(0.01)
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


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


class _KnowsItsLock(DurableQueue):
    """Says whether it holds the lock."""

    is_locked = False

    @contextmanager
    def locked(self) -> Iterator[None]:
        with super().locked():
            self.is_locked = True
            try:
                yield
            finally:
                self.is_locked = False


@mutant("SHARE-2")
class LooksBeforeItLocks(_KnowsItsLock):
    """The lock is taken after the file was read."""

    def look(self) -> None:
        if not self.is_locked:
            super().look()


@mutant("SHARE-2")
class FreesTheLockBeforeTheRename(DurableQueue):
    """The lock is freed once the temporary file is written."""

    def temporary(self, target: Path) -> Path:
        return target.with_name(f"{target.name}.{os.getpid()}.new")

    def replace(self, temporary: Path, target: Path) -> None:
        self.unlock()
        super().replace(temporary, target)


@mutant("SHARE-2")
class LosesItsLockByReadingIt(DurableQueue):
    """The lock file holds its owner's number, and who reads that and closes the file gives up a POSIX lock with it."""

    def acquire(self, descriptor: int) -> None:
        import fcntl  # noqa: PLC0415 - not everywhere, and needed here alone

        fcntl.lockf(descriptor, fcntl.LOCK_EX)
        os.pwrite(descriptor, b"%d" % os.getpid(), 0)
        assert self.sidecar().read_text(encoding="ascii").startswith(str(os.getpid()))

    def temporary(self, target: Path) -> Path:
        return target.with_name(f"{target.name}.{os.getpid()}.new")


@mutant("SHARE-2")
class LocksTheFileThatIsReplaced(DurableQueue):
    """The lock is on the file itself, which the rename replaces by another one."""

    def sidecar(self) -> Path:
        sidecar = super().sidecar()
        return self.path.resolve() if self.path.exists() else sidecar


@mutant("SHARE-2")
class UnlocksOnOpening(DurableQueue):
    """The file of a lock that is there when the queue is opened is taken for a dead process's, and removed."""

    def __init__(self, queue_path: Path, max_asks_per_day: Any = 20) -> None:
        target = Path(queue_path).resolve()
        target.with_name(f"{target.name}.lock").unlink(missing_ok=True)
        super().__init__(queue_path, max_asks_per_day)

    def temporary(self, target: Path) -> Path:
        return target.with_name(f"{target.name}.{os.getpid()}.new")


@mutant("SHARE-2")
class LocksBesideTheLink(DurableQueue):
    """The lock lies beside the path as it was given, so that who knows the file by a link has another."""

    def sidecar(self) -> Path:
        super().sidecar()  # makes the folder
        return self.path.with_name(f"{self.path.name}.lock")


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
class ReadingFreesTheLock(_KnowsItsLock):
    """The lock is POSIX's: who reads opens and closes its file as well, and the process has it no longer."""

    threads: ClassVar[Any] = threading.RLock()  # keeps the threads of a process apart, which the lock does not

    @contextmanager
    def locked(self) -> Iterator[None]:
        with self.threads, super().locked():
            yield

    def acquire(self, descriptor: int) -> None:
        import fcntl  # noqa: PLC0415 - not everywhere, and needed here alone

        fcntl.lockf(descriptor, fcntl.LOCK_EX)

    def look(self) -> None:
        sidecar = self.path.resolve().with_name(f"{self.path.name}.lock")
        if sidecar.exists() and not self.is_locked:
            sidecar.open("rb").close()
        super().look()


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
