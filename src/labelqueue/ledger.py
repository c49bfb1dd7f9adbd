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

The last is made at once, the others when they are first asked, from columns: who
only asks needs no keys, who only adds needs no order.  The requests themselves stay
text (`labelqueue.chunks`) until somebody wants to see them; the same one is then
shown each time.
"""

from __future__ import annotations

from collections import Counter
from itertools import compress, islice, repeat, takewhile
from operator import not_
from typing import TYPE_CHECKING, Final, NamedTuple

from sortedcontainers import SortedList

from labelqueue.canonical import keys_of, request_from
from labelqueue.chunks import Chunks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from labelqueue.canonical import Columns
    from labelqueue.request import LabelRequest

__all__ = ["Bucket", "Ledger"]

_DAY: Final = len("2026-01-01")


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


class Ledger:
    """Requests in enqueue order, with the indexes that the rules need."""

    __slots__ = (
        "_chunks",
        "_claims",
        "_done_per_day",
        "_ids",
        "_is_pending",
        "_made",
        "_place",
        "_ranks",
        "_starts",
        "_user_ids",
        "_users",
        "_waiting",
        "_waiting_of",
    )

    def __init__(self) -> None:
        """Hold nothing."""
        self._chunks = Chunks()
        self._made: dict[int, LabelRequest] = {}
        self._ids: list[str] = []
        self._user_ids: list[str] = []
        self._starts: list[str] = []
        self._ranks: list[float] = []
        self._is_pending = bytearray()
        # So that a user's name is in memory once.
        self._users: dict[str, str] = {}
        self._done_per_day: Counter[str] = Counter()
        self._place: dict[str, int] | None = None
        # Counted, and no set: a file written by others may hold two pending
        # requests for one bucket (FILE-4), and closing one must not free the key.
        self._claims: dict[str, int] | None = None
        self._waiting: SortedList[tuple[float, int]] | None = None
        self._waiting_of: SortedList[tuple[str, float, int]] | None = None

    def __len__(self) -> int:
        """Count the requests of any status."""
        return len(self._ranks)

    @property
    def are_ids_unique(self) -> bool:
        """Whether no two requests have one id; where they have, this is no ledger (FILE-4)."""
        return len(set(self._ids)) == len(self)

    @property
    def chunks(self) -> Chunks:
        """The rendered requests."""
        return self._chunks

    @property
    def requests(self) -> list[LabelRequest]:
        """Every request in enqueue order; a fresh list (GET-3)."""
        made = self._made
        if len(made) < len(self):
            for place, text in enumerate(self._chunks.texts()):
                if place not in made:
                    made[place] = request_from(text)
        return [made[place] for place in range(len(self))]

    def place_of(self, request_id: str) -> int | None:
        """Return the place in enqueue order of the request with this id, or `None`."""
        return self._placed().get(request_id)

    def at(self, place: int) -> LabelRequest:
        """Return the request at a place."""
        request = self._made.get(place)
        if request is None:
            request = self._made[place] = request_from(self._chunks.text(place))
        return request

    def unclaimed(self, keys: Sequence[str]) -> list[int]:
        """Return the places in `keys` that may be enqueued: the first of each key that is not pending.

        The key is user and start instant alone (DUP-2); only pending requests
        block (DUP-3); within the call the first row wins (DUP-4).

        Args:
            keys: As `keys_of` makes them.
        """
        claims = self._claimed()
        # From the last to the first, so that the first of a key is what remains.
        first = dict(zip(reversed(keys), reversed(range(len(keys))), strict=True))
        return sorted(place for key, place in first.items() if key not in claims)

    def is_any_unclaimed(self, keys: Iterable[str]) -> bool:
        """Tell whether `unclaimed` would return a place."""
        return not all(map(self._claimed().__contains__, keys))

    def remaining(self, cap: int, today: date) -> int:
        """Return how many asks are left: the cap less those done and created today (CAP-2)."""
        return max(0, cap - self._done_per_day[today.isoformat()])

    def pending(self, user_id: str | None, most: int) -> list[LabelRequest]:
        """Return at most `most` pending requests in the order of asking (ORD, GET-1)."""
        if user_id is None:
            places = (place for _, place in self._in_order())
        else:
            later = self._in_order_of_users().irange((user_id,))
            places = (place for _, _, place in takewhile(lambda entry: entry[0] == user_id, later))
        return [self.at(place) for place in islice(places, most)]

    def append(self, chunks: Chunks, columns: Columns) -> None:
        """Take in requests behind those that are there (ENQ-5).

        Args:
            chunks: All requests as they now are, rendered.
            columns: The new ones.
        """
        places = range(len(self), len(self) + len(columns.request_ids))
        is_pending = [status == "pending" for status in columns.statuses]
        self._chunks = chunks
        self._ids.extend(columns.request_ids)
        self._user_ids.extend(map(self._users.setdefault, columns.user_ids, columns.user_ids))
        self._starts.extend(columns.starts)
        # An unknown confidence ranks as 0.0 (ORD-2).
        self._ranks.extend([0.0 if each is None else each for each in columns.confidences])
        self._is_pending.extend(is_pending)
        if not all(is_pending):
            days = [created[:_DAY] for created in columns.created]
            self._done_per_day.update(compress(days, map(not_, is_pending)))
        self._index(places, is_pending)

    def replace(self, chunks: Chunks, request: LabelRequest) -> None:
        """Put a request that is now done in the place of the one with its id (DONE-1).

        Args:
            chunks: All requests as they now are, rendered.
            request: The one that is done.
        """
        place = self._placed()[request.request_id]
        self._chunks = chunks
        self._made[place] = request
        if self._is_pending[place]:
            self._is_pending[place] = False
            self._done_per_day[request.created_at.date().isoformat()] += 1
            self._unindex(place)

    def _index(self, places: range, is_pending: Sequence[bool]) -> None:
        if self._place is not None:
            self._place.update(zip(self._ids[places.start :], places, strict=True))
        if self._claims is not None:
            new = slice(places.start, None)
            keys = keys_of(self._user_ids[new], self._starts[new])
            # Once each: what is enqueued is unclaimed.
            self._claims.update(zip(compress(keys, is_pending), repeat(1)))
        if self._waiting is self._waiting_of is None:
            return
        waiting = list(compress(places, is_pending))
        if self._waiting is not None:
            self._waiting.update(map(self._entry, waiting))
        if self._waiting_of is not None:
            self._waiting_of.update(map(self._entry_of_user, waiting))

    def _unindex(self, place: int) -> None:
        if self._claims is not None:
            [key] = keys_of([self._user_ids[place]], [self._starts[place]])
            self._claims[key] -= 1
            if not self._claims[key]:
                del self._claims[key]
        if self._waiting is not None:
            self._waiting.remove(self._entry(place))
        if self._waiting_of is not None:
            self._waiting_of.remove(self._entry_of_user(place))

    def _entry(self, place: int) -> tuple[float, int]:
        return self._ranks[place], place

    def _entry_of_user(self, place: int) -> tuple[str, float, int]:
        return self._user_ids[place], self._ranks[place], place

    def _placed(self) -> dict[str, int]:
        if self._place is None:
            self._place = dict(zip(self._ids, range(len(self)), strict=True))
        return self._place

    def _claimed(self) -> dict[str, int]:
        if self._claims is None:
            keys = keys_of(self._user_ids, self._starts)
            self._claims = dict(Counter(compress(keys, self._is_pending)))
        return self._claims

    def _in_order(self) -> SortedList[tuple[float, int]]:
        if self._waiting is None:
            # Sorted by number first, which takes a third of the time that pairs take.
            places = sorted(compress(range(len(self)), self._is_pending), key=self._ranks.__getitem__)
            self._waiting = SortedList(map(self._entry, places))
        return self._waiting

    def _in_order_of_users(self) -> SortedList[tuple[str, float, int]]:
        if self._waiting_of is None:
            places = sorted((place for _, place in self._in_order()), key=self._user_ids.__getitem__)
            self._waiting_of = SortedList(map(self._entry_of_user, places))
        return self._waiting_of
