"""Enqueueing low confidence: which rows of a frame become requests.

A model has looked at many buckets and is unsure of some.  The caller hands in all
predictions; the queue selects.  Selection is by one comparison, strictly below
the threshold, and what is selected keeps its order and its values, since both
are read later: the order breaks ties (ORD-3), the values say why a human was
asked.

A call is one moment.  All its requests carry the same `created_at`, and the
number returned is what the caller can report: how many people will be asked
about that nobody was going to be asked about before.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from labelqueue.errors import shown
from labelqueue.spec.requirement import requirement
from labelqueue.spec.seen import ABSENT, differ, utc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labelqueue.spec.bucket import Bucket
    from labelqueue.spec.observation import Observation
    from labelqueue.spec.seen import Seen

__all__ = [
    "appended_in_row_order",
    "becomes_a_pending_request",
    "created_at_the_moment_of_the_call",
    "frame_is_left_alone",
    "returns_the_number_added",
    "threshold_defaults_to_055",
    "threshold_is_exclusive",
]

_LOW: Final = ("enqueue_low_confidence",)

# A clock that ticks in milliseconds (as in JavaScript) tells the moment well enough.
_FINEST_CLOCK = timedelta(milliseconds=1)


def wrong_selection(seen: Observation) -> Iterator[str]:
    """Say which rows were added though at or above the threshold, or below it and not added."""
    selected = {bucket.key for bucket in seen.selected}
    above = {bucket.key: bucket for bucket in seen.call.buckets if bucket.key not in selected}
    for request in seen.added:
        if request.key in above:
            yield f"confidence {above[request.key].confidence!r} is not below {seen.threshold!r}, but was enqueued"
    known = {request.key for request in seen.before}
    for bucket in seen.not_added:
        if bucket.key not in known:
            yield f"confidence {bucket.confidence!r} is below {seen.threshold!r}, but was not enqueued"


def wrong_values(bucket: Bucket, request: Seen, reason: str) -> Iterator[str]:
    """Say how a new request differs from the bucket that was handed in."""
    expected = {
        "user_id": bucket.user_id,
        "bucket_start_ts": bucket.start,
        "bucket_end_ts": bucket.end,
        "reason": reason,
        "confidence": bucket.confidence,
        "predicted_label": bucket.predicted_label,
        "status": "pending",
    }
    for field, value in expected.items():
        got = getattr(request, field)
        if field.endswith("_ts"):
            got = utc(got)
        if differ(got, value):
            yield f"{field} of the new request is {shown(got)}, expected {shown(value)}"


def wrong_requests(seen: Observation, reason: str) -> Iterator[str]:
    """Say which buckets became no request, which requests came of nothing, and wrong values."""
    for bucket in seen.not_added:
        yield f"the bucket of {shown(bucket.user_id)} at {bucket.start.isoformat()} became no request"
    if len(seen.added) > len(seen.expected):
        yield f"{len(seen.added)} requests were added, expected {len(seen.expected)}"
    for bucket, request in seen.pairs:
        yield from wrong_values(bucket, request, reason)


def wrong_moment(seen: Observation) -> Iterator[str]:
    """Say which new requests were not made at the moment of the call."""
    moments = {request.created_at for request in seen.added}
    if len(moments) > 1:
        yield f"one call made requests with {len(moments)} different created_at"
    for moment in sorted(moments):
        if not seen.now - _FINEST_CLOCK < utc(moment) < seen.until + _FINEST_CLOCK:
            yield f"created_at is {moment.isoformat()}, the call was at {seen.now.isoformat()}"


def wrong_places(seen: Observation) -> Iterator[str]:
    """Say what stands elsewhere than behind what was there, in row order."""
    for place, old in enumerate(seen.before):
        if place >= len(seen.after) or old.differs_from(seen.after[place]):
            yield f"the request at place {place} is no longer there as it was"
            return
    expected = [bucket.key for bucket in seen.expected]
    got = [request.key for request in seen.after[len(seen.before) :]]
    if got != expected and sorted(got) == sorted(expected):
        yield "the new requests are not in row order"


def wrong_number(seen: Observation) -> Iterator[str]:
    """Say how the number returned differs from the number of requests added."""
    if isinstance(seen.result, bool) or not hasattr(seen.result, "__index__"):
        yield f"returned {shown(seen.result)}, expected the number of requests added, {len(seen.added)}"
    elif seen.result != len(seen.added):
        yield f"returned {seen.result}, but {len(seen.added)} requests were added"


@requirement("ENQ-1", profile="core", source="both", on=_LOW, when=lambda seen: bool(seen.call.buckets))
def threshold_is_exclusive(seen: Observation) -> Iterator[str]:
    """A row MUST be selected when its confidence is strictly below `threshold`, and a row at the threshold MUST NOT be.

    The comparison is on the floats as they are: the next float below the threshold
    is below it.  Usual mistakes are `<=`, a tolerance, a rounding before the
    comparison, and a threshold of 0.0 that is taken for none.
    """
    yield from wrong_selection(seen)


@requirement(
    "ENQ-2",
    profile="core",
    source="both",
    on=_LOW,
    when=lambda seen: bool(seen.call.buckets) and seen.call.threshold is ABSENT,
)
def threshold_defaults_to_055(seen: Observation) -> Iterator[str]:
    """The threshold MUST default to 0.55.

    Callers leave it out and count on it; another default silently asks more people
    or fewer.
    """
    yield from wrong_selection(seen)


@requirement("ENQ-3", profile="core", source="both", on=_LOW, when=lambda seen: bool(seen.expected))
def becomes_a_pending_request(seen: Observation) -> Iterator[str]:
    """A selected row that is no duplicate MUST become one pending request with reason `low_confidence` and the row's user, bucket, confidence and label.

    The values are those of the row, to the bit: a confidence that went through a
    32-bit float or a rounding changes the order of asking.
    """
    yield from wrong_requests(seen, "low_confidence")


@requirement("ENQ-4", profile="core", source="both", on=_LOW, when=lambda seen: bool(seen.expected))
def created_at_the_moment_of_the_call(seen: Observation) -> Iterator[str]:
    """`created_at` MUST be the moment of the call, the same for every request of that call.

    The daily cap counts by it (CAP-2).  A clock that is read per row splits a batch
    over midnight; a moment taken at construction or import belongs to another day.
    """
    yield from wrong_moment(seen)


@requirement("ENQ-5", profile="core", source="both", on=_LOW, when=lambda seen: bool(seen.before or seen.expected))
def appended_in_row_order(seen: Observation) -> Iterator[str]:
    """New requests MUST be appended in row order; existing requests MUST keep their places and values.

    Equal confidences are asked about in this order (ORD-3).  Implementations that
    collect rows in a set, sort them, or prepend, lose it.
    """
    yield from wrong_places(seen)


@requirement("ENQ-6", profile="core", source="both", on=_LOW)
def returns_the_number_added(seen: Observation) -> Iterator[str]:
    """The number returned MUST be the number of requests added; no rows at all is 0, whatever columns there are.

    Not the number of rows, nor of selected ones: duplicates do not count.
    """
    yield from wrong_number(seen)
    if not seen.call.buckets and (seen.result != 0 or seen.added):
        yield f"a frame with no rows returned {shown(seen.result)}, expected 0"


@requirement(
    "ENQ-7",
    profile="core",
    source="both",
    on=_LOW,
    when=lambda seen: bool(seen.call.buckets) or seen.call.is_odd_frame,
    holds_for_input=True,
)
def frame_is_left_alone(seen: Observation) -> Iterator[str]:
    """The frame handed in MUST NOT be changed; further columns MUST be ignored; index and column order MUST NOT matter.

    The caller goes on working with it.  Usual mistakes: converting a column in
    place, addressing rows by label where labels repeat, unpacking by position.
    """
    if seen.changed_argument is not None:
        yield f"the frame was changed: {seen.changed_argument}"
    if seen.call.is_odd_frame and not seen.call.is_beyond_core:
        yield from wrong_requests(seen, "low_confidence")
