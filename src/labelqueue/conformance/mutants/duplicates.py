"""Mutants of DUP: what blocks a bucket, and what does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from labelqueue.conformance.models.core import ModelQueue
from labelqueue.conformance.models.file import JsonQueue
from labelqueue.conformance.mutants.changed import version_of
from labelqueue.conformance.mutants.mutant import mutant


@mutant("DUP-1")
class LooksAtTheQueueAlone(ModelQueue):
    """Duplicates within a call are not noticed."""

    def is_taken(self, request: Any, added: list[Any]) -> bool:  # noqa: ARG002
        return super().is_taken(request, [])


@mutant("DUP-1")
class BlocksForADay(ModelQueue):
    """Only what was created today blocks."""

    def blocks(self, request: Any) -> bool:
        return super().blocks(request) and self.day(request.created_at) == self.today()


@mutant("DUP-1")
class MarkingAgainFreesTheBucket(ModelQueue):
    """Marking frees the bucket in an index of what waits, also where an old request is marked and a new one waits."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.waiting = {self.key(request) for request in self.pending()}

    def is_taken(self, request: Any, added: list[Any]) -> bool:
        return self.key(request) in {*self.waiting, *map(self.key, added)}

    def with_added(self, added: list[Any]) -> list[Any]:
        self.waiting |= {self.key(request) for request in added}
        return super().with_added(added)

    def marked(self, request: Any, status: str) -> Any:
        self.waiting.discard(self.key(request))
        return super().marked(request, status)


@mutant("DUP-2")
class KeyWithTheEnd(ModelQueue):
    """The end of the bucket is part of the key."""

    def key(self, request: Any) -> Any:
        return request.user_id, request.bucket_start_ts, request.bucket_end_ts


@mutant("DUP-2")
class KeyWithTheReason(ModelQueue):
    """The reason is part of the key."""

    def key(self, request: Any) -> Any:
        return request.user_id, request.bucket_start_ts, request.reason


@mutant("DUP-2")
class KeyByWallClock(ModelQueue):
    """Duplicates are dropped by the time as it was written, before it is converted."""

    def enqueue(self, rows: list[Mapping[str, Any]], reason: str) -> int:
        first: dict[Any, Mapping[str, Any]] = {}
        for row in rows:
            first.setdefault((row["user_id"], str(row["bucket_start_ts"])[:19].replace("T", " ")), row)
        return super().enqueue(list(first.values()), reason)


@mutant("DUP-3")
class BlocksForEver(ModelQueue):
    """A done request goes on blocking its bucket."""

    def blocks(self, request: Any) -> bool:  # noqa: ARG002
        return True


@mutant("DUP-3")
class SkippedBlocks(ModelQueue):
    """A skipped request goes on blocking its bucket."""

    def blocks(self, request: Any) -> bool:
        return bool(request.status != "labeled")


@mutant("DUP-3")
class IndexOfWhatWasAdded(JsonQueue):
    """The index of pending buckets learns what is added, and what is done only when the file is read anew."""

    version: tuple[int, ...] | None = None

    def look(self) -> None:
        version = version_of(self.path)
        if version is None or version != self.version:
            super().look()
            self.index = {self.key(request) for request in self.pending()}
        self.version = version

    def save(self) -> None:
        super().save()
        self.version = version_of(self.path)
        self.index |= {self.key(request) for request in self.pending()}

    def is_taken(self, request: Any, added: list[Any]) -> bool:
        return self.key(request) in {*self.index, *map(self.key, added)}


@mutant("DUP-3")
class RevivesTheOldRequest(ModelQueue):
    """A done request is turned back to pending instead of a new one being made."""

    def is_taken(self, request: Any, added: list[Any]) -> bool:
        for place, other in enumerate(self.items):
            if self.key(other) == self.key(request) and other.status != "pending":
                self.items[place] = replace(request, request_id=other.request_id)
                self.save()
        return super().is_taken(request, added)


@mutant("DUP-4")
class LastRowWins(ModelQueue):
    """Of the rows with one key the last is taken."""

    def enqueue(self, rows: list[Mapping[str, Any]], reason: str) -> int:
        last = {(row["user_id"], self.instant(row["bucket_start_ts"])): row for row in rows}
        return super().enqueue(list(last.values()), reason)


@mutant("DUP-4")
class TheNewOneWins(ModelQueue):
    """A pending request gives way to a duplicate with a lower confidence."""

    def is_taken(self, request: Any, added: list[Any]) -> bool:
        for place, other in enumerate(self.items):
            if (
                other.status == "pending"
                and self.key(other) == self.key(request)
                and self.rank(request) < self.rank(other)
            ):
                self.items[place] = request
                self.save()
        return super().is_taken(request, added)


@mutant("DUP-5")
class KeyWithoutTheUser(ModelQueue):
    """The user is not part of the key."""

    def key(self, request: Any) -> Any:
        return request.bucket_start_ts


@mutant("DUP-5")
class KeyOfWholeSeconds(ModelQueue):
    """The key is the start to the second."""

    def key(self, request: Any) -> Any:
        return request.user_id, int(request.bucket_start_ts.timestamp())


@mutant("DUP-5")
class UsersWithoutCase(ModelQueue):
    """Users are compared without case and blanks."""

    def key(self, request: Any) -> Any:
        return request.user_id.strip().lower(), request.bucket_start_ts


@mutant("DUP-1")
class LooksAtTheCallAlone(ModelQueue):
    """What is pending in the queue is not looked at."""

    def is_taken(self, request: Any, added: list[Any]) -> bool:
        return any(self.key(other) == self.key(request) for other in added)


@mutant("DUP-1")
class LooksAtWhatIsOffered(ModelQueue):
    """Only what the cap lets through is looked at."""

    def is_taken(self, request: Any, added: list[Any]) -> bool:
        return any(self.key(other) == self.key(request) for other in [*self.get_pending(), *added])


@mutant("DUP-2")
class KeyAsWritten(ModelQueue):
    """Within a call, starts are compared as they were written."""

    def enqueue(self, rows: list[Mapping[str, Any]], reason: str) -> int:
        first = {(row["user_id"], repr(row["bucket_start_ts"])): row for row in reversed(rows)}
        distinct = list(reversed(first.values()))
        taken = [self.request(row, reason, self.now()) for row in distinct]
        added = [request for request in taken if not self.is_taken(request, [])]
        if added:
            self.items = self.with_added(added)
            self.save()
        return len(added)


@mutant("DUP-5")
class OverlapsAreOne(ModelQueue):
    """A bucket that overlaps a pending one is taken for it."""

    def is_taken(self, request: Any, added: list[Any]) -> bool:
        return any(
            other.status == "pending"
            and other.user_id == request.user_id
            and other.bucket_start_ts < request.bucket_end_ts
            and request.bucket_start_ts < other.bucket_end_ts
            for other in [*self.items, *added]
        )


@mutant("DUP-5")
class KeyOfTheTimeOfDay(ModelQueue):
    """The key is the start's time of day."""

    def key(self, request: Any) -> Any:
        return request.user_id, request.bucket_start_ts.time()
