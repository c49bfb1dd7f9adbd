"""What is stored: a queue outlives the process.

Between two programs, or before and after a restart, the store is all there is.
What was acknowledged is in it at once; a read puts nothing into it; and whoever
looks at it in between sees a whole state, the one before or the one after.

Whether a flush reached the platter cannot be seen from here, and what happens to
a process that is killed in the middle is the business of the durable profile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from labelqueue.errors import shown
from labelqueue.spec.get import ids
from labelqueue.spec.requirement import requirement
from labelqueue.spec.seen import Seen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from labelqueue.spec.observation import Observation

__all__ = [
    "changes_are_in_the_store",
    "missing_store_is_empty",
    "nothing_changed_nothing_written",
    "readers_see_it_whole",
    "the_same_when_opened_again",
]

_CHANGING: Final = ("enqueue_low_confidence", "enqueue_drift", "mark_done")
_CALLS: Final = (*_CHANGING, "get_pending", "all_items")


def _difference(expected: Sequence[Seen], got: Sequence[Seen]) -> str | None:
    if len(expected) != len(got):
        return f"{len(got)} requests instead of {len(expected)}"
    for place, (one, other) in enumerate(zip(expected, got, strict=True)):
        changed = other.differs_from(one)
        if changed:
            before, after = one.value(changed[0]), other.value(changed[0])
            return f"request {place}: {changed[0]} {after!s} instead of {before!s}"
    return None


def _is_acknowledged(seen: Observation) -> bool:
    """Whether a call has said that it changed something, as it had to."""
    if seen.call.buckets:
        return bool(seen.expected) and seen.result == len(seen.expected)
    return seen.target is not None and isinstance(seen.result, Seen) and seen.result.status != seen.target.status


def _is_in(stored: tuple[Seen, ...], seen: Observation) -> bool:
    """Whether the store holds as many requests more as a call has counted, or the status that it has returned."""
    if seen.call.buckets:
        return len(stored) >= len(seen.before) + len(seen.expected)
    return any(r.request_id == seen.call.request_id and r.status == seen.result.status for r in stored)


@requirement("KEEP-1", profile="core", source="both", on=("reopen",), looks_at_refusals=True)
def the_same_when_opened_again(seen: Observation) -> Iterator[str]:
    """Opened again over the same store, the queue MUST hold the same requests with the same values in the same order, confidence bit for bit and time to the microsecond, and behave the same.

    A number that is written with too few digits, a time that loses its
    microseconds, an index that is built in another order on loading: all of these
    look right until the next morning.
    """
    if seen.refusal is not None:
        yield f"opening the same store again {seen.refusal.message}"
        return
    difference = _difference(seen.before, seen.after)
    if difference is not None:
        yield f"opened again, the queue holds {difference}"
    elif seen.pending_before is not None and ids(seen.pending_before) != ids(seen.pending_after):
        yield "opened again, get_pending returns other requests, or another order"


@requirement(
    "KEEP-2",
    profile="core",
    source="both",
    on=(*_CHANGING, "reopen"),
    when=lambda seen: (
        seen.call.do == "reopen" or (seen.stored is not None and (seen.is_change or _is_acknowledged(seen)))
    ),
    looks_at_refusals=True,
)
def changes_are_in_the_store(seen: Observation) -> Iterator[str]:
    """When a call that changes something has returned, the change MUST be in the store.

    Not at the next call, not at exit, not soon: another handle that reads the store
    now sees it.
    """
    if isinstance(seen.stored, str):
        yield f"after the call another handle {seen.stored}"
    elif seen.stored is not None:
        difference = _difference(seen.after, seen.stored)
        if difference is not None:
            yield f"after {seen.call.do} the store holds {difference}"
        elif _is_acknowledged(seen) and not _is_in(seen.stored, seen):
            yield f"{seen.call.do} returned {shown(seen.result)}, which is not in the store"
    if seen.call.do == "reopen" and seen.refusal is None:
        lost = {r.request_id for r in seen.before} - {r.request_id for r in seen.after}
        after = {r.request_id: r.status for r in seen.after}
        undone = [r for r in seen.before if after.get(r.request_id, r.status) != r.status]
        if lost or undone:
            yield f"opened again, {len(lost)} requests are missing and {len(undone)} have another status"


@requirement(
    "KEEP-3",
    profile="core",
    source="both",
    on=("open", *_CALLS),
    when=lambda seen: seen.was_store_there is False or seen.call.do == "open",
    looks_at_refusals=True,
)
def missing_store_is_empty(seen: Observation) -> Iterator[str]:
    """A store that does not exist yet MUST be an empty queue; opening it and reading it MUST create nothing (checked where the store is a path); the first change MUST create it, its folder included.

    A program that only looks must not leave files behind, and must not fail
    because nobody has enqueued anything yet.
    """
    if seen.call.do == "open" and seen.after:
        yield f"a store that does not exist holds {len(seen.after)} requests"
    if seen.refusal is not None:
        yield f"{seen.call.do} over a store that does not exist {seen.refusal.message}"
    if seen.call.do in ("open", "get_pending", "all_items"):
        if seen.created:
            yield f"{seen.call.do} created {', '.join(seen.created)}"
    elif seen.is_change and seen.is_store_there is False:
        yield f"{seen.call.do} did not create the store"
    elif not seen.is_change and seen.written:
        yield f"{seen.call.do} created {', '.join(seen.written)}, though it changed nothing"


@requirement(
    "KEEP-4",
    profile="core",
    source="both",
    on=(*_CALLS, "store"),
    when=lambda seen: (
        (seen.written is not None or seen.stored is not None)
        and (seen.call.do == "store" or not seen.is_change)
        and not _marks_again(seen)
    ),
    looks_at_refusals=True,
    holds_for_others=True,
)
def nothing_changed_nothing_written(seen: Observation) -> Iterator[str]:
    """A call that changes nothing MUST NOT write anything: no request added, unknown id, any read; marking again with the same status MAY write.

    A store that is rewritten at every look wears out disks, wakes watchers, and
    gives every reader a chance to lose somebody else's change.
    """
    if seen.written and seen.call.do == "store":
        yield f"all_items, after somebody else had written the file, wrote {', '.join(seen.written)}"
    elif seen.written:
        yield f"{seen.call.do} changed nothing and wrote {', '.join(seen.written)}"
    elif seen.written is None and isinstance(seen.stored, tuple) and _difference(seen.before, seen.stored):
        # The store is no path: what was written can only be told by what is there.
        yield f"{seen.call.do} changed nothing, and the store holds {_difference(seen.before, seen.stored)}"


def _marks_again(seen: Observation) -> bool:
    return seen.call.do == "mark_done" and seen.target is not None


@requirement(
    "KEEP-5",
    profile="core",
    source="both",
    on=_CHANGING,
    when=lambda seen: seen.glimpses is not None and seen.is_change,
    looks_at_refusals=True,
)
def readers_see_it_whole(seen: Observation) -> Iterator[str]:
    """A reader of the store MUST see it whole, before or after a change, never in between.

    Writing over the file in place shows an empty or a half file to whoever reads
    at that moment, and a batch that is saved row by row shows half a batch.
    """
    assert seen.glimpses is not None
    for glimpse in seen.glimpses:
        if isinstance(glimpse, str):
            yield f"while {seen.call.do} was writing, a reader {glimpse}"
        elif _difference(seen.before, glimpse) and _difference(seen.after, glimpse):
            yield f"while {seen.call.do} was writing, the store held {_difference(seen.after, glimpse)}"
