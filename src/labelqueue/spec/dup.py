"""No bucket is pending twice.

Nobody should be asked the same thing twice at once.  What makes a bucket the same
is its *key*: the user and the instant at which it starts.  An instant is a point
in time, not a way of writing it: 10:00+01:00, 09:00Z and a naive 09:00 are one.

Only pending requests block.  Once a request is done, drift or a new model may
well ask about the bucket again, and that is a new ask with an id of its own.

```text
key is pending   ──► the row is a duplicate: nothing is added, nothing changes
key is done      ──► a new request; the old one stays
key is unknown   ──► a new request
twice in a call  ──► the first row wins
```
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from labelqueue.spec.requirement import requirement
from labelqueue.spec.seen import utc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labelqueue.spec.bucket import Bucket
    from labelqueue.spec.observation import Observation

__all__ = [
    "at_most_one_pending",
    "done_buckets_may_return",
    "near_keys_are_other_keys",
    "the_first_wins",
    "the_key_is_the_instant",
]

_ENQUEUE: Final = ("enqueue_low_confidence", "enqueue_drift")
_CALLS: Final = (*_ENQUEUE, "get_pending", "mark_done", "all_items", "clock", "reopen")
_NEAR: Final = timedelta(seconds=60)
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
_LATEST: Final = datetime.max.replace(tzinfo=UTC)


def _name(bucket: Bucket) -> str:
    return f"{bucket.user_id!r} at {bucket.start.isoformat()}"


def _is_added_as_a_duplicate(bucket: Bucket, seen: Observation) -> bool:
    added = [request for request in seen.added if request.key == bucket.key]
    allowed = 0 if bucket.key in seen.pending_keys else 1
    return len(added) > allowed


@requirement(
    "DUP-1", profile="core", source="both", on=_CALLS, when=lambda seen: bool(seen.after), looks_at_refusals=True
)
def at_most_one_pending(seen: Observation) -> Iterator[str]:
    """At most one pending request MUST have a given user and bucket start instant, after any call.

    A check that looks at the store once, before the loop over the rows, misses
    duplicates within the call; one that compares texts misses other offsets.
    """
    counts = Counter(request.key for request in seen.after if request.is_pending)
    already = Counter(request.key for request in seen.before if request.is_pending)
    for (user_id, start), count in counts.items():
        if count > 1 and count > already[user_id, start]:
            yield f"{count} pending requests for {user_id!r} at {start.isoformat()}"


def _with_rivals(seen: Observation) -> list[Bucket]:
    """The buckets that have user and instant, or user and wall clock, in common with something else in sight."""
    held = {(r.user_id, utc(r.bucket_start_ts).replace(tzinfo=None)) for r in seen.before if r.is_pending}
    starts = Counter(bucket.key for bucket in seen.selected)
    walls = Counter((bucket.user_id, bucket.wall_start) for bucket in seen.selected)
    return [
        bucket
        for bucket in seen.selected
        if starts[bucket.key] > 1
        or walls[bucket.user_id, bucket.wall_start] > 1
        or (bucket.user_id, bucket.wall_start) in held
        or (bucket.user_id, bucket.start.replace(tzinfo=None)) in held
    ]


@requirement(
    "DUP-2",
    profile="core",
    source="both",
    on=_ENQUEUE,
    when=lambda seen: bool(_with_rivals(seen)),
)
def the_key_is_the_instant(seen: Observation) -> Iterator[str]:
    """The key MUST be the user and the start instant, however it is written; the bucket's end, the reason, the confidence and the label MUST NOT be part of it.

    The same moment written naive, in UTC or at another offset is one key; two
    moments with the same wall clock at different offsets are two.
    """
    for bucket in _with_rivals(seen):
        if _is_added_as_a_duplicate(bucket, seen):
            yield f"the instant of {_name(bucket)} is pending already, but was enqueued again"
        elif bucket in seen.not_added:
            yield f"no pending request has the instant of {_name(bucket)}, but it was not enqueued"


def _returning(seen: Observation) -> list[Bucket]:
    done = {request.key for request in seen.before if not request.is_pending}
    return [bucket for bucket in seen.expected if bucket.key in done]


@requirement("DUP-3", profile="core", source="code", on=_ENQUEUE, when=lambda seen: bool(_returning(seen)))
def done_buckets_may_return(seen: Observation) -> Iterator[str]:
    """Only pending requests MUST block: after a request is done its bucket MAY be enqueued again, as a new request with a new id, and the old one MUST stay.

    Labeled and skipped alike.  Implementations that keep a set of every key ever
    seen never ask again; others turn the old request back to pending and lose the
    answer's record.
    """
    for bucket in _returning(seen):
        old = [r for r in seen.before if r.key == bucket.key]
        after = {r.request_id: r for r in seen.after}
        new = [r for r in seen.added if r.key == bucket.key]
        if not new:
            yield f"the bucket of {_name(bucket)} is done and was not enqueued again"
        for request in old:
            if request.request_id not in after:
                yield f"the done request {request.request_id} is gone"
            elif after[request.request_id].status != request.status:
                yield f"the done request {request.request_id} is {after[request.request_id].status} now"
        for request in new:
            if request.request_id in {r.request_id for r in old}:
                yield f"the new request has the id of the old one, {request.request_id}"


@requirement("DUP-4", profile="core", source="both", on=_ENQUEUE, when=lambda seen: bool(seen.duplicates))
def the_first_wins(seen: Observation) -> Iterator[str]:
    """In one call the first row of a key MUST win; against the queue the request that is there MUST win and MUST NOT change.

    A frame's own `drop_duplicates(keep="last")`, or a dictionary filled in a loop,
    keeps the last; an upsert overwrites what a human may already be looking at.
    """
    twice = {bucket.key for bucket in seen.duplicates}
    for bucket, request in seen.pairs:
        if bucket.key not in twice:
            continue
        for field, value in (
            ("bucket_end_ts", bucket.end),
            ("confidence", bucket.confidence),
            ("predicted_label", bucket.predicted_label),
        ):
            got = getattr(request, field)
            if (utc(got) if field == "bucket_end_ts" else got) != value:
                yield f"of the rows for {_name(bucket)} not the first was taken: {field} is {got!r}"
    yield from _displaced(seen, twice)
    for bucket in seen.duplicates:
        if _is_added_as_a_duplicate(bucket, seen):
            yield f"the duplicate for {_name(bucket)} was enqueued"


def _displaced(seen: Observation, keys: set[tuple[str, datetime]]) -> Iterator[str]:
    """Say which pending requests with these keys are gone, or changed."""
    after = {request.request_id: request for request in seen.after}
    for old in seen.before:
        if old.is_pending and old.key in keys:
            new = after.get(old.request_id)
            if new is None:
                yield f"the pending request {old.request_id} gave way to a duplicate"
            elif changed := new.differs_from(old):
                yield f"a duplicate changed {changed[0]} of the pending request {old.request_id}"


def _is_near(bucket: Bucket, start: datetime, user_id: str) -> bool:
    if user_id != bucket.user_id:
        return start == bucket.start
    return start != bucket.start and abs(start - bucket.start) <= _NEAR


def _near(seen: Observation) -> list[Bucket]:
    taken = sorted({(b.start, b.user_id) for b in seen.selected} | {(start, user) for user, start in seen.pending_keys})
    return [bucket for bucket in seen.expected if any(_is_near(bucket, *key) for key in _about(bucket, taken))]


def _about(bucket: Bucket, taken: list[tuple[datetime, str]]) -> list[tuple[datetime, str]]:
    """The keys whose start is near that of a bucket, at the ends of the calendar too."""
    first = bisect_left(taken, max(bucket.start, _EARLIEST + _NEAR) - _NEAR, key=lambda key: key[0])
    last = bisect_right(taken, min(bucket.start, _LATEST - _NEAR) + _NEAR, key=lambda key: key[0])
    return taken[first:last]


@requirement("DUP-5", profile="core", source="both", on=_ENQUEUE, when=lambda seen: bool(_near(seen)))
def near_keys_are_other_keys(seen: Observation) -> Iterator[str]:
    """Another user, or another start however close, MUST be another key.

    One microsecond is enough.  Keys that are texts to the second, or floats, or
    that leave out the user, swallow buckets that nobody has been asked about.
    """
    for bucket in _near(seen):
        if bucket in seen.not_added:
            yield f"{_name(bucket)} is a key of its own, but was not enqueued"
