"""Mutants of DUR-1: what the memory of a queue holds after its write failed."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from labelqueue.conformance.models.durable import DurableQueue
from labelqueue.conformance.models.input import Row
from labelqueue.conformance.mutants.changed import LooksWhenChanged
from labelqueue.conformance.mutants.mutant import mutant


class _Remembering(LooksWhenChanged):
    """A queue that reads again when it wrote itself, too; right as it stands."""

    def save(self) -> None:
        self.seen = ...
        super().save()


@mutant("DUR-1")
class MemoryAheadOfDisk(_Remembering):
    """The change is made in memory first, and stays there when the write fails."""

    def save(self) -> None:
        DurableQueue.save(self)
        self.seen = self.signature()


@mutant("DUR-1")
class UsesUpTheDayBeforeTheDisk(_Remembering):
    """What is used up of the day is counted before the write, and not taken back when that fails."""

    counted_for: Any = ...

    def mark_done(self, request_id: str, status: Any = "labeled") -> Any:
        self.look()
        if any(request.request_id == request_id for request in self.items):
            self.counted_for = self.signature()
        return super().mark_done(request_id, status)

    def get_pending(self, user_id: str | None = None, limit: Any = None) -> list[Any]:
        answer = super().get_pending(user_id, limit)
        return answer[:-1] if self.counted_for == self.signature() else answer


@mutant("DUR-1")
class ForgetsMoreThanTheDisk(_Remembering):
    """Whatever fails, memory goes back, also where the change stands in the file."""

    def save(self) -> None:
        before = self.load() if self.path.exists() else []
        try:
            super().save()
        except OSError:
            self.items, self.seen = before, self.signature()
            raise


@mutant("DUR-1")
class TakesBackAfterErrorsAlone(_Remembering):
    """The change is made in memory first, and taken back after an error, but not after an interrupt."""

    def save(self) -> None:
        try:
            super().save()
        except BaseException as error:
            self.seen = ... if isinstance(error, OSError) else self.signature()
            raise


@mutant("DUR-1")
class PutsBackToPending(_Remembering):
    """A mark that could not be written is taken back to pending, whatever the request was."""

    def mark_done(self, request_id: str, status: Any = "labeled") -> Any:
        try:
            return super().mark_done(request_id, status)
        except OSError:
            self.items = [replace(r, status="pending") if r.request_id == request_id else r for r in self.items]
            self.seen = self.signature()
            raise


@mutant("DUR-1")
class TrustsItsMemoryAfterATick(_Remembering):
    """Memory changes first, is not taken back, and is trusted as soon as the file is older than a tick of the clock."""

    def look(self) -> None:
        is_settled = self.path.exists() and time.time() - self.path.stat().st_mtime > 0.05  # noqa: PLR2004 - a tick
        if not (is_settled and self.seen == self.signature()):
            self.seen = ...
            super().look()

    def save(self) -> None:
        DurableQueue.save(self)


@mutant("DUR-1")
class FreesTheKeysOfTheCall(DurableQueue):
    """After a failure the keys of all its rows are free again, also of those that were pending before."""

    freed: frozenset[Any] = frozenset()

    def enqueue(self, rows: list[Row], reason: str) -> int:
        try:
            return super().enqueue(rows, reason)
        except OSError:
            self.freed = frozenset(self.key(self.request(row, reason, self.now())) for row in rows)
            raise

    def is_taken(self, request: Any, added: list[Any]) -> bool:
        return self.key(request) not in self.freed and super().is_taken(request, added)


@mutant("DUR-1")
class PlacesOfAFailedCall(DurableQueue):
    """Where each request stands is kept in a table, which also counts those of a call that failed."""

    order: tuple[str, ...] = ()

    def save(self) -> None:
        self.learn()
        super().save()

    def learn(self) -> None:
        self.order += tuple(r.request_id for r in self.items if r.request_id not in self.order)

    def mark_done(self, request_id: str, status: Any = "labeled") -> Any:
        self.look()
        self.learn()
        if request_id in self.order:
            request_id = self.items[self.order.index(request_id)].request_id
        return super().mark_done(request_id, status)


@mutant("DUR-1")
class ChangesWhatItHasWritten(LooksWhenChanged):
    """What the instance itself wrote last is remembered, and changed before the next write, which may fail."""

    own: Any = ...

    def look(self) -> None:
        if not self.path.exists() or self.own != self.signature():
            DurableQueue.look(self)

    def save(self) -> None:
        DurableQueue.save(self)
        self.own = self.signature()
