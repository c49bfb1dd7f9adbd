"""One after another: whether overlapping calls equal some order of them that respects real time.

The search is Wing and Gong's, with a memo.  It walks through the orders in which
the calls may have taken effect; a call may come next when no other call that is
still to come had returned before it began.  What a queue then holds follows from
the final state: requests are only ever appended, so that any state is a beginning
of the final list, with a status for each.
"""

from __future__ import annotations

from typing import Final

from labelqueue.spec.history import Event, History
from labelqueue.spec.seen import ABSENT, Seen, utc

__all__ = ["is_linear"]

_MOST_STATES: Final = 50_000

_Statuses = tuple[str, ...]


def is_linear(history: History, *, most_states: int = _MOST_STATES) -> bool | None:
    """Search for a legal one-after-another order.

    Args:
        history: Calls on a store that was empty at first, with a final state that
            could be read.
        most_states: How many states are looked at before the search gives up.

    Returns:
        Whether there is one; `None` when the search gave up.
    """
    assert isinstance(history.final, tuple)
    search = _Search(history, history.final, most_states)
    try:
        return search.is_possible(frozenset(range(len(history.events))), ())
    except _GivenUpError:
        return None


class _GivenUpError(Exception):
    pass


class _Search:
    def __init__(self, history: History, final: tuple[Seen, ...], most_states: int) -> None:
        self._events = history.events
        self._final = final
        self._place = {request.request_id: place for place, request in enumerate(final)}
        self._today = utc(history.now).date()
        self._cap = history.cap
        self._left = most_states
        self._impossible: set[tuple[frozenset[int], _Statuses]] = set()

    def is_possible(self, rest: frozenset[int], statuses: _Statuses) -> bool:
        """Whether the calls that are left lead from this state to the final one."""
        if statuses == tuple(request.status for request in self._final) and not any(
            self._events[n].is_answered for n in rest
        ):
            return True
        if (rest, statuses) in self._impossible:
            return False
        self._left -= 1
        if self._left < 0:
            raise _GivenUpError
        for number in self._next(rest):
            for then in self._after(self._events[number], statuses):
                if self.is_possible(rest - {number}, then):
                    return True
        self._impossible.add((rest, statuses))
        return False

    def _next(self, rest: frozenset[int]) -> list[int]:
        ends = [end for n in rest if (end := self._events[n].end) is not None]
        first_end = min(ends, default=None)
        return [n for n in sorted(rest) if first_end is None or self._events[n].start <= first_end]

    def _after(self, event: Event, statuses: _Statuses) -> list[_Statuses]:
        """The states after a call that comes next, where its answer allows it."""
        if event.is_void:
            return [statuses]
        if not event.is_answered:
            # Nobody knows whether it happened.
            changed = self._changed(event, statuses)
            return [statuses] if changed is None else [changed[0], statuses]
        if event.call.do == "all_items":
            return [statuses] if self._shows(event, statuses, list(range(len(statuses)))) else []
        if event.call.do == "get_pending":
            return [statuses] if self._shows(event, statuses, self._pending(event, statuses)) else []
        changed = self._changed(event, statuses)
        if changed is None:
            return []
        then, answer = changed
        result = event.result.status if isinstance(event.result, Seen) else event.result
        return [then] if result == answer or (result is ABSENT and answer is not None) else []

    def _changed(self, event: Event, statuses: _Statuses) -> tuple[_Statuses, object] | None:
        """The state and the answer of a changing call; `None` where the final state does not allow it."""
        if event.call.do == "mark_done":
            place = self._place.get(event.call.request_id)
            if place is None or place >= len(statuses):
                return statuses, None
            status = event.call.status_in_force
            return (*statuses[:place], status, *statuses[place + 1 :]), status
        taken = {self._final[n].key for n, status in enumerate(statuses) if status == "pending"}
        added = 0
        for bucket in event.call.buckets:
            if not bucket.is_selected(event.call.threshold_in_force) or bucket.key in taken:
                continue
            place = len(statuses) + added
            if place >= len(self._final) or self._final[place].key != bucket.key:
                return None
            taken.add(bucket.key)
            added += 1
        return (*statuses, *["pending"] * added), added

    def _pending(self, event: Event, statuses: _Statuses) -> list[int]:
        used = sum(
            status != "pending" and self._final[n].created_on == self._today for n, status in enumerate(statuses)
        )
        most = max(0, self._cap - used)
        if event.call.limit is not None:
            most = min(most, event.call.limit)
        waiting = [
            n
            for n, status in enumerate(statuses)
            if status == "pending" and event.call.user_id in (None, self._final[n].user_id)
        ]
        return sorted(waiting, key=lambda n: self._final[n].rank)[:most]

    def _shows(self, event: Event, statuses: _Statuses, places: list[int]) -> bool:
        if not isinstance(event.result, list) or len(event.result) != len(places):
            return False
        return all(
            isinstance(request, Seen)
            and request.request_id == self._final[n].request_id
            and request.status in (statuses[n], ABSENT)
            for n, request in zip(places, event.result, strict=True)
        )
