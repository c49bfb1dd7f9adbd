"""The canonical queue: ledger, rows and file put together.

Every change takes the same steps: validate what came in, lock, look whether the
file changed, build the new state, write and flush it, put it in place, and only
then show it.  A call that fails on the way leaves memory and file as they were.

What is in memory belongs to one version of the file, and is set aside as soon as
the file may be another: before the new content is put in place, until the ledger
shows all of it.  Whatever stops a call in between, an interrupt included, the next
one reads the file again.  So memory and file cannot disagree, and threads cannot
see half a change.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from labelqueue.arguments import check_cap, check_limit, check_status
from labelqueue.batch import Batch, batch_of, new_requests
from labelqueue.canonical import text_of
from labelqueue.chunks import Chunks
from labelqueue.contract import (
    DEFAULT_LABEL_CONFIDENCE_THRESHOLD,
    DEFAULT_LABEL_MAX_ASKS_PER_DAY,
    DoneStatus,
    Reason,
)
from labelqueue.errors import UnconfirmedChangeError
from labelqueue.file import QueueFile, Replacement, Version
from labelqueue.frame import batch_from_frame
from labelqueue.ledger import Ledger
from labelqueue.loading import ledger_from_bytes
from labelqueue.lock import ThreadLock, exclusively
from labelqueue.request import LabelRequest
from labelqueue.rows import buckets_from_mappings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["ActiveLabelingQueue"]

_T = TypeVar("_T")


class _View(NamedTuple):
    """The requests of one version of the file."""

    version: Version
    ledger: Ledger


class _Change(NamedTuple):
    """What a call is about to change: the whole file as it will be, and how the ledger shows it."""

    chunks: Chunks
    show: Callable[[], None]


@dataclass(slots=True, eq=False)
class ActiveLabelingQueue:
    """The active labeling queue over one JSON file.

    A bucket is never pending twice, the most uncertain is asked about first, and
    no more than `max_asks_per_day` are asked about on a UTC calendar day.

    Guaranteed: what a call acknowledged is in the file, flushed, and survives a
    kill and a power cut; a reader of the file sees it whole; a call that is refused
    or fails changes nothing; a file that was changed from outside is seen as it now
    is by the next call.  Any number of instances, threads and processes over one
    file behave as one queue: each call sees what was acknowledged before it began,
    and undoes nothing.  Instances may be shared among threads, copied, pickled and
    taken through a fork; a copy is another handle on the same file.

    Not guaranteed: anything among programs that write the file without its lock
    (`docs/specification/lock.md`), over names of one file that are hard links, or
    where the file system's own promises end, as on many network file systems.  Nor
    are calls that a signal handler makes kept apart from the call that it interrupts.

    A change waits for its turn, a minute at most; a read never waits for another
    process.  Between calls each instance keeps the file open, one descriptor.

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
    _memory: ThreadLock = field(init=False, repr=False, default_factory=ThreadLock)
    _view: _View | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        """Check the cap and read the file, if there is one."""
        check_cap(self.max_asks_per_day)
        self.queue_path = Path(self.queue_path)
        self._file = QueueFile(self.queue_path)
        self._memory.hold(self._look)

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle as the constructor's arguments: another handle on the same file."""
        return type(self), (self._file.path, self.max_asks_per_day)

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
            StoreBusyError: Another writer held the lock for too long; nothing was
                changed.
            UnconfirmedChangeError: The change was made, but is not known to survive
                a power cut.
            OSError: The write failed; memory and file are as before the call.

        Requirements:
            [ENQ-1][], [ENQ-2][], [ENQ-3][], [ENQ-4][], [ENQ-5][], [ENQ-6][],
            [ENQ-7][], [DUP-1][], [DUP-2][], [DUP-3][], [DUP-4][], [DUP-5][]

        Examples:
            >>> import pandas as pd
            >>> queue = ActiveLabelingQueue(folder / "queue.json")
            >>> columns = ["user_id", "bucket_start_ts", "bucket_end_ts", "confidence", "predicted_label"]
            >>> row = ["ada", "2026-01-01T09:00Z", "2026-01-01T09:15Z", 0.55, "writing"]
            >>> queue.enqueue_low_confidence(pd.DataFrame([row], columns=columns))
            0
            >>> queue.enqueue_low_confidence(pd.DataFrame([row], columns=columns), threshold=0.6)
            1
        """
        return self._enqueue(batch_from_frame(predictions_df, threshold), "low_confidence")

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
            StoreBusyError: Another writer held the lock for too long; nothing was
                changed.
            UnconfirmedChangeError: The change was made, but is not known to survive
                a power cut.
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
        return self._enqueue(batch_of(buckets_from_mappings(buckets)), "drift")

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

        Examples:
            >>> queue = ActiveLabelingQueue(folder / "queue.json", max_asks_per_day=1)
            >>> bucket = {"bucket_start_ts": "2026-01-01T09:00Z", "bucket_end_ts": "2026-01-01T09:15Z"}
            >>> queue.enqueue_drift([{**bucket, "user_id": "ada", "confidence": 0.9}, {**bucket, "user_id": "bo"}])
            2
            >>> [request.user_id for request in queue.get_pending()]
            ['bo']
            >>> [request.user_id for request in queue.get_pending(user_id="ada")]
            ['ada']
        """
        check_limit(limit)
        # What is no text is no user, and need not even be hashable.
        is_user = user_id is None or isinstance(user_id, str)

        def ask(ledger: Ledger) -> list[LabelRequest]:
            if not is_user:
                return []
            most = ledger.remaining(self.max_asks_per_day, datetime.now(UTC).date())
            return ledger.pending(user_id, most if limit is None else min(most, index(limit)))

        return self._memory.hold(lambda: ask(self._look()))

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
            StoreBusyError: Another writer held the lock for too long; nothing was
                changed.
            UnconfirmedChangeError: The change was made, but is not known to survive
                a power cut.
            OSError: The write failed; memory and file are as before the call.

        Requirements:
            [DONE-1][], [DONE-2][], [DONE-3][], [DONE-4][], [CAP-8][]

        Examples:
            >>> queue = ActiveLabelingQueue(folder / "queue.json")
            >>> queue.mark_done("8404cad7-47d4-4b22-b364-a726a3573615") is None
            True
        """
        check_status(status)
        if not isinstance(request_id, str) or self._memory.hold(lambda: self._look().place_of(request_id)) is None:
            return None

        def plan(ledger: Ledger) -> tuple[LabelRequest | None, _Change | None]:
            place = ledger.place_of(request_id)
            if place is None:
                return None, None
            # Written even where it is marked so already: whoever did may not have flushed it yet.
            done = ledger.at(place).model_copy(update={"status": status})
            chunks = ledger.chunks.replaced(place, text_of(done))
            return done, _Change(chunks, lambda: ledger.replace(chunks, done))

        return self._change(plan)

    @property
    def all_items(self) -> list[LabelRequest]:
        """Every request of any status, in enqueue order; a fresh list.

        Raises:
            UnreadableStoreError: The file has become unreadable; it is left as
                it is.

        Requirements:
            [ALL-1][], [GET-3][]
        """
        return self._memory.hold(lambda: self._look().requests)

    def _enqueue(self, batch: Batch, reason: Reason) -> int:
        keys = batch.keys()
        # Who adds nothing needs no lock, and leaves no sidecar behind.
        if not keys or not self._memory.hold(lambda: self._look().is_any_unclaimed(keys)):
            return 0

        def plan(ledger: Ledger) -> tuple[int, _Change | None]:
            created_at = datetime.now(UTC)
            texts, columns = new_requests(batch.at(ledger.unclaimed(keys)), reason, created_at)
            if not texts:
                return 0, None
            chunks = ledger.chunks.extended(texts)
            return len(texts), _Change(chunks, lambda: ledger.append(chunks, columns))

        return self._change(plan)

    def _look(self) -> Ledger:
        """Return the ledger of the file as it now is (FILE-7, SHARE-1); the memory is held."""
        view = self._view
        found = self._file.read_unless(view.version if view else None)
        if found is None:
            assert view is not None
            return view.ledger
        version, content = found
        ledger = Ledger() if content is None else ledger_from_bytes(content, self._file.name)
        self._view = _View(version, ledger)
        return ledger

    def _change(self, plan: Callable[[Ledger], tuple[_T, _Change | None]]) -> _T:
        """Plan a change over the file as it then is, make it, and return the plan's answer."""
        target = self._file.target()
        replacement = Replacement(target)

        def make() -> _T:
            ledger = self._memory.hold(self._look)
            answer, change = plan(ledger)
            if change is not None:
                replacement.write(change.chunks.parts())
                self._memory.hold(lambda: self._publish(replacement, ledger, change))
            return answer

        try:
            return exclusively(target, self._file.name, make)
        except BaseException as error:
            replacement.discard()
            if not replacement.may_stand:
                raise
            if isinstance(error, OSError):
                raise UnconfirmedChangeError(self._file.name, error.errno, error.strerror) from error
            error.add_note(f"{self._file.name}: the change that was in progress may have taken effect.")
            raise

    def _publish(self, replacement: Replacement, ledger: Ledger, change: _Change) -> None:
        """Put a change in place, flush it, and show it; the memory is held."""
        self._view = None
        version = replacement.publish()
        change.show()
        self._view = _View(version, ledger)
