"""A request: nine values, made once, of which only the status ever changes.

A request is what the human's answer hangs on.  It is written into files, shown
on screens and carried to other tools, so its form is fixed to the field: an id
that nothing else has, instants that mean the same on every machine, and values
that are still those of the moment when the model was unsure.

The lifecycle is short:

```text
enqueue ──► pending ──► labeled
               │           ▲ │   mark_done again: the newer status stands
               └──────► skipped
```

Nothing leads back to pending.  A bucket whose request is done may be asked about
again, but by a new request (DUP-3).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from labelqueue.errors import shown
from labelqueue.spec.requirement import requirement
from labelqueue.spec.seen import Seen, utc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labelqueue.spec.call import Operation
    from labelqueue.spec.observation import Observation

__all__ = ["a_request_never_changes", "has_the_nine_fields", "ids_are_unique_uuids", "times_are_aware_utc"]

_ALWAYS: Final[tuple[Operation, ...]] = (
    "enqueue_low_confidence",
    "enqueue_drift",
    "get_pending",
    "mark_done",
    "all_items",
    "clock",
    "reopen",
)
_TIMES: Final = ("bucket_start_ts", "bucket_end_ts", "created_at")


def _results(seen: Observation) -> list[Seen]:
    if isinstance(seen.result, list):
        return [request for request in seen.result if isinstance(request, Seen)]
    return [seen.result] if isinstance(seen.result, Seen) else []


def _requests(seen: Observation) -> list[Seen]:
    return [*seen.after, *_results(seen)]


def _is_unlike_a_request(seen: Observation) -> bool:
    """Tell whether `mark_done` returned something that is no request where it had one to return."""
    return seen.call.do == "mark_done" and seen.target is not None and not isinstance(seen.result, Seen | None)


@requirement(
    "REQ-1", profile="core", source="both", on=_ALWAYS, when=lambda seen: bool(_requests(seen)), looks_at_refusals=True
)
def has_the_nine_fields(seen: Observation) -> Iterator[str]:
    """A request that the queue makes MUST have exactly the nine fields of the contract, as attributes, each of its type.

    Programs read requests by these names.  A field that is missing breaks them; a
    further one becomes part of somebody's format.  Implementations usually get
    this right on the way in and wrong on the way back from the store: times come
    back as text, a missing confidence as NaN.
    """
    for request in _requests(seen):
        yield from request.problems_of_form
    if _is_unlike_a_request(seen):
        yield f"mark_done returned {shown(seen.result)}, which has none of the nine fields as attributes"


@requirement(
    "REQ-2", profile="core", source="both", on=_ALWAYS, when=lambda seen: bool(seen.after), looks_at_refusals=True
)
def ids_are_unique_uuids(seen: Observation) -> Iterator[str]:
    """`request_id` MUST be a UUID in its canonical text form, unique among all requests that the queue ever held.

    Any version will do.  An id that is derived from the bucket comes back when the
    bucket is enqueued a second time, and then an answer closes the wrong request;
    a counter that starts again after a reopening does the same, and so does a
    generator that the program seeds when it starts.
    """
    ids = [request.request_id for request in seen.after]
    for request_id in ids:
        if not _is_canonical_uuid(request_id):
            yield f"request_id {shown(request_id)} is not a UUID in its canonical text form"
    for request_id in {i for i in ids if ids.count(i) > 1} if len(set(ids)) < len(ids) else ():
        yield f"request_id {shown(request_id)} belongs to {ids.count(request_id)} requests"
    known = {request.request_id for request in seen.before}
    for request in seen.added:
        if request.request_id in seen.enqueued and request.request_id not in known:
            yield f"request_id {shown(request.request_id)} was used before"


def _is_canonical_uuid(text: object) -> bool:
    try:
        return isinstance(text, str) and str(UUID(text)) == text
    except ValueError:
        return False


@requirement(
    "REQ-3",
    profile="core",
    source="text",
    on=_ALWAYS,
    when=lambda seen: bool(seen.after or seen.expected),
    looks_at_refusals=True,
)
def times_are_aware_utc(seen: Observation) -> Iterator[str]:
    """Timestamps MUST be aware UTC however they came in, as datetime or as text: naive means UTC, another offset is converted, the instant is kept to the microsecond.

    Two services that write the same moment differently must mean the same bucket.
    Implementations read a naive time as the machine's local one, keep an offset as
    it came, or lose what is finer than a second (or, by way of a float, the last
    digits) in the store.
    """
    if seen.refusal is not None and seen.expected:
        yield f"{seen.call.do} {seen.refusal.message}"
    for request in _requests(seen):
        for name in _TIMES:
            moment = getattr(request, name)
            if not isinstance(moment, datetime) or moment.utcoffset() != timedelta(0):
                yield f"{name} is {shown(moment)}, no datetime that is aware and in UTC"
    starts = {bucket.start for bucket in seen.call.buckets}
    ends = {(bucket.start, bucket.end) for bucket in seen.call.buckets}
    for request in seen.added:
        start, end = utc(request.bucket_start_ts), utc(request.bucket_end_ts)
        if start not in starts:
            yield f"bucket_start_ts is {start.isoformat()}, an instant that nobody handed in"
        elif (start, end) not in ends:
            yield f"bucket_end_ts is {end.isoformat()}, an instant that nobody handed in"


@requirement(
    "REQ-4",
    profile="core",
    source="both",
    on=_ALWAYS,
    when=lambda seen: bool(seen.before or seen.after),
    looks_at_refusals=True,
)
def a_request_never_changes(seen: Observation) -> Iterator[str]:
    """A request MUST NOT change but for its `status`, and only `mark_done` changes that.

    The confidence and the label are those of the moment of enqueueing: they say
    why the human was asked.  Implementations that upsert by bucket overwrite them
    with newer predictions; others fill in values when they hand requests out.
    """
    after = {request.request_id: request for request in seen.after}
    for old in seen.before:
        new = after.get(old.request_id)
        but = ("status",) if seen.call.do == "mark_done" and old.request_id == seen.call.request_id else ()
        if new is not None and (changed := new.differs_from(old, but=but)):
            yield _difference(f"request {old.request_id}", changed[0], old, new)
    for shown_request in _results(seen):
        held = after.get(shown_request.request_id)
        if held is not None and (changed := shown_request.differs_from(held)):
            yield _difference(
                f"{seen.call.do} shows request {held.request_id} otherwise:", changed[0], held, shown_request
            )


def _difference(what: str, field: str, expected: Seen, got: Seen) -> str:
    return f"{what} {field} was {shown(getattr(expected, field))} and is {shown(getattr(got, field))}"
