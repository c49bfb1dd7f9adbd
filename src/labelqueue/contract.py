"""The contract of the queue as types: closed vocabularies, defaults, the protocol.

The rules themselves, one by one, are the objects of `labelqueue.spec`; the
methods here name those that they must keep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labelqueue.request import LabelRequest

__all__ = [
    "DEFAULT_LABEL_CONFIDENCE_THRESHOLD",
    "DEFAULT_LABEL_MAX_ASKS_PER_DAY",
    "DoneStatus",
    "LabelingQueue",
    "Reason",
    "Status",
]

Reason = Literal["low_confidence", "drift"]
Status = Literal["pending", "labeled", "skipped"]
DoneStatus = Literal["labeled", "skipped"]

DEFAULT_LABEL_CONFIDENCE_THRESHOLD: Final = 0.55
"""A row whose confidence is strictly below this is enqueued, unless told otherwise."""

DEFAULT_LABEL_MAX_ASKS_PER_DAY: Final = 20
"""The daily cap of a queue that is given none: asks per UTC calendar day."""


@runtime_checkable
class LabelingQueue(Protocol):
    """What every active labeling queue offers: four methods and a property.

    The protocol says nothing about where requests are kept.  An implementation
    over a file, a database or another process is a queue as long as it keeps the
    requirements named below; `labelqueue conform` tells.

    Examples:
        >>> from labelqueue import ActiveLabelingQueue
        >>> isinstance(ActiveLabelingQueue(folder / "queue.json"), LabelingQueue)
        True
    """

    def enqueue_low_confidence(
        self,
        predictions_df: Any,  # noqa: ANN401 - any data frame
        threshold: float = DEFAULT_LABEL_CONFIDENCE_THRESHOLD,
    ) -> int:
        """Add a pending request for every bucket whose confidence is low.

        Args:
            predictions_df: One row per bucket; columns `user_id` (text),
                `bucket_start_ts` and `bucket_end_ts` (datetimes or ISO 8601 text;
                naive means UTC), `confidence` (finite, lower is less certain) and
                `predicted_label`.  Further columns, the index and the order of
                columns do not matter.  Not modified.
            threshold: Rows strictly below it are selected; finite.

        Returns:
            How many requests were added, from 0 to the number of rows.

        Requirements:
            [ENQ-1][], [ENQ-2][], [ENQ-3][], [ENQ-4][], [ENQ-5][], [ENQ-6][],
            [ENQ-7][], [DUP-1][], [DUP-2][], [DUP-3][], [DUP-4][], [DUP-5][]
        """
        ...

    def enqueue_drift(self, buckets: Sequence[Mapping[str, Any]]) -> int:
        """Add a pending request for every bucket that drift detection flagged.

        Args:
            buckets: One mapping per bucket; keys `user_id`, `bucket_start_ts` and
                `bucket_end_ts`, and, where they are known, `confidence` and
                `predicted_label`.  Further keys do not matter.  Not modified.

        Returns:
            How many requests were added, from 0 to the number of mappings.

        Requirements:
            [DRIFT-1][], [DRIFT-2][], [DRIFT-3][], [DUP-1][], [DUP-2][], [DUP-3][],
            [DUP-4][], [DUP-5][]
        """
        ...

    def get_pending(self, user_id: str | None = None, limit: int | None = None) -> list[LabelRequest]:
        """Return the pending requests to ask about now, most uncertain first.

        Args:
            user_id: Only this user's requests, compared exactly; `None` for all.
            limit: At most this many, 0 or more; `None` for no further limit.  It
                never lifts the daily cap.

        Returns:
            At most `min(limit, remaining)` requests, lowest confidence first, ties
            in enqueue order; a fresh list.  *Remaining* is the cap less the
            requests that are done and were created today (UTC).

        Requirements:
            [ORD-1][], [ORD-2][], [ORD-3][], [ORD-4][], [ORD-5][], [CAP-1][],
            [CAP-2][], [CAP-3][], [CAP-4][], [CAP-5][], [CAP-6][], [CAP-7][],
            [GET-1][], [GET-2][], [GET-3][]
        """
        ...

    def mark_done(self, request_id: str, status: DoneStatus = "labeled") -> LabelRequest | None:
        """Close a request: its bucket was labeled, or the human skipped it.

        Args:
            request_id: The id of a request, in its canonical text form.
            status: `"labeled"` or `"skipped"`.

        Returns:
            The request as it now is, or `None` when no request has this id.

        Requirements:
            [DONE-1][], [DONE-2][], [DONE-3][], [DONE-4][], [CAP-8][]
        """
        ...

    @property
    def all_items(self) -> list[LabelRequest]:
        """Every request of any status, in enqueue order; a fresh list.

        Requirements:
            [ALL-1][], [GET-3][]
        """
        ...
