"""Mutants of SHARE-4: what a killed process holds, and who waits for it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from labelqueue.conformance.models.durable import DurableQueue
from labelqueue.conformance.mutants.mutant import mutant


class _LocksWithAFile(DurableQueue):
    """The lock is a file that somebody has to remove."""

    patience_s = 0.3

    @contextmanager
    def locked(self) -> Iterator[None]:
        lock = self.sidecar()
        end = time.monotonic() + self.patience_s
        while not self.got(lock):
            if time.monotonic() > end:
                raise TimeoutError(f"{lock} is held by somebody else")
            time.sleep(0.005)
        try:
            yield
        finally:
            self.free(lock)

    def got(self, lock: Path) -> bool:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return False
        return True

    def free(self, lock: Path) -> None:
        lock.unlink()


@mutant("SHARE-4")
class LockFileStays(_LocksWithAFile):
    """The lock is a file made exclusively; that of a killed process stays."""


@mutant("SHARE-4")
class LockFolderStays(_LocksWithAFile):
    """The lock is a folder; that of a killed process stays."""

    def got(self, lock: Path) -> bool:
        try:
            lock.mkdir()
        except FileExistsError:
            return False
        return True

    def free(self, lock: Path) -> None:
        lock.rmdir()


@mutant("SHARE-4")
class LookedForTheDeadOnOpening(_LocksWithAFile):
    """The lock that a dead process left is removed when a queue is opened; those that are open wait for it."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        target = self.path.resolve()
        lock = target.with_name(f"{target.name}.lock")
        with suppress(ValueError, FileNotFoundError):
            try:
                os.kill(int(lock.read_text()), 0)
            except ProcessLookupError:
                lock.unlink()

    def got(self, lock: Path) -> bool:
        is_got = super().got(lock)
        if is_got:
            lock.write_text(str(os.getpid()))
        return is_got


@mutant("SHARE-4")
class LockIsTooOldLate(_LocksWithAFile):
    """A lock file is taken over only when it is a minute old."""

    def got(self, lock: Path) -> bool:
        if lock.exists() and time.time() - lock.stat().st_mtime > 60:  # noqa: PLR2004 - a minute
            lock.unlink(missing_ok=True)
        return super().got(lock)


@mutant("SHARE-4")
class AsksForRepair(DurableQueue):
    """A mark says that somebody is writing; found by the next one, it asks for a repair."""

    def save(self) -> None:
        mark = self.sidecar()
        if mark.stat().st_size:
            raise RuntimeError(f"{self.path} was not closed properly; repair it")
        mark.write_bytes(b"writing")
        try:
            super().save()
        finally:
            mark.write_bytes(b"")
