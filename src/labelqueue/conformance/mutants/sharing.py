"""Mutants of SHARE-1 to SHARE-3: what many hands do to each other."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from labelqueue.conformance.models.durable import DurableQueue
from labelqueue.conformance.models.input import InputQueue, Row
from labelqueue.conformance.mutants.changed import version_of
from labelqueue.conformance.mutants.mutant import mutant


class _LooksWhenChanged(DurableQueue):
    """Reads again when the file looks changed."""

    seen: Any = ...

    def look(self) -> None:
        now = self.signature() if self.path.exists() else None
        if now != self.seen:
            super().look()
        self.seen = now

    def signature(self) -> Any:
        raise NotImplementedError


@mutant("SHARE-1")
class NeverReloads(DurableQueue):
    """The file is read once, when the queue is opened."""

    is_read = False

    def look(self) -> None:
        if not self.is_read:
            super().look()
        self.is_read = True

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.look()


@mutant("SHARE-1")
class ReloadsByWholeSeconds(_LooksWhenChanged):
    """Whether the file changed is told by its modification time in seconds."""

    def signature(self) -> Any:
        return int(self.path.stat().st_mtime)


@mutant("SHARE-1")
class ReloadsBySize(_LooksWhenChanged):
    """Whether the file changed is told by its size; labeled, skipped and pending are as long."""

    def signature(self) -> Any:
        return self.path.stat().st_size


@mutant("SHARE-1")
class LooksAtTheFileAfterReading(_LooksWhenChanged):
    """What the file looks like is noted after it was read, when it may be another already."""

    def look(self) -> None:
        super().look()
        self.seen = self.signature() if self.path.exists() else None

    def signature(self) -> Any:
        return version_of(self.path)


@mutant("SHARE-1")
class PendingFromMemory(DurableQueue):
    """`get_pending` answers from memory."""

    is_asking = False

    def get_pending(self, user_id: str | None = None, limit: Any = None) -> list[Any]:
        with self.turn:
            self.is_asking = True
            try:
                return super().get_pending(user_id, limit)
            finally:
                self.is_asking = False

    def look(self) -> None:
        if not self.is_asking:
            super().look()


@mutant("SHARE-1")
class ItemsFromMemory(DurableQueue):
    """`all_items` answers from memory."""

    @property
    def all_items(self) -> list[Any]:
        with self.turn:
            return list(self.items)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.look()


@mutant("SHARE-1")
class CachesByPath(DurableQueue):
    """What was read is kept for every instance of this process, and nothing tells the other processes."""

    cache: ClassVar[dict[Path, list[Any]]] = {}

    def look(self) -> None:
        if self.path not in self.cache or not self.path.exists():
            super().look()
            self.cache[self.path] = self.items
        self.items = list(self.cache[self.path])

    def save(self) -> None:
        super().save()
        self.cache[self.path] = list(self.items)


@mutant("SHARE-1")
class MarksWhatItKnows(DurableQueue):
    """`mark_done` looks for the id in memory."""

    def mark_done(self, request_id: str, status: Any = "labeled") -> Any:
        with self.turn:
            if all(request.request_id != request_id for request in self.items):
                return None
            return super().mark_done(request_id, status)


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
class LooksBeforeItLocks(DurableQueue):
    """The lock is taken after the file was read."""

    is_locked = False

    @contextmanager
    def locked(self) -> Iterator[None]:
        with super().locked():
            self.is_locked = True
            try:
                yield
            finally:
                self.is_locked = False

    def look(self) -> None:
        if not self.is_locked:
            super().look()


@mutant("SHARE-2")
class FreesTheLockBeforeTheRename(DurableQueue):
    """The lock is freed once the temporary file is written."""

    def replace(self, temporary: Path, target: Path) -> None:
        self.unlock()
        super().replace(temporary, target)


@mutant("SHARE-2")
class LocksTheFileThatIsReplaced(DurableQueue):
    """The lock is on the file itself, which the rename replaces by another one."""

    def sidecar(self) -> Path:
        sidecar = super().sidecar()
        return self.path.resolve() if self.path.exists() else sidecar


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


@mutant("SHARE-3")
class DuplicatesBeforeTheLock(DurableQueue):
    """Which buckets are pending is looked up before the lock is there."""

    def enqueue(self, rows: list[Row], reason: str) -> int:
        self.known = list(self.items)
        return super().enqueue(rows, reason)

    def is_taken(self, request: Any, added: list[Any]) -> bool:
        return any(self.blocks(other) and self.key(other) == self.key(request) for other in [*self.known, *added])


@mutant("SHARE-3")
class NumbersBeforeTheLock(DurableQueue):
    """The id is a number, counted before the lock is there, so that two processes hand it out."""

    count = 0

    def enqueue(self, rows: list[Row], reason: str) -> int:
        self.count = len(self.items)
        return super().enqueue(rows, reason)

    def new_id(self, row: Row) -> str:  # noqa: ARG002
        self.count += 1
        return str(UUID(int=self.count))

    def parsed(self, content: bytes) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(content)
        return found


@mutant("SHARE-3")
class AsksInTwoReadings(DurableQueue):
    """What remains of the day is read before what is pending."""

    def get_pending(self, user_id: str | None = None, limit: Any = None) -> list[Any]:
        with self.turn:
            self.look()
            self.left = self.remaining()
            try:
                return super().get_pending(user_id, limit)
            finally:
                del self.left

    def cut(self, requests: list[Any], limit: int | None) -> list[Any]:
        return requests[: self.left if limit is None else min(self.left, limit)]


@mutant("SHARE-3")
class AppendsWhereItRead(DurableQueue):
    """New requests go behind those that were there when the call began."""

    def enqueue(self, rows: list[Row], reason: str) -> int:
        self.place = len(self.items)
        return super().enqueue(rows, reason)

    def with_added(self, added: list[Any]) -> list[Any]:
        return [*self.items[: self.place], *added, *self.items[self.place :]]
