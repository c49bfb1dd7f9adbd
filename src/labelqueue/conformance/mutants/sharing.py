"""Mutants of SHARE-3: what many hands do to each other."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from labelqueue.conformance.models.durable import DurableQueue
from labelqueue.conformance.models.input import Row
from labelqueue.conformance.mutants.changed import LooksWhenChanged
from labelqueue.conformance.mutants.mutant import mutant


@mutant("SHARE-3")
class AnswersWithASecondReading(DurableQueue):
    """What marking returns is read again once the lock is free, and may be another's status by then."""

    def mark_done(self, request_id: str, status: Any = "labeled") -> Any:
        if super().mark_done(request_id, status) is None:
            return None
        return next(request for request in self.all_items if request.request_id == request_id)


@mutant("SHARE-3")
class InPartsOfAHundred(DurableQueue):
    """A large batch is added by hundreds, each a change of its own."""

    def enqueue(self, rows: list[Row], reason: str) -> int:
        return sum(super(InPartsOfAHundred, self).enqueue(rows[n : n + 100], reason) for n in range(0, len(rows), 100))


@mutant("SHARE-3")
class InOrderOfTheClock(DurableQueue):
    """The moment of a call is taken before the lock is there, and the list is kept in the order of moments."""

    moment: datetime | None = None

    def enqueue(self, rows: list[Row], reason: str) -> int:
        self.moment = super().now()
        try:
            return super().enqueue(rows, reason)
        finally:
            self.moment = None

    def now(self) -> datetime:
        return self.moment or super().now()

    def with_added(self, added: list[Any]) -> list[Any]:
        return sorted(super().with_added(added), key=lambda request: request.created_at)


@mutant("SHARE-3")
class CleansUpOnOpening(DurableQueue):
    """What a dead process may have left is removed when a queue is opened, without the lock."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clean_up(self.temporary(self.path.resolve()))


@mutant("SHARE-3")
class TheFolderMustBeNew(DurableQueue):
    """A folder that another one has made since it was looked for is an error."""

    def make_folder(self, folder: Path) -> None:
        missing = [each for each in (folder, *folder.parents) if not each.exists()]
        for each in reversed(missing):
            each.mkdir()
            self.flush_name_of(each)


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
class AsksInTwoReadingsOfAChange(AsksInTwoReadings, LooksWhenChanged):
    """What remains of the day and what is pending are read apart, each only where the file looks changed."""


@mutant("SHARE-3")
class ReadsTheStatusesLater(DurableQueue):
    """Which requests there are is read first, and what became of them a moment later."""

    def look(self) -> None:
        super().look()
        first = self.items
        super().look()
        newer = {request.request_id: request for request in self.items}
        self.items = [newer.get(request.request_id, request) for request in first]


@mutant("SHARE-3")
class AddsWhatIsNewTwice(DurableQueue):
    """Who asks for everything adds what is new to the memory, and two threads may do so at once."""

    @property
    def all_items(self) -> list[Any]:
        known = len(self.items)
        stored = self.load() if self.path.exists() else []
        self.items[:known] = stored[:known]
        self.items += stored[known:]
        return list(self.items)


@mutant("SHARE-3")
class ChoosesBeforeTheLock(DurableQueue):
    """What is no duplicate is chosen before the lock is taken, and again only where there are more requests by then."""

    taken: tuple[int, Any] = (0, ())

    def enqueue(self, rows: list[Row], reason: str) -> int:
        self.look()
        self.taken = len(self.items), {self.key(request) for request in self.pending()}
        return super().enqueue(rows, reason)

    def is_taken(self, request: Any, added: list[Any]) -> bool:
        count, keys = self.taken
        if count != len(self.items):
            return super().is_taken(request, added)
        return self.key(request) in keys or self.key(request) in map(self.key, added)


@mutant("SHARE-3")
class CountsWhatThereIs(DurableQueue):
    """Whether everything is as it was is told by how many requests there are, and how many wait."""

    known: tuple[Any, list[Any]] = (None, [])

    @property
    def all_items(self) -> list[Any]:
        with self.turn:
            self.look()
            numbers = len(self.items), len(self.pending())
            if self.known[0] != numbers:
                self.known = numbers, self.items
            return list(self.known[1])

    def save(self) -> None:
        super().save()
        self.known = None, []


@mutant("SHARE-3")
class ReadsInPages(DurableQueue):
    """Everything is read in pages of two hundred, each a reading of its own."""

    @property
    def all_items(self) -> list[Any]:
        items: list[Any] = []
        with self.turn:
            while True:
                self.look()
                page = self.items[len(items) : len(items) + 200]
                if not page:
                    return items
                items += page


@mutant("SHARE-3")
class ReadsAsLongAsItWas(DurableQueue):
    """The file is asked for its length before it is opened, and no more than that is read."""

    def read(self) -> bytes:
        length = self.path.stat().st_size
        with self.path.open("rb") as file:
            return file.read(length)


@mutant("SHARE-3")
class AppendsWhereItRead(DurableQueue):
    """New requests go behind those that were there when the call began."""

    def enqueue(self, rows: list[Row], reason: str) -> int:
        self.place = len(self.items)
        return super().enqueue(rows, reason)

    def with_added(self, added: list[Any]) -> list[Any]:
        return [*self.items[: self.place], *added, *self.items[self.place :]]


@mutant("SHARE-3")
class ShowsWhatIsNotWritten(LooksWhenChanged):
    """A change is made in memory and then written; threads that only look do not wait for that."""

    @property
    def all_items(self) -> list[Any]:
        self.look()
        return list(self.items)
