"""The statements: the rules of the queue, as SQLAlchemy builds them for each engine.

Those that read or change a queue by its `name` are built once.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, bindparam, func, insert, literal_column, select, update
from sqlalchemy.dialects import postgresql, sqlite

from labelqueue.sql.schema import IS_PENDING, RANK, queues, requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Select, Table
    from sqlalchemy.sql.dml import Insert

__all__ = [
    "ALL",
    "ASK",
    "ASK_USER",
    "COUNT",
    "INSERT_UNLESS_PENDING",
    "LAST_PLACE",
    "LOCKED_NUMBER",
    "MARK",
    "NUMBER",
    "ONE",
    "PAGE",
    "insert_records",
    "lock_queue",
]

_ROWS_A_STATEMENT: Final = 5000

NUMBER: Final = select(queues.c.queue_id).where(queues.c.name == bindparam("name"))
# On SQLite the transaction holds the whole file, and FOR UPDATE is left out.
LOCKED_NUMBER: Final = NUMBER.with_for_update()
LAST_PLACE: Final = select(func.max(requests.c.place)).where(requests.c.queue_id == bindparam("queue_id"))
_QUEUE_ID: Final = NUMBER.scalar_subquery()

ALL: Final = select(requests).where(requests.c.queue_id == _QUEUE_ID).order_by(requests.c.place)

PAGE: Final = (
    select(requests)
    .where(requests.c.queue_id == _QUEUE_ID, requests.c.place > bindparam("after", type_=BigInteger()))
    .order_by(requests.c.place)
    .limit(bindparam("most", type_=BigInteger()))
)

COUNT: Final = select(func.count()).select_from(requests).where(requests.c.queue_id == _QUEUE_ID)

ONE: Final = select(requests).where(requests.c.queue_id == _QUEUE_ID, requests.c.request_id == bindparam("wanted_id"))

# It takes its turn as enqueueing does, and so comes after whatever saw the request pending (SHARE-3).
MARK: Final = (
    update(requests)
    .where(requests.c.queue_id == LOCKED_NUMBER.scalar_subquery(), requests.c.request_id == bindparam("wanted_id"))
    .values(status=bindparam("new_status"))
    .returning(*requests.c)
)


def _insert_or_skip(table: Table, **conflict: Any) -> dict[str, Insert]:  # noqa: ANN401 - SQLAlchemy's
    """Build `INSERT … ON CONFLICT (…) DO NOTHING`, which both engines know and Core has once for each."""
    return {
        name: dialect.insert(table).on_conflict_do_nothing(**conflict).execution_options(preserve_rowcount=True)
        for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
    }


# SQLAlchemy forgets how many rows an INSERT made unless it is told not to.
_INSERT: Final = insert(requests).execution_options(preserve_rowcount=True)
INSERT_UNLESS_PENDING: Final = _insert_or_skip(
    requests, index_elements=["queue_id", "user_id", "bucket_start_us"], index_where=IS_PENDING
)
_INSERT_QUEUE: Final = _insert_or_skip(queues)


def _asking(*of_whom: Any) -> Select[Any]:  # noqa: ANN401 - conditions
    """Build the statement that asks: the first pending ones, as many as the day allows."""
    most = bindparam("most", type_=BigInteger())
    cap = bindparam("cap", type_=BigInteger())
    pending = (
        select(requests, RANK.label("rank"))
        .where(requests.c.queue_id == _QUEUE_ID, IS_PENDING, *of_whom)
        .order_by(RANK, requests.c.place)
        # Twice: a planner that knows this number takes the index, and does not sort.
        .limit(most)
        .subquery()
    )
    # No more than the cap is counted, so that the difference is never below 0
    # and a day with many done ones costs no more than one with few.
    done_today = (
        select(literal_column("1"))
        .where(requests.c.queue_id == _QUEUE_ID, ~IS_PENDING, requests.c.created_us >= bindparam("today_us"))
        .where(requests.c.created_us < bindparam("tomorrow_us"))
        .limit(cap)
        .subquery()
    )
    remaining = cap - select(func.count()).select_from(done_today).scalar_subquery()
    return select(pending).order_by(pending.c.rank, pending.c.place).limit(remaining)


ASK: Final = _asking()
ASK_USER: Final = _asking(requests.c.user_id == bindparam("user_key"))


def lock_queue(connection: Connection, name: str) -> tuple[int, int]:
    """Make this transaction the only one that changes a queue, until it ends.

    The queue's row is made where it is missing.

    Returns:
        The queue's number, and the next free place in its order.
    """
    queue_id = connection.scalar(LOCKED_NUMBER, {"name": name})
    if queue_id is None:
        connection.execute(_INSERT_QUEUE[connection.dialect.name], {"name": name})
        queue_id = connection.execute(LOCKED_NUMBER, {"name": name}).scalar_one()
    # A statement of its own after the lock: it sees what the holder before committed.
    last = connection.scalar(LAST_PLACE, {"queue_id": queue_id})
    return queue_id, 0 if last is None else last + 1


def insert_records(connection: Connection, records: Iterator[dict[str, Any]], *, skips_pending: bool) -> int:
    """Insert records, in batches.

    Args:
        connection: In a transaction that holds the queue's lock.
        records: As `record_of` makes them.
        skips_pending: Leave out those whose bucket is pending already (DUP);
            otherwise the database refuses them.

    Returns:
        How many were inserted.
    """
    statement = INSERT_UNLESS_PENDING[connection.dialect.name] if skips_pending else _INSERT
    added = 0
    while batch := list(islice(records, _ROWS_A_STATEMENT)):
        added += connection.execute(statement, batch).rowcount
    return added
