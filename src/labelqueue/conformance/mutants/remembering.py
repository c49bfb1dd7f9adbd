"""Mutants of SHARE-1: what an instance remembers while others change the store."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from labelqueue.conformance.models.durable import DurableQueue
from labelqueue.conformance.mutants.changed import LooksWhenChanged
from labelqueue.conformance.mutants.mutant import mutant


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
class ReloadsByWholeSeconds(LooksWhenChanged):
    """Whether the file changed is told by its modification time in seconds."""

    def signature(self) -> Any:
        return int(self.path.stat().st_mtime)


@mutant("SHARE-1")
class ReloadsBySize(LooksWhenChanged):
    """Whether the file changed is told by its size; labeled, skipped and pending are as long."""

    def signature(self) -> Any:
        return self.path.stat().st_size


@mutant("SHARE-1")
class CountsChangesInOneByte(LooksWhenChanged):
    """Whether the file changed is told by a count of changes in the sidecar, which is one byte long."""

    def signature(self) -> Any:
        sidecar = self.sidecar()
        return sidecar.read_bytes() if sidecar.exists() else b""

    def save(self) -> None:
        super().save()
        count = int.from_bytes(self.signature()) + 1
        self.sidecar().write_bytes(bytes([count % 256]))


@mutant("SHARE-1")
class LooksAtTheFileAfterReading(LooksWhenChanged):
    """What the file looks like is noted after it was read, when it may be another already."""

    def look(self) -> None:
        super().look()
        self.seen = self.signature() if self.path.exists() else None


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


@mutant("SHARE-1")
class DoneIsFinal(DurableQueue):
    """What was seen to be done stays as it was seen, until the instance marks it itself."""

    done: Mapping[str, Any] = MappingProxyType({})

    def look(self) -> None:
        super().look()
        self.items = [self.done.get(request.request_id, request) for request in self.items]
        self.done = {request.request_id: request for request in self.items if request.status != "pending"}


@mutant("SHARE-1")
class RemembersItsIds(DurableQueue):
    """Which ids there are is remembered from a mark until the instance changes something itself."""

    ids: frozenset[str] | None = None

    def mark_done(self, request_id: str, status: Any = "labeled") -> Any:
        with self.turn:
            if self.ids is None:
                self.look()
                self.ids = frozenset(request.request_id for request in self.items)
            return super().mark_done(request_id, status) if request_id in self.ids else None

    def save(self) -> None:
        super().save()
        self.ids = None


@mutant("SHARE-1")
class RemembersWhoseTheyAre(DurableQueue):
    """Which requests are a user's is remembered when the user is asked for, until the instance adds some itself."""

    ids_of: Mapping[str, frozenset[str]] = MappingProxyType({})

    def get_pending(self, user_id: str | None = None, limit: Any = None) -> list[Any]:
        answer = super().get_pending(user_id, limit)
        if user_id is None:
            return answer
        if user_id not in self.ids_of:
            ids = frozenset(request.request_id for request in self.items if request.user_id == user_id)
            self.ids_of = {**self.ids_of, user_id: ids}
        return [request for request in answer if request.request_id in self.ids_of[user_id]]

    def save(self) -> None:
        super().save()
        self.ids_of = {}
