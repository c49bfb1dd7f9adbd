"""Mutants of DONE and ALL: the human's answer, and the record of all asks."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import Any

from labelqueue.conformance.models.core import ModelQueue
from labelqueue.conformance.mutants.mutant import mutant


@mutant("DONE-1")
class ClosesTheWholeBucket(ModelQueue):
    """Every request of the same user is closed with it."""

    def mark_done(self, request_id: str, status: str = "labeled") -> Any:
        found = super().mark_done(request_id, status)
        if found is not None:
            self.items = [self.marked(r, status) if r.user_id == found.user_id else r for r in self.items]
            self.save()
        return found


@mutant("DONE-1")
class ReturnsItAsItWas(ModelQueue):
    """The request is returned as it was before."""

    def mark_done(self, request_id: str, status: str = "labeled") -> Any:
        before = next((r for r in self.items if r.request_id == request_id), None)
        super().mark_done(request_id, status)
        return before


@mutant("DONE-1")
class MovesItToTheEnd(ModelQueue):
    """The marked request moves to the end."""

    def mark_done(self, request_id: str, status: str = "labeled") -> Any:
        found = super().mark_done(request_id, status)
        if found is not None:
            self.items = [*(r for r in self.items if r is not found), found]
            self.save()
        return found


@mutant("DONE-2")
class DefaultsToSkipped(ModelQueue):
    """The status defaults to `skipped`."""

    def mark_done(self, request_id: str, status: str = "skipped") -> Any:
        return super().mark_done(request_id, status)


@mutant("DONE-3")
class UnknownIdIsAnError(ModelQueue):
    """An unknown id raises."""

    def mark_done(self, request_id: str, status: str = "labeled") -> Any:
        found = super().mark_done(request_id, status)
        if found is None:
            raise KeyError(request_id)
        return found


@mutant("DONE-3")
class BeginningOfAnId(ModelQueue):
    """The beginning of an id finds a request."""

    def mark_done(self, request_id: str, status: str = "labeled") -> Any:
        whole = [r.request_id for r in self.items if request_id and r.request_id.startswith(request_id)]
        return super().mark_done(whole[0] if len(whole) == 1 else request_id, status)


@mutant("DONE-3")
class ReadsIdsAsUuids(ModelQueue):
    """The id is read as a UUID, so that other spellings of it find a request."""

    def mark_done(self, request_id: str, status: str = "labeled") -> Any:
        with suppress(ValueError):
            request_id = str(uuid.UUID(request_id))
        return super().mark_done(request_id, status)


@mutant("DONE-3")
class StripsIds(ModelQueue):
    """Blanks around an id are taken off."""

    def mark_done(self, request_id: str, status: str = "labeled") -> Any:
        return super().mark_done(request_id.strip(), status)


@mutant("DONE-3")
class UnknownIdSaves(ModelQueue):
    """Marking an unknown id writes the store."""

    def mark_done(self, request_id: str, status: str = "labeled") -> Any:
        found = super().mark_done(request_id, status)
        self.save()
        return found


@mutant("DONE-4")
class DoneIsDone(ModelQueue):
    """A done request cannot be marked again."""

    def marked(self, request: Any, status: str) -> Any:
        return super().marked(request, status) if request.status == "pending" else request


@mutant("DONE-4")
class MarkingAgainFindsNothing(ModelQueue):
    """Only pending requests are looked through."""

    def mark_done(self, request_id: str, status: str = "labeled") -> Any:
        is_pending = any(r.request_id == request_id for r in self.pending())
        return super().mark_done(request_id, status) if is_pending else None


@mutant("ALL-1")
class AllThatWait(ModelQueue):
    """Done requests are left out."""

    @property
    def all_items(self) -> list[Any]:
        return self.pending()


@mutant("ALL-1")
class AllInOrderOfAsking(ModelQueue):
    """Everything is returned in the order of asking."""

    @property
    def all_items(self) -> list[Any]:
        return self.ordered(self.items)


@mutant("ALL-1")
class OldOnesAreCleanedAway(ModelQueue):
    """Done requests of earlier days are dropped."""

    @property
    def all_items(self) -> list[Any]:
        return [r for r in self.items if r.status == "pending" or self.day(r.created_at) == self.today()]


@mutant("ALL-1")
class TidiesUpNowAndThen(ModelQueue):
    """Whenever some have been marked, done requests of earlier days are dropped: the cap needs them no more."""

    marks = 0

    def marked(self, request: Any, status: str) -> Any:
        self.marks += 1
        return super().marked(request, status)

    def save(self) -> None:
        if self.marks and self.marks % 4 == 0:
            self.items = [r for r in self.items if r.status == "pending" or self.counts(r)]
        super().save()


@mutant("ALL-1")
class AllUnderTheCap(ModelQueue):
    """The cap cuts this, too."""

    @property
    def all_items(self) -> list[Any]:
        return self.items[: self.cap]


@mutant("KEEP-4", "KEEP-3", "DONE-3")
class MakesTheFolderToMark(ModelQueue):
    """The folder is made before the id is looked for."""

    def mark_done(self, request_id: str, status: str = "labeled") -> Any:
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        return super().mark_done(request_id, status)
