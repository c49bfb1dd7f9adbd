"""A bucket whose label arrived by another way: its request is closed.

It asks nothing of a queue but what the contract offers, so it works with any
implementation.
"""

from __future__ import annotations

from labelqueue.arguments import check_status
from labelqueue.contract import DoneStatus, LabelingQueue
from labelqueue.errors import InvalidInputError, shown
from labelqueue.instant import instant_from
from labelqueue.request import LabelRequest

__all__ = ["mark_bucket_done"]


def mark_bucket_done(
    queue: LabelingQueue,
    user_id: str,
    bucket_start_ts: object,
    status: DoneStatus = "labeled",
) -> LabelRequest | None:
    """Close the pending request of a bucket whose label arrived by another way.

    Somebody labeled the bucket in another tool, or corrected it in a calendar;
    nobody need be asked about it any more.  Requests of that bucket that are done
    stay as they are.  A queue holds at most one pending request for a bucket
    ([DUP-1][]); where a file that others wrote holds more, all of them are closed.

    Finding the request and closing it are two calls: when somebody else marks it
    done in between, this call's status stands, being the newer ([DONE-4][]).

    Args:
        queue: Any implementation of the contract.
        user_id: Whose bucket it is, compared exactly.
        bucket_start_ts: Its start, as a datetime or as ISO 8601 text with a time of
            day; naive means UTC.  The instant is compared, not its writing
            ([DUP-2][]).
        status: `"labeled"` or `"skipped"`.

    Returns:
        The request as it now is, or `None` when the bucket has no pending request;
        nothing is changed then.

    Raises:
        InvalidInputError: The status is another, or the start is no timestamp;
            nothing is changed.

    Requirements:
        [DUP-1][], [DUP-2][], [DONE-1][], [DONE-4][], [CAP-8][]

    Examples:
        >>> from labelqueue import ActiveLabelingQueue
        >>> queue = ActiveLabelingQueue(folder / "queue.json")
        >>> queue.enqueue_drift([{"user_id": "ada", "bucket_start_ts": "2026-01-01T08:00Z",
        ...     "bucket_end_ts": "2026-01-01T08:15Z"}])
        1
        >>> mark_bucket_done(queue, "ada", "2026-01-01T09:00+01:00").status
        'labeled'
        >>> mark_bucket_done(queue, "ada", "2026-01-01T09:00+01:00") is None
        True
    """
    check_status(status)
    try:
        start_ts = instant_from(bucket_start_ts)
    except ValueError as error:
        raise InvalidInputError(
            "bucket_start_ts", shown(bucket_start_ts), str(error), "hand in the start of the bucket"
        ) from error
    closed = [
        queue.mark_done(request.request_id, status)
        for request in queue.all_items
        if request.status == "pending" and request.user_id == user_id and request.bucket_start_ts == start_ts
    ]
    return closed[0] if closed else None
