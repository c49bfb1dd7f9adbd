"""Mutants of ORD and GET: the order of asking, and that asking leaves no trace."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import groupby
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from labelqueue.conformance.models.core import ModelQueue
from labelqueue.conformance.mutants.mutant import mutant


@mutant("ORD-1")
class MostCertainFirst(ModelQueue):
    """The order is upside down."""

    def ordered(self, requests: list[Any]) -> list[Any]:
        return sorted(requests, key=self.rank, reverse=True)


@mutant("ORD-1")
class OrderedAsText(ModelQueue):
    """Confidences are compared as texts."""

    def rank(self, request: Any) -> Any:
        return str(super().rank(request))


@mutant("ORD-1")
class RoundsTheRank(ModelQueue):
    """Confidences are rounded before they are compared."""

    def rank(self, request: Any) -> Any:
        return round(super().rank(request), 6)


@mutant("ORD-2")
class UnknownFirst(ModelQueue):
    """Unknown confidences go first of all."""

    def rank(self, request: Any) -> Any:
        return float("-inf") if request.confidence is None else request.confidence


@mutant("ORD-2")
class UnknownLast(ModelQueue):
    """Unknown confidences go last of all."""

    def rank(self, request: Any) -> Any:
        return float("inf") if request.confidence is None else request.confidence


@mutant("ORD-2")
class UnknownAfterItsEquals(ModelQueue):
    """Unknown confidences go behind those of 0.0."""

    def rank(self, request: Any) -> Any:
        return super().rank(request), request.confidence is None


@mutant("ORD-3")
class TiesById(ModelQueue):
    """Ties are broken by the request's id."""

    def new_id(self, row: Mapping[str, Any]) -> str:
        # Not by chance, so that what fails besides is the same in every run.
        start = self.instant(row["bucket_start_ts"])
        return str(uuid5(NAMESPACE_URL, f"{row['user_id']}/{start}/{len(self.items)}"))

    def rank(self, request: Any) -> Any:
        return super().rank(request), request.request_id


@mutant("ORD-3")
class TiesByStart(ModelQueue):
    """Ties are broken by the bucket's start."""

    def rank(self, request: Any) -> Any:
        return super().rank(request), request.bucket_start_ts


@mutant("ORD-3")
class TiesBackwards(ModelQueue):
    """Among ties the newest goes first."""

    def ordered(self, requests: list[Any]) -> list[Any]:
        return sorted(reversed(requests), key=self.rank)  # noqa: C414 - the sort is stable, that is the point


@mutant("ORD-4")
class LimitBeforeOrdering(ModelQueue):
    """The limit cuts before the order is made."""

    def get_pending(self, user_id: str | None = None, limit: int | None = None) -> list[Any]:
        return self.cut(self.ordered(self.of_user(self.pending(), user_id)[:limit]), None)


@mutant("ORD-4", "CAP-2")
class CutBeforeTheUser(ModelQueue):
    """The cut is made before the user is looked at."""

    def get_pending(self, user_id: str | None = None, limit: int | None = None) -> list[Any]:
        return self.of_user(self.cut(self.ordered(self.pending()), limit), user_id)


@mutant("ORD-5")
class DriftFirst(ModelQueue):
    """Drift is asked about before low confidence."""

    def rank(self, request: Any) -> Any:
        return request.reason != "drift", super().rank(request)


@mutant("ORD-5")
class UsersTakeTurns(ModelQueue):
    """The order is made user by user."""

    def ordered(self, requests: list[Any]) -> list[Any]:
        by_user = sorted(requests, key=lambda request: str(request.user_id))
        return [
            r
            for _, own in groupby(by_user, key=lambda r: r.user_id)
            for r in super(UsersTakeTurns, self).ordered(list(own))
        ]


@mutant("ORD-5")
class TodayFirst(ModelQueue):
    """What was created today goes before what is older."""

    def rank(self, request: Any) -> Any:
        return self.day(request.created_at) != self.today(), super().rank(request)


@mutant("GET-1")
class DoneIsOffered(ModelQueue):
    """Skipped requests are offered again."""

    def pending(self) -> list[Any]:
        return [request for request in self.items if request.status != "labeled"]


@mutant("GET-1")
class EmptyUserIsEverybody(ModelQueue):
    """The empty text is taken for no user."""

    def of_user(self, requests: list[Any], user_id: str | None) -> list[Any]:
        return super().of_user(requests, user_id or None)


@mutant("GET-1")
class WaitingOfTheLastLook(ModelQueue):
    """What waits is remembered, and found anew when something is added or all is read, but not when it is marked."""

    waiting: list[Any] | None = None

    def pending(self) -> list[Any]:
        if self.waiting is None:
            self.waiting = super().pending()
        return self.waiting

    def with_added(self, added: list[Any]) -> list[Any]:
        self.waiting = None
        return super().with_added(added)

    @property
    def all_items(self) -> list[Any]:
        self.waiting = None
        return super().all_items


@mutant("GET-1")
class UserByBeginning(ModelQueue):
    """A user is found by the beginning of the name."""

    def of_user(self, requests: list[Any], user_id: str | None) -> list[Any]:
        return [request for request in requests if user_id is None or request.user_id.startswith(user_id)]


@mutant("GET-1")
class UserIsAPattern(ModelQueue):
    """A user is asked for by a regular expression."""

    def of_user(self, requests: list[Any], user_id: str | None) -> list[Any]:
        if user_id is None:
            return requests
        return [request for request in requests if re.fullmatch(user_id, request.user_id)]


@mutant("GET-1")
class EndOfTheLineIsTheEnd(ModelQueue):
    """A user is looked for up to `$`, which stands before the last end of a line as well."""

    def of_user(self, requests: list[Any], user_id: str | None) -> list[Any]:
        if user_id is None:
            return requests
        return [request for request in requests if re.match(f"{re.escape(user_id)}$", request.user_id)]


@mutant("GET-2")
class AskedOnce(ModelQueue):
    """What was shown is not shown again by the same instance."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.shown: set[str] = set()

    def cut(self, requests: list[Any], limit: int | None) -> list[Any]:
        answer = super().cut([r for r in requests if r.request_id not in self.shown], limit)
        self.shown |= {request.request_id for request in answer}
        return answer


@mutant("GET-2")
class AskingSaves(ModelQueue):
    """The store is written at every look."""

    def get_pending(self, user_id: str | None = None, limit: int | None = None) -> list[Any]:
        self.save()
        return super().get_pending(user_id, limit)


@mutant("GET-3")
class LiveItems(ModelQueue):
    """`all_items` is the queue's own list."""

    @property
    def all_items(self) -> list[Any]:
        return self.items


@mutant("GET-3")
class RefillsTheList(ModelQueue):
    """There is one list for all that ask, filled anew whenever somebody does."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.view: list[Any] = []

    @property
    def all_items(self) -> list[Any]:
        self.view[:] = self.items
        return self.view


@mutant("GET-3")
class CallsBackTheAnswer(ModelQueue):
    """What is marked goes from the list that was handed out last."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.answer: list[Any] = []

    def get_pending(self, user_id: str | None = None, limit: int | None = None) -> list[Any]:
        self.answer = super().get_pending(user_id, limit)
        return self.answer

    def marked(self, request: Any, status: str) -> Any:
        self.answer[:] = [each for each in self.answer if each is not request]
        return super().marked(request, status)


@mutant("GET-3")
class LiveAnswer(ModelQueue):
    """`get_pending` keeps its answer and hands it out again."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.answers: dict[Any, list[Any]] = {}

    def get_pending(self, user_id: str | None = None, limit: int | None = None) -> list[Any]:
        state = tuple(request.status for request in self.items), self.today(), user_id, limit
        if state not in self.answers:
            self.answers[state] = super().get_pending(user_id, limit)
        return self.answers[state]


@mutant("GET-3")
class CutsTheAnswerBefore(ModelQueue):
    """A call with a limit takes its part of the list that the call before without one handed out."""

    whole: tuple[Any, list[Any]] = (None, [])

    def get_pending(self, user_id: str | None = None, limit: int | None = None) -> list[Any]:
        state = tuple(request.status for request in self.items), self.today(), user_id
        if limit is None or self.whole[0] != state:
            self.whole = state, super().get_pending(user_id)
        return self.whole[1] if limit is None else self.whole[1][:limit]


@mutant("ORD-4")
class CapBeforeOrdering(ModelQueue):
    """The cap cuts before the order is made."""

    def get_pending(self, user_id: str | None = None, limit: int | None = None) -> list[Any]:
        return self.ordered(self.cut(self.of_user(self.pending(), user_id), None))[:limit]
