"""The canonical queue: ledger, rows and file put together.

Every change takes the same five steps: look at the file, validate what came in,
build the new state, write it, and only then show it.  A call that fails on the
way leaves memory and file as they were.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args
from uuid import uuid4

from labelqueue.contract import (
    DEFAULT_LABEL_CONFIDENCE_THRESHOLD,
    DEFAULT_LABEL_MAX_ASKS_PER_DAY,
    DoneStatus,
    Reason,
)
from labelqueue.document import requests_from_bytes, requests_to_bytes
from labelqueue.errors import InvalidInputError, UnreadableStoreError, shown
from labelqueue.file import QueueFile
from labelqueue.ledger import Bucket, Ledger
from labelqueue.request import LabelRequest
from labelqueue.rows import buckets_from_frame, buckets_from_mappings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ActiveLabelingQueue"]


@dataclass(slots=True, eq=False)
class ActiveLabelingQueue:
    """The active labeling queue over one JSON file.

    A bucket is never pending twice, the most uncertain is asked about first, and
    no more than `max_asks_per_day` are asked about on a UTC calendar day.

    Guaranteed: what a call acknowledged is in the file, flushed; a reader of the
    file sees it whole; a call that is refused or fails changes nothing; a file
    that was changed from outside is seen as it now is by the next call.
    Not guaranteed yet: two processes or threads that change one file at the same
    moment are not kept apart.

    Args:
        queue_path: The JSON file.  It need not exist: a missing one is an empty
            queue, and the first change creates it, its folder included.
        max_asks_per_day: The daily cap, 0 or more.  It belongs to this instance
            and is not stored.

    Raises:
        InvalidInputError: `max_asks_per_day` is no integer of 0 or more.
        UnreadableStoreError: The file is there and is no queue file; it is left
            as it is.

    Examples:
        >>> import pandas as pd
        >>> queue = ActiveLabelingQueue(folder / "queue.json")
        >>> queue.enqueue_low_confidence(pd.DataFrame({
        ...     "user_id": ["ada", "ada"],
        ...     "bucket_start_ts": ["2026-01-01T09:00:00Z", "2026-01-01T09:15:00Z"],
        ...     "bucket_end_ts": ["2026-01-01T09:15:00Z", "2026-01-01T09:30:00Z"],
        ...     "confidence": [0.31, 0.94],
        ...     "predicted_label": ["writing", "coding"],
        ... }))
        1
        >>> [request] = queue.get_pending()
        >>> request.predicted_label, request.confidence
        ('writing', 0.31)
        >>> queue.mark_done(request.request_id).status
        'labeled'
        >>> queue.get_pending()
        []
    """

    queue_path: Path
    max_asks_per_day: int = DEFAULT_LABEL_MAX_ASKS_PER_DAY
    _file: QueueFile = field(init=False, repr=False)
    _ledger: Ledger = field(init=False, repr=False, default_factory=Ledger)

    def __post_init__(self) -> None:
        """Check the cap and read the file, if there is one."""
        if not _is_count(self.max_asks_per_day):
            raise InvalidInputError(
                "max_asks_per_day",
                shown(self.max_asks_per_day),
                "is not an integer of 0 or more",
                "hand in how many asks a day are bearable",
            )
        self.queue_path = Path(self.queue_path)
        self._file = QueueFile(self.queue_path)
        self._look()

    def enqueue_low_confidence(
        self,
        predictions_df: Any,  # noqa: ANN401 - any frame that narwhals reads
        threshold: float = DEFAULT_LABEL_CONFIDENCE_THRESHOLD,
    ) -> int:
        """Add a pending request for every bucket whose confidence is low.

        Args:
            predictions_df: One row per bucket, as a pandas frame or any other
                that narwhals reads; columns `user_id` (text), `bucket_start_ts`
                and `bucket_end_ts` (datetimes, or ISO 8601 text with a time of
                day; naive means UTC), `confidence` (finite, lower is less certain;
                a missing one is always selected) and `predicted_label` (a missing
                one becomes `None`, another value its `str`).  Further columns, the
                index and the order of columns do not matter.  Not modified.
            threshold: Rows strictly below it are selected; finite.

        Returns:
            How many requests were added, from 0 to the number of rows.

        Raises:
            InvalidInputError: The threshold, the frame or its columns break a
                rule; nothing is added.
            InvalidRowsError: Rows do; the error names all of them and nothing is
                added.
            UnreadableStoreError: The file has become unreadable; it is left as
                it is.
            OSError: The write failed; memory and file are as before the call.

        Requirements:
            [ENQ-1][], [ENQ-2][], [ENQ-3][], [ENQ-4][], [ENQ-5][], [ENQ-6][],
            [ENQ-7][], [DUP-1][], [DUP-2][], [DUP-3][], [DUP-4][], [DUP-5][]
        """
        return self._enqueue(buckets_from_frame(predictions_df, threshold), "low_confidence")

    def enqueue_drift(self, buckets: Sequence[Mapping[str, Any]]) -> int:
        """Add a pending request for every bucket that drift detection flagged.

        Args:
            buckets: One mapping per bucket; keys `user_id`, `bucket_start_ts` and
                `bucket_end_ts` as the columns of `enqueue_low_confidence`, and,
                where they are known, `confidence` and `predicted_label` (text).
                Further keys do not matter.  Not modified.

        Returns:
            How many requests were added, from 0 to the number of mappings.

        Raises:
            InvalidInputError: It is no sequence of mappings, or a key is missing;
                nothing is added.
            InvalidRowsError: Mappings hold bad values; the error names all of
                them and nothing is added.
            UnreadableStoreError: The file has become unreadable; it is left as
                it is.
            OSError: The write failed; memory and file are as before the call.

        Requirements:
            [DRIFT-1][], [DRIFT-2][], [DRIFT-3][], [DUP-1][], [DUP-2][], [DUP-3][],
            [DUP-4][], [DUP-5][]

        Examples:
            >>> queue = ActiveLabelingQueue(folder / "queue.json")
            >>> bucket = {
            ...     "user_id": "ada",
            ...     "bucket_start_ts": "2026-01-01T09:00:00",
            ...     "bucket_end_ts": "2026-01-01T09:15:00",
            ... }
            >>> queue.enqueue_drift([bucket, {**bucket, "confidence": 0.2}])
            1
        """
        return self._enqueue(buckets_from_mappings(buckets), "drift")

    def get_pending(self, user_id: str | None = None, limit: int | None = None) -> list[LabelRequest]:
        """Return the pending requests to ask about now, most uncertain first.

        Asking changes nothing: the same call again on the same day returns the
        same requests.  An unknown confidence ranks as 0.0.

        Args:
            user_id: Only this user's requests, compared exactly; `None` for all.
            limit: At most this many, 0 or more; `None` for no further limit.  It
                never lifts the daily cap.

        Returns:
            At most `min(limit, remaining)` requests, lowest confidence first, ties
            in enqueue order; a fresh list.  *Remaining* is the cap less the
            requests that are done and were created today (UTC), never below 0.

        Raises:
            InvalidInputError: `limit` is no integer of 0 or more.
            UnreadableStoreError: The file has become unreadable; it is left as
                it is.

        Requirements:
            [ORD-1][], [ORD-2][], [ORD-3][], [ORD-4][], [ORD-5][], [CAP-1][],
            [CAP-2][], [CAP-3][], [CAP-4][], [CAP-5][], [CAP-6][], [CAP-7][],
            [GET-1][], [GET-2][], [GET-3][]
        """
        if limit is not None and not _is_count(limit):
            raise InvalidInputError(
                "limit", shown(limit), "is not an integer of 0 or more", "leave it out for no further limit"
            )
        self._look()
        most = self._ledger.remaining(self.max_asks_per_day, datetime.now(UTC).date())
        if limit is not None:
            most = min(most, index(limit))
        # What is no text is no user, and need not even be hashable.
        is_user = user_id is None or isinstance(user_id, str)
        return self._ledger.pending(user_id, most) if is_user else []

    def mark_done(self, request_id: str, status: DoneStatus = "labeled") -> LabelRequest | None:
        """Close a request: its bucket was labeled, or the human skipped it.

        The daily cap does not stop it, and a request that is done may be marked
        again; the newer status stands.

        Args:
            request_id: The id of a request, in its canonical text form.
            status: `"labeled"` or `"skipped"`.

        Returns:
            The request as it now is, or `None` when no request has this id.

        Raises:
            InvalidInputError: The status is another; nothing is changed.
            UnreadableStoreError: The file has become unreadable; it is left as
                it is.
            OSError: The write failed; memory and file are as before the call.

        Requirements:
            [DONE-1][], [DONE-2][], [DONE-3][], [DONE-4][], [CAP-8][]
        """
        if not isinstance(status, str) or status not in get_args(DoneStatus):
            raise InvalidInputError(
                "status", shown(status), "is not 'labeled' or 'skipped'", "a done request stays done"
            )
        self._look()
        request = self._ledger.get(request_id) if isinstance(request_id, str) else None
        if request is None or request.status == status:
            return request
        done = self._ledger.done(request, status)
        self._file.replace(requests_to_bytes(done if each is request else each for each in self._ledger.requests))
        self._ledger.replace(done)
        return done

    @property
    def all_items(self) -> list[LabelRequest]:
        """Every request of any status, in enqueue order; a fresh list.

        Raises:
            UnreadableStoreError: The file has become unreadable; it is left as
                it is.

        Requirements:
            [ALL-1][], [GET-3][]
        """
        self._look()
        return self._ledger.requests

    def _look(self) -> None:
        """See the file as it now is (FILE-7)."""
        try:
            content = self._file.read_if_changed()
        except FileNotFoundError:
            self._ledger = Ledger()
            return
        if content is not None:
            try:
                self._ledger = Ledger(requests_from_bytes(content, str(self.queue_path)))
            except UnreadableStoreError:
                # Refuse again at the next call, too, until the file is mended.
                self._file.forget()
                raise

    def _enqueue(self, buckets: list[Bucket], reason: Reason) -> int:
        self._look()
        created_at = datetime.now(UTC)
        requests = [_request_for(bucket, reason, created_at) for bucket in self._ledger.unclaimed(buckets)]
        if requests:
            self._file.replace(requests_to_bytes([*self._ledger.requests, *requests]))
            self._ledger.append(requests)
        return len(requests)


def _request_for(bucket: Bucket, reason: Reason, created_at: datetime) -> LabelRequest:
    # Every value was validated at the door; uuid4 is the only id here.
    return LabelRequest.model_construct(
        request_id=str(uuid4()),
        user_id=bucket.user_id,
        bucket_start_ts=bucket.start_ts,
        bucket_end_ts=bucket.end_ts,
        reason=reason,
        confidence=bucket.confidence,
        predicted_label=bucket.predicted_label,
        created_at=created_at,
        status="pending",
    )


def _is_count(value: object) -> bool:
    # numpy's integers count, a bool does not (IN-8, IN-9).
    try:
        return not isinstance(value, bool) and index(value) >= 0  # type: ignore[arg-type]
    except Exception:  # noqa: BLE001 - a caller's object may raise anything when it is asked
        return False
