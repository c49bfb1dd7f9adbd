"""The queue on a database: the rules as statements.

What comes in is validated by the very code that serves the file's queue.  The
rest is the database's: duplicates by a unique index, order and budget by one
statement, the order of changes by a lock on the queue's row.
"""

from __future__ import annotations

import operator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import uuid4

from sqlalchemy import delete, func, select

from labelqueue.arguments import check_cap, check_limit, check_status
from labelqueue.contract import (
    DEFAULT_LABEL_CONFIDENCE_THRESHOLD,
    DEFAULT_LABEL_MAX_ASKS_PER_DAY,
    DoneStatus,
    Reason,
)
from labelqueue.errors import InvalidInputError, shown
from labelqueue.rows import buckets_from_frame, buckets_from_mappings, is_storable_text
from labelqueue.sql.database import Database
from labelqueue.sql.record import microseconds_of, record_for, request_from, stored_text, stored_user
from labelqueue.sql.schema import drop_schema, queues, requests
from labelqueue.sql.statements import ALL, ASK, ASK_USER, MARK, NUMBER, ONE, insert_records, lock_queue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import URL, Connection, Engine, Select

    from labelqueue.ledger import Bucket
    from labelqueue.request import LabelRequest

__all__ = ["SqlLabelingQueue", "remove_queue"]

_MOST: Final = 2**62
"""A cap or limit beyond it is no further limit: databases count to 2**63."""

_LONGEST_NAME: Final = 200
_DAY_US: Final = 86_400_000_000


class SqlLabelingQueue:
    """The active labeling queue on SQLite or PostgreSQL.

    The same queue as `ActiveLabelingQueue`, on an engine that is made for many
    processes and many requests.  One database holds any number of queues, told
    apart by `name`.

    Guaranteed: what a call acknowledged is committed and flushed, also where a role
    or a database of PostgreSQL has `synchronous_commit` off, unless the server
    itself runs without `fsync`; every call sees what any instance acknowledged
    before it began; overlapping calls equal some one-after-another order; a call
    that is refused or fails changes nothing.  An instance may be shared between
    threads, copied, used after a fork and, where it was made from a URL, pickled.
    Not guaranteed: a call whose commit was not answered (`OutcomeUnknownError`)
    may or may not have happened.

    Args:
        url_or_engine: `sqlite:///PATH` or `postgresql://USER@HOST/DATABASE`, or a
            SQLAlchemy engine for one of them.  Nothing is opened before the first
            call, and nothing is created before the first change; for SQLite that
            change creates the file and its folder, too.
        max_asks_per_day: The daily cap, 0 or more.  It belongs to this instance
            and is not stored.
        name: Which queue of the database; 1 to 200 characters.

    Raises:
        InvalidInputError: The URL, the cap or the name breaks a rule.

    Examples:
        >>> queue = SqlLabelingQueue(f"sqlite:///{folder}/queue.db")
        >>> queue.enqueue_drift([{
        ...     "user_id": "ada",
        ...     "bucket_start_ts": "2026-01-01T09:00:00Z",
        ...     "bucket_end_ts": "2026-01-01T09:15:00Z",
        ...     "confidence": 0.31,
        ... }])
        1
        >>> [request] = queue.get_pending()
        >>> queue.mark_done(request.request_id, "skipped").status
        'skipped'
        >>> SqlLabelingQueue(f"sqlite:///{folder}/queue.db", name="another").all_items
        []
    """

    def __init__(
        self,
        url_or_engine: str | URL | Engine,
        max_asks_per_day: int = DEFAULT_LABEL_MAX_ASKS_PER_DAY,
        *,
        name: str = "default",
    ) -> None:
        check_cap(max_asks_per_day)
        self.max_asks_per_day = max_asks_per_day
        self.name = _checked_name(name)
        self._database = Database(url_or_engine)

    def __repr__(self) -> str:
        return f"SqlLabelingQueue({self._database.name!r}, {self.max_asks_per_day!r}, name={self.name!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as the URL, the cap and the name."""
        if self._database.url is None:
            raise TypeError(f"{self!r} was made from an engine and cannot be pickled; make it from a URL")
        return _reopened, (self._database.url, self.max_asks_per_day, self.name)

    def __copy__(self) -> Self:
        """Copy as another instance over the same connections."""
        copied = type(self).__new__(type(self))
        vars(copied).update(vars(self))
        return copied

    def __deepcopy__(self, _memo: dict[int, Any]) -> Self:
        """Copy as `copy.copy` does: connections are nothing to copy."""
        return self.__copy__()

    def enqueue_low_confidence(
        self,
        predictions_df: Any,  # noqa: ANN401 - any frame that narwhals reads
        threshold: float = DEFAULT_LABEL_CONFIDENCE_THRESHOLD,
    ) -> int:
        """Add a pending request for every bucket whose confidence is low.

        Args:
            predictions_df: One row per bucket, as `ActiveLabelingQueue` takes it.
                Not modified.
            threshold: Rows strictly below it are selected; finite.

        Returns:
            How many requests were added, from 0 to the number of rows.

        Raises:
            InvalidInputError: The threshold, the frame or its columns break a
                rule; nothing is added.
            InvalidRowsError: Rows do; the error names all of them and nothing is
                added.
            StoreFailedError: The database failed; nothing is added.
            OutcomeUnknownError: The commit was not answered; all may be added, or
                nothing.

        Requirements:
            [ENQ-1][], [ENQ-2][], [ENQ-3][], [ENQ-4][], [ENQ-5][], [ENQ-6][],
            [ENQ-7][], [DUP-1][], [DUP-2][], [DUP-3][], [DUP-4][], [DUP-5][]

        Examples:
            >>> import pandas as pd
            >>> queue = SqlLabelingQueue(f"sqlite:///{folder}/queue.db")
            >>> queue.enqueue_low_confidence(pd.DataFrame({
            ...     "user_id": ["ada"],
            ...     "bucket_start_ts": ["2026-01-01T09:00Z"],
            ...     "bucket_end_ts": ["2026-01-01T09:15Z"],
            ...     "confidence": [0.3],
            ...     "predicted_label": ["writing"],
            ... }))
            1
        """
        return self._enqueue(buckets_from_frame(predictions_df, threshold), "low_confidence")

    def enqueue_drift(self, buckets: Sequence[Mapping[str, Any]]) -> int:
        """Add a pending request for every bucket that drift detection flagged.

        Args:
            buckets: One mapping per bucket, as `ActiveLabelingQueue` takes it.
                Not modified.

        Returns:
            How many requests were added, from 0 to the number of mappings.

        Raises:
            InvalidInputError: It is no sequence of mappings, or a key is missing;
                nothing is added.
            InvalidRowsError: Mappings hold bad values; the error names all of
                them and nothing is added.
            StoreFailedError: The database failed; nothing is added.
            OutcomeUnknownError: The commit was not answered; all may be added, or
                nothing.

        Requirements:
            [DRIFT-1][], [DRIFT-2][], [DRIFT-3][], [DUP-1][], [DUP-2][], [DUP-3][],
            [DUP-4][], [DUP-5][]

        Examples:
            >>> queue = SqlLabelingQueue(f"sqlite:///{folder}/queue.db")
            >>> bucket = {"bucket_start_ts": "2026-01-01T09:00Z", "bucket_end_ts": "2026-01-01T09:15Z"}
            >>> queue.enqueue_drift([{**bucket, "user_id": "ada"}, {**bucket, "user_id": "ada"}])
            1
        """
        return self._enqueue(buckets_from_mappings(buckets), "drift")

    def get_pending(self, user_id: str | None = None, limit: int | None = None) -> list[LabelRequest]:
        """Return the pending requests to ask about now, most uncertain first.

        One statement, and so one moment of the database: budget and order belong
        together.  What it costs depends on what it returns and on the cap, not on
        how many requests there are.

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
            StoreFailedError: The database failed.

        Requirements:
            [ORD-1][], [ORD-2][], [ORD-3][], [ORD-4][], [ORD-5][], [CAP-1][],
            [CAP-2][], [CAP-3][], [CAP-4][], [CAP-5][], [CAP-6][], [CAP-7][],
            [GET-1][], [GET-2][], [GET-3][]

        Examples:
            >>> SqlLabelingQueue(f"sqlite:///{folder}/queue.db").get_pending(user_id="ada", limit=5)
            []
        """
        check_limit(limit)
        if user_id is not None and not is_storable_text(user_id):
            return []
        cap = min(operator.index(self.max_asks_per_day), _MOST)
        midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        values = {
            "name": self.name,
            "cap": cap,
            "most": cap if limit is None else min(cap, operator.index(limit)),
            "today_us": microseconds_of(midnight),
            "tomorrow_us": microseconds_of(midnight) + _DAY_US,
        }
        if user_id is None:
            return self._requests(ASK, values)
        return self._requests(ASK_USER, {**values, "user_key": stored_user(user_id)[0]})

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
            StoreFailedError: The database failed; nothing is changed.
            OutcomeUnknownError: The commit was not answered; the status may be the
                new one or the old one.

        Requirements:
            [DONE-1][], [DONE-2][], [DONE-3][], [DONE-4][], [CAP-8][]

        Examples:
            >>> queue = SqlLabelingQueue(f"sqlite:///{folder}/queue.db")
            >>> queue.mark_done("8404cad7-47d4-4b22-b364-a726a3573615") is None
            True
        """
        check_status(status)
        if not is_storable_text(request_id):
            return None
        values = {"name": self.name, "wanted_id": stored_text(request_id)}
        # Asked first, so that a call that changes nothing writes nothing (KEEP-4).
        found = self._requests(ONE, values)
        if not found or found[0].status == status:
            return found[0] if found else None
        values["new_status"] = str.__str__(status)
        row = self._database.write(lambda connection: connection.execute(MARK, values).one_or_none())
        return None if row is None else request_from(row)

    @property
    def all_items(self) -> list[LabelRequest]:
        """Every request of any status, in enqueue order; a fresh list.

        Raises:
            StoreFailedError: The database failed.

        Requirements:
            [ALL-1][], [GET-3][]

        Examples:
            >>> SqlLabelingQueue(f"sqlite:///{folder}/queue.db").all_items
            []
        """
        return self._requests(ALL, {"name": self.name})

    def _requests(self, statement: Select[Any], values: Mapping[str, Any]) -> list[LabelRequest]:
        return [request_from(row) for row in self._database.rows(statement, values)]

    def _enqueue(self, buckets: list[Bucket], reason: Reason) -> int:
        if not buckets:
            return 0
        created_us = microseconds_of(datetime.now(UTC))
        records = [record_for(bucket, reason, created_us, str(uuid4())) for bucket in buckets]

        def work(connection: Connection) -> int:
            queue_id, first_place = lock_queue(connection, self.name)
            placed = [{**record, "queue_id": queue_id, "place": n} for n, record in enumerate(records, first_place)]
            # By key, so that writers meet in the same order everywhere; the sort
            # is stable, so that the first row of a key still comes first (DUP-4).
            placed.sort(key=operator.itemgetter("user_id", "bucket_start_us"))
            return insert_records(connection, iter(placed), skips_pending=True)

        return self._database.write(work)


def remove_queue(url_or_engine: str | URL | Engine, name: str = "default") -> None:
    """Remove a queue from a database, with everything in it.

    With the last queue go the tables.  A queue that is not there is no error; a
    file of SQLite stays, empty.

    Args:
        url_or_engine: As `SqlLabelingQueue` takes it.
        name: Which queue.

    Raises:
        InvalidInputError: The URL or the name breaks a rule.
        StoreFailedError: The database failed; nothing is removed.
        OutcomeUnknownError: The commit was not answered.

    Examples:
        >>> url = f"sqlite:///{folder}/queue.db"
        >>> queue = SqlLabelingQueue(url, name="trial")
        >>> queue.enqueue_drift([{"user_id": "ada", "bucket_start_ts": "2026-01-01T09:00Z",
        ...     "bucket_end_ts": "2026-01-01T09:15Z"}])
        1
        >>> remove_queue(url, name="trial")
        >>> queue.all_items
        []
    """
    _checked_name(name)
    database = Database(url_or_engine)

    def work(connection: Connection) -> None:
        queue_id, _ = lock_queue(connection, name)
        connection.execute(delete(requests).where(requests.c.queue_id == queue_id))
        connection.execute(delete(queues).where(queues.c.queue_id == queue_id))
        if not connection.scalar(select(func.count()).select_from(queues)):
            drop_schema(connection)

    if database.rows(NUMBER, {"name": name}):
        database.write(work)
    database.close()


def _checked_name(name: str) -> str:
    if not is_storable_text(name) or not 1 <= len(name) <= _LONGEST_NAME or "\0" in name:
        raise InvalidInputError("name", shown(name), "is not 1 to 200 characters of text", "name the queue")
    return str.__str__(name)


def _reopened(url: URL, max_asks_per_day: int, name: str) -> SqlLabelingQueue:
    return SqlLabelingQueue(url, max_asks_per_day, name=name)
