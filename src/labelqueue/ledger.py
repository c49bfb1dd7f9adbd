"""The ledger: the rules of the queue over requests in memory.

No file, no clock, no data frame: whoever calls hands in the moment and the ids.
Questions (`unclaimed`, `pending`, `remaining`, `get`) change nothing; `append`
and `replace` are told only what is already in the store, so that what is shown
is never ahead of what is kept (KEEP-2, DUR-1).

Four indexes answer every question without a walk over all requests:

- by id: the place of a request in enqueue order;
- by key (user and start instant): the keys that are pending (DUP);
- by rank and place: the pending ones in the order of asking, for all users and
  for each (ORD);
- by day: how many requests created on it are done (CAP).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from sortedcontainers import SortedList

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from labelqueue.contract import DoneStatus
    from labelqueue.request import LabelRequest

__all__ = ["Bucket", "Ledger"]


class Bucket(NamedTuple):
    """A bucket that asks to be enqueued, already validated.

    Attributes:
        user_id: Whose bucket it is.
        start_ts: Its start, aware UTC.
        end_ts: Its end, aware UTC.
        confidence: Model confidence, or `None` when unknown.
        predicted_label: Model prediction, or `None` when unknown.
    """

    user_id: str
    start_ts: datetime
    end_ts: datetime
    confidence: float | None
    predicted_label: str | None


def _rank(request: LabelRequest) -> float:
    # An unknown confidence ranks as 0.0 (ORD-2).  `or` would do for None, but it
    # would hide that -0.0 is meant to stay level with 0.0.
    return 0.0 if request.confidence is None else request.confidence


class Ledger:
    """Requests in enqueue order, with the indexes that the rules need."""

    __slots__ = ("_done_per_day", "_pending_keys", "_place", "_requests", "_waiting", "_waiting_of")

    def __init__(self, requests: Iterable[LabelRequest] = ()) -> None:
        """Index requests that come in enqueue order."""
        self._requests: list[LabelRequest] = []
        self._place: dict[str, int] = {}
        # A counter and no set: a file written by others may hold two pending
        # requests for one bucket (FILE-4), and closing one must not free the key.
        self._pending_keys: Counter[tuple[str, datetime]] = Counter()
        self._waiting: SortedList[tuple[float, int]] = SortedList()
        self._waiting_of: defaultdict[str, SortedList[tuple[float, int]]] = defaultdict(SortedList)
        self._done_per_day: Counter[date] = Counter()
        self.append(requests)

    @property
    def requests(self) -> list[LabelRequest]:
        """Every request in enqueue order; a fresh list (GET-3)."""
        return list(self._requests)

    def get(self, request_id: str) -> LabelRequest | None:
        """Return the request with this id, or `None`."""
        place = self._place.get(request_id)
        return None if place is None else self._requests[place]

    def unclaimed(self, buckets: Iterable[Bucket]) -> list[Bucket]:
        """Return the buckets that may be enqueued: the first of each key that is not pending.

        The key is user and start instant alone (DUP-2); only pending requests
        block (DUP-3); within the call the first row wins (DUP-4).
        """
        free: dict[tuple[str, datetime], Bucket] = {}
        for bucket in buckets:
            key = bucket.user_id, bucket.start_ts
            if key not in self._pending_keys:
                free.setdefault(key, bucket)
        return list(free.values())

    def remaining(self, cap: int, today: date) -> int:
        """Return how many asks are left: the cap less those done and created today (CAP-2)."""
        return max(0, cap - self._done_per_day[today])

    def pending(self, user_id: str | None, most: int) -> list[LabelRequest]:
        """Return at most `most` pending requests in the order of asking (ORD, GET-1)."""
        waiting = self._waiting if user_id is None else self._waiting_of.get(user_id, ())
        return [self._requests[place] for _, place in islice(waiting, most)]

    def append(self, requests: Iterable[LabelRequest]) -> None:
        """Take in requests behind those that are there (ENQ-5)."""
        waiting: list[tuple[float, int]] = []
        waiting_of: defaultdict[str, list[tuple[float, int]]] = defaultdict(list)
        for place, request in enumerate(requests, start=len(self._requests)):
            self._requests.append(request)
            self._place[request.request_id] = place
            if request.status == "pending":
                self._pending_keys[request.user_id, request.bucket_start_ts] += 1
                entry = _rank(request), place
                waiting.append(entry)
                waiting_of[request.user_id].append(entry)
            else:
                self._done_per_day[request.created_at.date()] += 1
        self._waiting.update(waiting)
        for user_id, entries in waiting_of.items():
            self._waiting_of[user_id].update(entries)

    def done(self, request: LabelRequest, status: DoneStatus) -> LabelRequest:
        """Return the request as it is once marked; the ledger is not changed."""
        return request.model_copy(update={"status": status})

    def replace(self, request: LabelRequest) -> None:
        """Put a request that is now done in the place of the one with its id (DONE-1)."""
        place = self._place[request.request_id]
        before, self._requests[place] = self._requests[place], request
        if before.status == "pending":
            entry = _rank(before), place
            self._waiting.remove(entry)
            self._waiting_of[before.user_id].remove(entry)
            key = before.user_id, before.bucket_start_ts
            self._pending_keys[key] -= 1
            if not self._pending_keys[key]:
                del self._pending_keys[key]
            self._done_per_day[before.created_at.date()] += 1
