"""A database as something that opens stores, for the conformance kit.

The kit names a store by a path.  On SQLite that is the path of a database file,
so that everything can be examined, crashes included; the path in the URL is not
touched.  On PostgreSQL it becomes the name of a queue; the queues of one run
have a mark in their names, by which they are removed afterwards, also those that
other processes of the run made.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from sqlalchemy import create_engine, delete, event, func, make_url, select

from labelqueue.sql.database import Database
from labelqueue.sql.queue import SqlLabelingQueue
from labelqueue.sql.schema import drop_schema, queues, requests

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

__all__ = ["Opener"]

_MARK: Final = "conform"
_FLUSHING: Final = ("fsync", "full_page_writes", "synchronous_commit")
"""The settings that say whether a server flushes what it commits, and whether a torn page can be mended."""


class Opener:
    """Opens a queue of a database for every path that it is called with.

    Args:
        url: The URL of the database, with `#MARK` behind it in the processes that
            belong to a run.

    Attributes:
        url: The URL with the mark of this run, for further processes.
        name: The URL as it may be shown.
        is_path: Whether a store is a file at the path.

    Raises:
        InvalidInputError: It is no URL of SQLite or PostgreSQL.
    """

    def __init__(self, url: str) -> None:
        plain, _, mark = url.partition("#")
        self._mark = mark or uuid4().hex
        self.url = f"{plain}#{self._mark}"
        database = Database(plain)
        self.name = database.name
        self._url = make_url(plain)
        self.is_path = self._url.get_backend_name() == "sqlite"
        # One pool for all queues of this process: PostgreSQL counts connections.
        self._engine = None if self.is_path else create_engine(database.url or self._url)
        self._off: set[str] = set()
        if self._engine is not None:
            event.listen(self._engine, "commit", self._look_at_commit)

    def __call__(self, queue_path: Path, *cap: Any) -> SqlLabelingQueue:  # noqa: ANN401 - also caps that are none
        """Open the queue of a store."""
        if self._engine is None:
            return SqlLabelingQueue(self._url.set(database=str(queue_path)), *cap)
        name = f"{_MARK} {self._mark} {hashlib.sha256(str(queue_path).encode()).hexdigest()}"
        return SqlLabelingQueue(self._engine, *cap, name=name)

    def unflushed(self) -> str | None:
        """Say which settings did not let the server flush what this process committed since it was asked last."""
        off, self._off = sorted(self._off), set()
        return f"the server committed with {', '.join(f'{name} = off' for name in off)}" if off else None

    def _look_at_commit(self, connection: Connection) -> None:
        settings = select(*(func.current_setting(name).label(name) for name in _FLUSHING))
        values = connection.execute(settings).mappings().one()
        self._off |= {name for name, value in values.items() if value == "off"}

    def remove(self) -> None:
        """Remove every queue of the run, and the tables where no other queue is in them."""
        if self._engine is None:
            return
        ours = select(queues.c.queue_id).where(queues.c.name.startswith(f"{_MARK} {self._mark} "))

        def work(connection: Connection) -> None:
            connection.execute(delete(requests).where(requests.c.queue_id.in_(ours)))
            connection.execute(delete(queues).where(queues.c.queue_id.in_(ours)))
            if not connection.scalar(select(func.count()).select_from(queues)):
                drop_schema(connection)

        Database(self._engine).write(work)
        self._engine.dispose()
