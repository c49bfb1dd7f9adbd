"""Mutants of SHARE-2: locks that are taken too late, or are free too early."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

from labelqueue.conformance.models.durable import DurableQueue
from labelqueue.conformance.mutants.mutant import mutant


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
class UnlocksOnOpening(DurableQueue):
    """The file of a lock that is there when the queue is opened is taken for a dead process's, and removed."""

    def __init__(self, queue_path: Path, max_asks_per_day: Any = 20) -> None:
        target = Path(queue_path).resolve()
        target.with_name(f"{target.name}.lock").unlink(missing_ok=True)
        super().__init__(queue_path, max_asks_per_day)

    def temporary(self, target: Path) -> Path:
        return target.with_name(f"{target.name}.{os.getpid()}.new")


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
