"""Everything: the record of all asks.

`all_items` is what audits, statistics and this specification look at.  It leaves
nothing out and nothing moves in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from labelqueue.spec.requirement import requirement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labelqueue.spec.observation import Observation

__all__ = ["everything_in_enqueue_order"]

_CALLS: Final = (
    "enqueue_low_confidence",
    "enqueue_drift",
    "get_pending",
    "mark_done",
    "all_items",
    "clock",
    "reopen",
)


@requirement(
    "ALL-1",
    profile="core",
    source="both",
    on=_CALLS,
    when=lambda seen: bool(seen.enqueued or seen.expected),
    looks_at_refusals=True,
)
def everything_in_enqueue_order(seen: Observation) -> Iterator[str]:
    """`all_items` MUST return every request of any status, in the order in which they were enqueued.

    Done requests stay, old ones too: nothing is cleaned away at midnight or at a
    reopening.  The order is that of the calls and, within a call, of its rows.
    """
    ids = [request.request_id for request in seen.after]
    held, enqueued = set(ids), set(seen.enqueued)
    gone = [request_id for request_id in seen.enqueued if request_id not in held]
    if gone:
        yield f"{len(gone)} of {len(seen.enqueued)} requests are gone from all_items, first {gone[0]}"
    old = [request_id for request_id in ids if request_id in enqueued]
    if not gone and old != list(seen.enqueued) and sorted(old) == sorted(seen.enqueued):
        yield "all_items has another order than that of enqueueing"
    if not gone and ids[: len(old)] != old:
        yield "a new request stands before an older one in all_items"
    new = [request.key for request in seen.added]
    expected = [bucket.key for bucket in seen.expected]
    if new != expected and sorted(new) == sorted(expected):
        yield "the requests of one call are not in the order of its rows"
    if seen.added and not seen.call.buckets:
        yield f"{seen.call.do} put {len(seen.added)} requests into all_items"
