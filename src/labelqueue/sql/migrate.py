"""The move of a queue between a file, SQLite and PostgreSQL, either way.

All or nothing: the target is written in one transaction, or as one file.  Before
that is made to stand, what the target holds is read back and compared with the
source, read again: ids, order, times, states and every other value.  So a source
that changes during the move is found out, too.  The source stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from labelqueue.document import requests_from_bytes, requests_to_bytes
from labelqueue.errors import InvalidInputError, LabelQueueError, UnreadableStoreError, shown
from labelqueue.file import QueueFile
from labelqueue.lock import exclusively
from labelqueue.progress import Progress, unheard
from labelqueue.sql.database import Database
from labelqueue.sql.record import record_of, request_from, stored_text
from labelqueue.sql.statements import COUNT, NUMBER, PAGE, insert_records, lock_queue

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from labelqueue.request import LabelRequest

__all__ = ["MigrationError", "migrate"]

_PAGE_ROWS: Final = 5000
_LONGEST_ID: Final = 1000  # bytes; see `record` for what databases index

_Batches = Callable[[], Iterator[list["LabelRequest"]]]


class MigrationError(LabelQueueError):
    """What the target holds is not what the source holds; the target was left as it was.

    Attributes:
        place: The first place in enqueue order at which they differ, from 0.
        expected: What the source holds there.
        got: What the target holds there.
    """

    def __init__(self, place: int, expected: str, got: str) -> None:
        """Keep the data; see the attributes."""
        self.place = place
        self.expected = expected
        self.got = got
        super().__init__(place, expected, got)

    def __str__(self) -> str:
        """Say where they differ, and what to do."""
        return (
            f"request {self.place} is {self.expected} in the source and {self.got} in the target; nothing was moved; "
            "close the programs that use the source and move again."
        )


class _Place(Protocol):
    """One end of a move."""

    def count(self) -> int:
        """Return how many requests there are."""
        ...

    def batches(self) -> Iterator[list[LabelRequest]]:
        """Return the requests in enqueue order."""
        ...

    def fill(self, batches: _Batches, moved: Callable[[str, int], None]) -> None:
        """Take requests in, check what was taken in, and only then let it stand."""
        ...


def migrate(
    source: str,
    target: str,
    *,
    source_name: str = "default",
    target_name: str = "default",
    progress: Progress = unheard,
) -> int:
    """Move every request of a queue to another store, and check that it arrived.

    Args:
        source: The path of a queue file, or the URL of a database.  It is left as
            it is.
        target: As well.  It must hold no requests.
        source_name: Which queue of the source, where that is a database.
        target_name: Which queue of the target, where that is a database.
        progress: Told what is being done.

    Returns:
        How many requests were moved.

    Raises:
        InvalidInputError: The source holds no such queue, the target holds
            requests already, or both are one database file.
        UnreadableStoreError: A file is no queue file, or holds what a database
            refuses: two pending requests for one bucket, or an end that is not
            after its start.
        MigrationError: Source and target differ, since the source was changed
            meanwhile; nothing is moved.
        StoreFailedError: A database failed; nothing is moved.
        OutcomeUnknownError: The commit was not answered; all is moved, or nothing.
        OSError: A file cannot be read or written; nothing is moved.

    Examples:
        >>> from labelqueue import ActiveLabelingQueue
        >>> from labelqueue.sql import SqlLabelingQueue
        >>> path, url = folder / "queue.json", f"sqlite:///{folder}/queue.db"
        >>> ActiveLabelingQueue(path).enqueue_drift([{"user_id": "ada", "bucket_start_ts": "2026-01-01T09:00Z",
        ...     "bucket_end_ts": "2026-01-01T09:15Z"}])
        1
        >>> migrate(str(path), url)
        1
        >>> SqlLabelingQueue(url).all_items == ActiveLabelingQueue(path).all_items
        True
    """
    here, there = _place_of(source, source_name), _place_of(target, target_name)
    if isinstance(here, _Tables) and isinstance(there, _Tables) and here.database.shares_file_with(there.database):
        raise InvalidInputError("target", shown(target), "is the file of the source", "name another file")
    total = here.count()
    there.fill(here.batches, lambda what, done: progress(what, done, total))
    return total


class _File:
    """A queue file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = QueueFile(path)

    def count(self) -> int:
        if not self._path.exists():
            raise InvalidInputError("source", shown(str(self._path)), "does not exist", "name a queue file or a URL")
        return len(self._requests())

    def batches(self) -> Iterator[list[LabelRequest]]:
        yield self._requests()

    def fill(self, batches: _Batches, moved: Callable[[str, int], None]) -> None:
        # As every writer of a queue file does, so that no other comes between.
        exclusively(self._file.target(), self._file.name, lambda: self._fill(batches, moved))

    def _fill(self, batches: _Batches, moved: Callable[[str, int], None]) -> None:
        if self._path.exists() and self._requests():
            raise _refused_target(str(self._path))
        requests = list(chain.from_iterable(batches()))
        moved("moving", len(requests))
        content = requests_to_bytes(requests)
        _compare(batches(), iter(requests_from_bytes(content, str(self._path))), moved)
        self._file.replace(content)

    def _requests(self) -> list[LabelRequest]:
        return requests_from_bytes(self._path.read_bytes(), str(self._path))


class _Tables:
    """A queue of a database."""

    def __init__(self, url: str, name: str) -> None:
        self.database = Database(url)
        self._name = name

    def count(self) -> int:
        if not self.database.rows(NUMBER, {"name": self._name}):
            raise InvalidInputError(
                "source", shown(self.database.name), f"holds no queue {self._name!r}", "name another URL or queue"
            )
        [[number]] = self.database.rows(COUNT, {"name": self._name})
        return int(number)

    def batches(self) -> Iterator[list[LabelRequest]]:
        # A page at a time, each a statement of its own, so that the source is not held.
        yield from _pages(lambda values: self.database.rows(PAGE, values), self._name)

    def fill(self, batches: _Batches, moved: Callable[[str, int], None]) -> None:
        def work(connection: Connection) -> None:
            queue_id, first_place = lock_queue(connection, self._name)
            if first_place:
                raise _refused_target(f"{self.database.name} queue {self._name}")
            done = 0
            pending: set[tuple[str, datetime]] = set()
            for batch in batches():
                for place, request in enumerate(batch, done):
                    _check_movable(request, place, pending)
                records = ({**record_of(r), "queue_id": queue_id, "place": n} for n, r in enumerate(batch, done))
                insert_records(connection, records, skips_pending=False)
                done += len(batch)
                moved("moving", done)
            there = _pages(lambda values: connection.execute(PAGE, values).all(), self._name)
            _compare(batches(), chain.from_iterable(there), moved)

        self.database.write(work)
        self.database.close()


def _pages(rows: Callable[[dict[str, Any]], Any], name: str) -> Iterator[list[LabelRequest]]:
    place = -1
    while found := rows({"name": name, "after": place, "most": _PAGE_ROWS}):
        yield [request_from(row) for row in found]
        place = found[-1][1]


def _compare(
    batches: Iterator[list[LabelRequest]], there: Iterator[LabelRequest], moved: Callable[[str, int], None]
) -> None:
    place = 0
    for here in batches:
        for one in here:
            other = next(there, None)
            # -0.0 equals 0.0, and is another confidence all the same.
            if one != other or str(one.confidence) != str(other.confidence):
                raise MigrationError(place, shown(one), shown(other))
            place += 1
        moved("checking", place)
    surplus = next(there, None)
    if surplus is not None:
        raise MigrationError(place, "none", shown(surplus))


def _check_movable(request: LabelRequest, place: int, pending: set[tuple[str, datetime]]) -> None:
    """Refuse what a file may hold and a database does not take, before it says so in its own words."""

    def refuse(field: str, rule: str) -> UnreadableStoreError:
        return UnreadableStoreError("source", place, field, f"{rule}; mend it first")

    key = request.user_id, request.bucket_start_ts
    if request.bucket_end_ts <= request.bucket_start_ts:
        raise refuse("bucket_end_ts", "the end is not after the start")
    if len(stored_text(request.request_id).encode()) > _LONGEST_ID:
        raise refuse("request_id", f"the id is longer than {_LONGEST_ID} bytes")
    if request.status == "pending" and key in pending:
        raise refuse("bucket_start_ts", f"this bucket of user {shown(request.user_id)} is pending twice")
    if request.status == "pending":
        pending.add(key)


def _place_of(store: str, name: str) -> _Place:
    return _Tables(store, name) if "://" in store else _File(Path(store))


def _refused_target(store: str) -> InvalidInputError:
    return InvalidInputError("target", shown(store), "holds requests already", "name an empty one")
