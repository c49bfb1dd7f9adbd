"""The raw driver: the very same statements on a connection that stays open, with nothing of ours between.

It validates nothing, makes no ids, and hands out tuples instead of requests; the
rows that it inserts are made beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import uuid4

from sqlalchemy import Select, UpdateBase, create_engine, make_url
from sqlalchemy.sql.compiler import SQLCompiler

from labelqueue.rows import buckets_from_mappings
from labelqueue.sql.record import microseconds_of, record_for
from labelqueue.sql.statements import ASK, INSERT_UNLESS_PENDING, LAST_PLACE, LOCKED_NUMBER, MARK, ONE

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Driver"]

_DAY_US: Final = 86_400_000_000


class Driver:
    """The driver's own connection to a database whose tables are there.

    Attributes:
        connection: Of `sqlite3` or `psycopg`; without transactions of its own making.
        is_sqlite: Which of them.
    """

    def __init__(self, url: str) -> None:
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        # Parameters by position, which both drivers take.
        self._engine = create_engine(make_url(url), paramstyle="qmark" if self.is_sqlite else "format")
        # Kept, so that the pool does not take it back.
        self._pooled = self._engine.raw_connection()
        self.connection = cast("Any", self._pooled.driver_connection)
        if self.is_sqlite:
            self.connection.isolation_level = None
            self.connection.execute("PRAGMA synchronous=EXTRA")
            self.connection.execute("PRAGMA busy_timeout=30000")
        else:
            self.connection.autocommit = True
        self._compiled: dict[Any, SQLCompiler] = {}

    def close(self) -> None:
        """Close the connection."""
        self._pooled.invalidate()
        self._engine.dispose()

    def rows(self, statement: Select[Any] | UpdateBase, values: Mapping[str, Any]) -> list[Any]:
        """Execute one of our statements, and return its rows as tuples."""
        compiled = self._compiled_of(statement)
        given = {**compiled.params, **values}
        arguments = [given[name] for name in compiled.positiontup or ()]
        rows: list[Any] = self.connection.execute(compiled.string, arguments).fetchall()
        return rows

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Begin as ours does, and commit."""
        self.connection.execute("BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN ISOLATION LEVEL READ COMMITTED")
        yield
        self.connection.execute("COMMIT")

    def ask(self, most: int) -> list[Any]:
        """Do what `get_pending` does."""
        midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        today_us = microseconds_of(midnight)
        days = {"today_us": today_us, "tomorrow_us": today_us + _DAY_US}
        return self.rows(ASK, {"name": "default", "cap": most, "most": most, **days})

    def mark(self, request_id: str) -> None:
        """Do what `mark_done` does for a request that is pending."""
        self.rows(ONE, {"name": "default", "wanted_id": request_id})
        with self.transaction():
            self.rows(MARK, {"name": "default", "wanted_id": request_id, "new_status": "labeled"})

    def records(self, buckets: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
        """Return what `insert` takes: new requests by key, as ours are; each with its turn in place of its place."""
        now_us = microseconds_of(datetime.now(UTC))
        made = [record_for(each, "drift", now_us, str(uuid4())) for each in buckets_from_mappings(buckets)]
        turns = sorted(enumerate(made), key=lambda each: (each[1]["user_id"], each[1]["bucket_start_us"]))
        names = (self._inserting().positiontup or ())[2:]  # behind the queue and the place
        return [(turn, *(record[name] for name in names)) for turn, record in turns]

    def insert(self, name: str, records: Sequence[tuple[Any, ...]]) -> int:
        """Do what enqueueing does, with requests that are ready; return how many were new."""
        cursor = self.connection.cursor()
        with self.transaction():
            [[queue_id]] = self.rows(LOCKED_NUMBER, {"name": name})
            [[last]] = self.rows(LAST_PLACE, {"queue_id": queue_id})
            rows = [(queue_id, last + 1 + turn, *values) for turn, *values in records]
            cursor.executemany(self._inserting().string, rows)
        return int(cursor.rowcount)

    def _inserting(self) -> SQLCompiler:
        return self._compiled_of(INSERT_UNLESS_PENDING[self._engine.dialect.name])

    def _compiled_of(self, statement: Select[Any] | UpdateBase) -> SQLCompiler:
        if statement not in self._compiled:
            self._compiled[statement] = statement.compile(dialect=self._engine.dialect)
        return self._compiled[statement]
