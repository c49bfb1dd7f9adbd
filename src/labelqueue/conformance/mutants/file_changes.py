"""Mutants of FILE-7 that do not see what other programs did to the file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labelqueue.conformance.models.file import JsonQueue
from labelqueue.conformance.models.input import InputQueue, Row
from labelqueue.conformance.mutants.mutant import mutant


@mutant("FILE-7")
class ReadsOnce(JsonQueue):
    """The file is read when the queue is opened, and never again."""

    def look(self) -> None:
        pass


@mutant("FILE-7")
class LooksAtTheLength(JsonQueue):
    """The file is read again only when its length is another."""

    length = -1

    def look(self) -> None:
        length = self.path.stat().st_size if self.path.exists() else 0
        if length != self.length:
            super().look()
            self.length = length

    def save(self) -> None:
        super().save()
        self.length = self.path.stat().st_size


@mutant("FILE-7")
class LooksAtTheInode(JsonQueue):
    """The file is read again only when it is another file."""

    inode = -1

    def look(self) -> None:
        inode = self.path.stat().st_ino if self.path.exists() else 0
        if inode != self.inode:
            super().look()
            self.inode = inode

    def save(self) -> None:
        super().save()
        self.inode = self.path.stat().st_ino


@mutant("FILE-7")
class TrustsWhatItWrote(JsonQueue):
    """What the queue wrote itself is what the file holds, as long as it is the same file of the same length."""

    written = (-1, -1)

    def look(self) -> None:
        if not self.path.exists() or self.version() != self.written:
            super().look()

    def save(self) -> None:
        super().save()
        self.written = self.version()

    def version(self) -> tuple[int, int]:
        found = self.path.stat()
        return found.st_ino, found.st_size


@mutant("FILE-7")
class LooksAtTimeAndSize(JsonQueue):
    """The file is read again only when its size or the time of its change is another, which a copy may keep."""

    version: tuple[int, ...] | None = (-1,)

    def look(self) -> None:
        version = self.version_of(self.path.stat()) if self.path.exists() else None
        if version != self.version:
            super().look()
            self.version = version

    def version_of(self, found: os.stat_result) -> tuple[int, ...]:
        return found.st_size, found.st_mtime_ns


@mutant("FILE-7")
class LooksAtTimeSizeAndInode(LooksAtTimeAndSize):
    """The file is read again when its inode, its size or its modification time is another, which who writes can set."""

    def version_of(self, found: os.stat_result) -> tuple[int, ...]:
        return found.st_ino, found.st_size, found.st_mtime_ns


@mutant("FILE-7")
class FollowsTheLinkOnce(JsonQueue):
    """A link is followed when the queue is opened; where it leads later is not seen."""

    def __init__(self, queue_path: Path, max_asks_per_day: Any = 20) -> None:
        super().__init__(queue_path.resolve(), max_asks_per_day)


@mutant("FILE-7")
class MarksWhatWentAway(JsonQueue):
    """An id that was there once is found, though its request is no longer in the file."""

    def load(self) -> list[Any]:
        self.seen = getattr(self, "seen", {})
        items = super().load()
        self.seen |= {request.request_id: request for request in items}
        return items

    def mark_done(self, request_id: str, status: Any = "labeled") -> Any:
        found = super().mark_done(request_id, status)
        return self.seen.get(request_id) if found is None else found


@mutant("FILE-7")
class AsksWithoutALook(JsonQueue):
    """Asking goes by what was read last; whatever else is called looks at the file."""

    def get_pending(self, user_id: str | None = None, limit: Any = None) -> list[Any]:
        return InputQueue.get_pending(self, user_id, limit)


@mutant("FILE-7")
class AddsWithoutALook(JsonQueue):
    """Requests are added to what was read last; whatever else is called looks at the file."""

    def enqueue_drift(self, buckets: Sequence[Row]) -> int:
        return InputQueue.enqueue_drift(self, buckets)


@mutant("FILE-7")
class DeletedStaysInMemory(JsonQueue):
    """The requests of a file that is gone are still there."""

    def look(self) -> None:
        if self.path.exists():
            super().look()


@mutant("FILE-7")
class NeverLooksForANewFile(JsonQueue):
    """A file that was not there at first is not looked for, until this queue writes one."""

    def __init__(self, queue_path: Path, max_asks_per_day: Any = 20) -> None:
        self.was_there = queue_path.exists()
        super().__init__(queue_path, max_asks_per_day)

    def look(self) -> None:
        if self.was_there:
            super().look()

    def save(self) -> None:
        super().save()
        self.was_there = True
