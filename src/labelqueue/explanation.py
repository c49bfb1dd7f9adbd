"""The explanation: why a queue returns as many requests as it does, and no more.

It asks nothing of a queue but `all_items` and the cap, so it explains any
implementation of the contract.  It counts as CAP-2 says; a queue that breaks that
requirement answers otherwise than is explained here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from operator import index
from typing import Any, Literal

from labelqueue.contract import LabelingQueue
from labelqueue.errors import InvalidInputError, shown
from labelqueue.request import LabelRequest

__all__ = ["Bound", "PendingExplanation", "explain_pending"]

Bound = Literal["emptiness", "user", "limit", "cap"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingExplanation:
    """What `get_pending` returns now, in numbers, and what bounds it.

    `str` of it says the same in one sentence.

    Attributes:
        user_id: Whose requests were asked for; `None` for everybody's.
        limit: The limit that was asked for; `None` for none.
        pending: How many requests of that user are pending, the cap aside.
        pending_of_all: How many requests of all users are pending.
        cap: The daily cap of the queue.
        used_today: How many requests are done and were created today (UTC).
        remaining: The cap less what is used today, never below 0.
        returned: How many requests `get_pending` returns now.
        bound: What a further request would need.  `"emptiness"`: all that is
            pending is returned.  `"user"`: all that is pending for this user is
            returned, and there is more for others.  `"cap"`: the cap holds the
            rest back.  `"limit"`: the limit does, and the cap would let more
            through.  Where two of them hold, the first in this order is named.
        whole_again_at: The next 00:00 UTC, at which nothing is used up any more;
            `None` when nothing is used up now.

    Examples:
        >>> from labelqueue import ActiveLabelingQueue
        >>> print(explain_pending(ActiveLabelingQueue(folder / "queue.json")))
        0 of 0 pending requests may be asked now: there are no more.
    """

    user_id: str | None
    limit: int | None
    pending: int
    pending_of_all: int
    cap: int
    used_today: int
    remaining: int
    returned: int
    bound: Bound
    whole_again_at: datetime | None

    def __str__(self) -> str:
        """Say in one sentence what is returned, and why not more."""
        whose = "" if self.user_id is None else f" of {self.user_id}"
        return f"{self.returned} of {self.pending} pending requests{whose} may be asked now: {self._why}."

    @property
    def _why(self) -> str:
        if self.bound == "emptiness":
            return "there are no more"
        if self.bound == "user":
            return f"there are no more of this user, and {self.pending_of_all - self.pending} of others"
        if self.bound == "limit":
            return f"the limit is {self.limit}, and the cap has {self.remaining} left"
        used = f"the cap of {self.cap} a day has {self.remaining} left"
        return used if self.whole_again_at is None else f"{used} until {self.whole_again_at:%Y-%m-%d %H:%M} UTC"


def explain_pending(
    queue: LabelingQueue,
    user_id: str | None = None,
    limit: int | None = None,
    *,
    max_asks_per_day: int | None = None,
) -> PendingExplanation:
    """Explain what `get_pending` returns for the same question, and why not more.

    It looks at the queue once, so that all numbers are of one moment; a change
    that comes between this call and `get_pending` is not in them.  Nothing is
    written.

    Args:
        queue: Any implementation of the contract.
        user_id: As for `get_pending`.
        limit: As for `get_pending`.
        max_asks_per_day: The cap of a queue that has no attribute
            `max_asks_per_day`; where there is one, it is what counts.

    Returns:
        The numbers, and what bounds them.

    Raises:
        InvalidInputError: The limit is no integer of 0 or more, or the queue's cap
            is not known.

    Requirements:
        [CAP-2][], [CAP-3][], [CAP-4][], [CAP-5][], [CAP-6][], [GET-1][], [GET-2][]

    Examples:
        >>> from labelqueue import ActiveLabelingQueue
        >>> queue = ActiveLabelingQueue(folder / "queue.json", max_asks_per_day=1)
        >>> queue.enqueue_drift([
        ...     {"user_id": "ada", "bucket_start_ts": f"2026-01-01T0{hour}:00Z",
        ...      "bucket_end_ts": f"2026-01-01T0{hour}:15Z"}
        ...     for hour in (8, 9)
        ... ])
        2
        >>> explanation = explain_pending(queue, "ada")
        >>> explanation.returned, explanation.bound
        (1, 'cap')
        >>> print(explanation)
        1 of 2 pending requests of ada may be asked now: the cap of 1 a day has 1 left.
    """
    cap = _cap_of(queue, max_asks_per_day)
    limit = _limit_from(limit)
    now = datetime.now(UTC)
    requests = queue.all_items
    waiting = [request for request in requests if request.status == "pending"]
    pending = sum(user_id is None or request.user_id == user_id for request in waiting)
    used_today = _used_on(now.date(), requests)
    remaining = max(0, cap - used_today)
    returned = min(pending, remaining, remaining if limit is None else limit)
    return PendingExplanation(
        user_id=user_id,
        limit=limit,
        pending=pending,
        pending_of_all=len(waiting),
        cap=cap,
        used_today=used_today,
        remaining=remaining,
        returned=returned,
        bound=_bound(returned, pending, len(waiting), remaining),
        whole_again_at=_midnight_after(now) if used_today else None,
    )


def _bound(returned: int, pending: int, pending_of_all: int, remaining: int) -> Bound:
    if returned == pending_of_all:
        return "emptiness"
    if returned == pending:
        return "user"
    return "cap" if returned == remaining else "limit"


def _used_on(day: date, requests: list[LabelRequest]) -> int:
    return sum(request.status != "pending" and request.created_at.astimezone(UTC).date() == day for request in requests)


def _midnight_after(now: datetime) -> datetime:
    return datetime.combine(now.date() + timedelta(days=1), time(), UTC)


def _cap_of(queue: Any, argument: int | None) -> int:  # noqa: ANN401 - the attribute is no part of the protocol
    cap: int | None = getattr(queue, "max_asks_per_day", argument)
    if cap is None:
        raise InvalidInputError(
            "max_asks_per_day", shown(cap), "does not say what the cap of this queue is", "hand in the queue's cap"
        )
    return int(cap)


def _limit_from(limit: Any) -> int | None:  # noqa: ANN401 - numpy's integers are welcome, too
    if limit is None:
        return None
    # As get_pending itself refuses it (IN-8): a bool and a fraction are no numbers of requests.
    try:
        number = -1 if isinstance(limit, bool) else index(limit)
    except Exception:  # noqa: BLE001 - a caller's object may raise anything when it is asked
        number = -1
    if number < 0:
        raise InvalidInputError(
            "limit", shown(limit), "is not an integer of 0 or more", "leave it out for no further limit"
        )
    return number
