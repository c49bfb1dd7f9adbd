"""Many hands, one queue: several instances, threads and processes over the same store.

Two people label at two screens, a service enqueues, a script marks.  Each holds an
instance of its own, and together they must be one queue: whatever overlapped, the
outcome is one that some order of the calls, one after another, would have had, and
that order respects real time.  This is *linearizability*.

```text
A   |--- enqueue_drift ---|                   |-- all_items --|
B             |------ mark_done ------|
```

The two changes overlap, so either may have been first; the read began after both
had returned, so it shows both.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from labelqueue.spec.bucket import Bucket
from labelqueue.spec.history import Event, History
from labelqueue.spec.interruption import Interruption
from labelqueue.spec.linear import is_linear
from labelqueue.spec.requirement import InconclusiveError, requirement
from labelqueue.spec.seen import ABSENT, Seen, utc

__all__ = [
    "acknowledged_changes_are_seen",
    "histories_are_linear",
    "no_change_is_lost",
    "the_dead_block_nobody",
]

_CHANGING: Final = ("enqueue_low_confidence", "enqueue_drift", "mark_done")


def _name(event: Event) -> str:
    return f"{event.client}'s {event.call.do}"


@requirement("SHARE-1", profile="shared", source="decided", on=(*_CHANGING, "get_pending", "all_items"), sees=History)
def acknowledged_changes_are_seen(seen: History) -> Iterator[str]:
    """A call MUST see every change that any instance had acknowledged before the call began.

    Instances that read the store once and then trust their memory ask people about
    what has been answered.  Whether the file changed cannot be told by its
    modification time in seconds: two changes fit into one.
    """
    for earlier, later in seen.pairs_in_real_time():
        problems = _unseen(earlier, later, seen) if earlier.call.do in _CHANGING else _unknown(earlier, later)
        yield from (f"{seen.how}: {problem}" for problem in problems)
    for event in seen.events:
        marks = [mark for mark in seen.events if _is_mark(mark) and mark.precedes(event)]
        yield from (f"{seen.how}: {problem}" for problem in _forgets(event, marks, seen))


def _selected(event: Event) -> list[Bucket]:
    return [bucket for bucket in event.call.buckets if bucket.is_selected(event.call.threshold_in_force)]


def _keys(event: Event) -> set[tuple[str, datetime]]:
    return {bucket.key for bucket in _selected(event)}


def _is_mark(event: Event) -> bool:
    return event.is_answered and event.call.do == "mark_done" and isinstance(event.result, Seen)


def _forgets(later: Event, marks: list[Event], seen: History) -> Iterator[str]:
    """What is marked uses up the day, and its bucket may be enqueued again."""
    if not marks or not later.is_answered:
        return
    if later.call.do == "get_pending" and isinstance(later.result, list):
        today = utc(seen.now).date()
        left = max(0, seen.cap - len({mark.call.request_id for mark in marks if mark.result.created_on == today}))
        if len(later.result) > left:
            yield f"{_name(later)} shows {len(later.result)}, but what was marked before it began leaves {left} of the day"
    elif later.call.buckets and isinstance(later.result, int):
        free, freed_by = 0, None
        for key in _keys(later):
            enqueued = [
                event
                for event in seen.events
                if event is not later and key in _keys(event) and not later.precedes(event)
            ]
            mark = next((mark for mark in marks if mark.result.key == key and _is_first(mark, seen)), None)
            if not enqueued or (mark is not None and all(event.precedes(mark) for event in enqueued)):
                free, freed_by = free + 1, freed_by or (mark if enqueued else None)
        if freed_by is not None and later.result < free:
            yield f"{_name(later)}, begun after {_name(freed_by)} had returned, takes its bucket for pending"


def _is_first(mark: Event, seen: History) -> bool:
    """Whether nobody else may have marked the request before, so that it was the one that was pending."""
    asked = ("mark_done", mark.call.request_id)
    others = [event for event in seen.events if event is not mark and (event.call.do, event.call.request_id) == asked]
    return all(mark.precedes(other) for other in others)


def _unknown(reading: Event, later: Event) -> Iterator[str]:
    """Requests are never taken away: what was shown once can be marked."""
    if later.call.do == "mark_done" and later.result is None and isinstance(reading.result, list):
        shown = {request.request_id for request in reading.result if isinstance(request, Seen)}
        if later.call.request_id in shown:
            yield f"{_name(later)}, begun after {_name(reading)} had shown the request, does not find it"


def _unseen(change: Event, later: Event, seen: History) -> Iterator[str]:
    shown = later.result if isinstance(later.result, list) else []
    requests = [request for request in shown if isinstance(request, Seen)]
    began = f"{_name(later)}, begun after {_name(change)} had returned,"
    if change.call.do == "mark_done":
        if change.result is None:
            return
        held = {request.request_id: request for request in requests}
        request = held.get(change.call.request_id)
        if later.call.do == "all_items" and request is None:
            yield f"{began} does not show the request"
        elif request is not None and _is_other_status(request, change, seen, later):
            yield f"{began} shows the request as {request.status}"
    elif later.call.do == "all_items" or _shows_all_pending(later, seen):
        keys = {request.key for request in requests} | _keys_done_before(later, seen)
        missing = [bucket for bucket in _asked_for(later, _selected(change)) if bucket.key not in keys]
        if missing:
            yield f"{began} does not show the bucket of {missing[0].user_id} at {missing[0].start.isoformat()}"


def _is_other_status(request: Seen, mark: Event, seen: History, later: Event | None = None) -> bool:
    """Whether a request has another status than a mark gave it, and no other mark may have given it that since.

    Nothing is said of one whose status is left out, since it may be of a later moment than the call.

    Args:
        request: The request as a call shows it, or the store in the end.
        mark: The mark.
        seen: The whole history.
        later: The call that shows it, behind the mark, if it is one.
    """
    others = [event for event in seen.events if event is not mark and event.call.do == "mark_done"]
    since = [each for each in others if not each.precedes(mark) and (later is None or not later.precedes(each))]
    given = {each.call.status_in_force for each in since if each.call.request_id == mark.call.request_id}
    return request.status not in {mark.call.status_in_force, *given, ABSENT}


def _shows_all_pending(asking: Event, seen: History) -> bool:
    """Whether `get_pending` showed so few that nothing was cut off, whatever had been marked by then."""
    if asking.call.do != "get_pending" or asking.call.limit is not None or not isinstance(asking.result, list):
        return False
    marks = [event for event in seen.events if event.call.do == "mark_done" and not asking.precedes(event)]
    done = {mark.call.request_id for mark in marks}
    return all(mark.is_answered for mark in marks) and len(asking.result) < seen.cap - len(done)


def _keys_done_before(later: Event, seen: History) -> set[tuple[str, datetime]]:
    """The buckets of which a request may have been marked before a call ended; all are shown by `all_items`."""
    if later.call.do == "all_items":
        return set()
    return {event.result.key for event in seen.events if _is_mark(event) and not later.precedes(event)}


def _asked_for(later: Event, buckets: list[Bucket]) -> list[Bucket]:
    user_id = later.call.user_id if later.call.do == "get_pending" else None
    return [bucket for bucket in buckets if user_id in (None, bucket.user_id)]


@requirement("SHARE-2", profile="shared", source="decided", on=_CHANGING, sees=History)
def no_change_is_lost(seen: History) -> Iterator[str]:
    """No acknowledged change MUST be lost or undone by another instance, thread or process.

    Reading, changing and writing back without a lock around all three lets the last
    writer undo everybody else.  A lock around the writing alone helps nobody.
    """
    if isinstance(seen.final, str):
        yield f"{seen.how}: at the end the store {seen.final}"
        return
    held = {request.request_id: request for request in seen.final}
    keys = {request.key for request in seen.final}
    for event in (e for e in seen.events if e.is_answered):
        yield from (f"{seen.how}: {problem}" for problem in _lost(event, held, keys, seen))
    added = sum(e.result for e in seen.events if e.is_answered and e.call.buckets and isinstance(e.result, int))
    if added > len(seen.final):
        yield f"{seen.how}: {added} requests were acknowledged as added, and {len(seen.final)} are there"


def _lost(event: Event, held: dict[str, Seen], keys: set[tuple[str, datetime]], seen: History) -> Iterator[str]:
    if event.call.do == "mark_done" and event.result is not None:
        request = held.get(event.call.request_id)
        if request is None:
            yield f"the request that {_name(event)} marked is gone"
        elif _is_other_status(request, event, seen):
            yield f"the request that {_name(event)} marked is {request.status} in the end"
    elif event.call.buckets and event.result:
        lost = [bucket for bucket in _selected(event) if bucket.key not in keys]
        if lost:
            yield f"the bucket of {lost[0].user_id} at {lost[0].start.isoformat()}, which {_name(event)} added, is gone"


@requirement(
    "SHARE-3",
    profile="shared",
    source="decided",
    on=(*_CHANGING, "get_pending", "all_items"),
    sees=History,
    when=lambda seen: not seen.is_given_up,
)
def histories_are_linear(seen: History) -> Iterator[str]:
    """Every history of overlapping calls MUST equal some one-after-another order of them that respects real time (linearizability), ids and order of `all_items` included.

    A read that shows one of two changes but not the earlier one, a bucket that is
    enqueued twice at once, a budget that two people spend at the same moment, a change
    that fails and is taken back when somebody has seen it: each looks like a whole state
    and is none that ever was.
    """
    if isinstance(seen.final, str):
        yield f"{seen.how}: at the end the store {seen.final}"
        return
    ids = [request.request_id for request in seen.final]
    if len(set(ids)) < len(ids):
        yield f"{seen.how}: at the end two requests have one id"
        return
    refused = seen.refused
    for event in refused:
        assert event.refusal is not None
        yield f"{seen.how}: {_name(event)} {event.refusal.message}"
    if not refused:
        verdict = is_linear(seen)
        if verdict is None:
            raise InconclusiveError(f"{seen.how}: no order was found within the bounds of the search")
        if not verdict:
            yield f"{seen.how}: no one-after-another order of the {len(seen.events)} calls gives these answers"


@requirement(
    "SHARE-4",
    profile="shared",
    source="decided",
    on=_CHANGING,
    sees=Interruption,
    when=lambda seen: seen.kind == "kill" and seen.next is not None,
)
def the_dead_block_nobody(seen: Interruption) -> Iterator[str]:
    """A process that dies holding the store's lock MUST NOT block the others.

    A lock that is a file stays when its maker is killed, and everybody waits for
    nobody.
    """
    if isinstance(seen.next, str) and not seen.is_ruined:
        yield f"{seen.how}: the next change of another process {seen.next}"
