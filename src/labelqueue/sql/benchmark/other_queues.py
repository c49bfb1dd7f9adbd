"""The other queues: what people would take instead on SQLite, and ours as durable as each of them.

Each is opened as its own documentation shows, and says itself how its connection
is set.  Ours flushes every change; so that like is compared with like, it is
measured on a file with the write-ahead log, too, and with a flush at checkpoints
only.  The latter is no setting of ours: it breaks the contract (DUR-4), and is
brought about by rewriting the statement that asks for the flush.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import Engine, create_engine, event

from labelqueue.sql.benchmark.turns import Figure, bucket, medians_in_turns
from labelqueue.sql.queue import SqlLabelingQueue

__all__ = ["QUEUES", "Opened", "measure_other_queues", "settings_of"]

_LEVELS: Final = ("OFF", "NORMAL", "FULL", "EXTRA")


class Opened(NamedTuple):
    """A queue that is open.

    Attributes:
        put: Adds the bucket of a number.
        take: Gets the next one and acknowledges it.
        ask_sqlite: Asks SQLite on the queue's own connection.
    """

    put: Callable[[int], Any]
    take: Callable[[], Any]
    ask_sqlite: Callable[[str], Any]


def _ours(folder: Path, *, journal: str = "delete", flushes_always: bool = True) -> Opened:
    engine = create_engine(f"sqlite:///{folder}/ours.db")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA journal_mode={journal}")
    if not flushes_always:
        _let_it_flush_at_checkpoints_only(engine)
    queue = SqlLabelingQueue(engine, 10**9)

    def ask_sqlite(pragma: str) -> Any:  # noqa: ANN401 - SQLite's
        with engine.connect() as connection:
            return connection.exec_driver_sql(pragma).scalar()

    return Opened(
        lambda n: queue.enqueue_drift([bucket(n)]),
        lambda: queue.mark_done(queue.get_pending(limit=1)[0].request_id),
        ask_sqlite,
    )


def _let_it_flush_at_checkpoints_only(engine: Engine) -> None:
    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def rewrite(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> Any:  # noqa: ANN401
        is_flush = statement == "PRAGMA synchronous=EXTRA"
        return ("PRAGMA synchronous=NORMAL" if is_flush else statement), parameters


def _persist_queue(folder: Path) -> Opened:
    import persistqueue  # noqa: PLC0415 - only the benchmark needs it

    queue = persistqueue.UniqueAckQ(str(folder))
    connection: Any = queue._putter  # noqa: SLF001 - its own connection, asked and not changed
    return Opened(lambda n: queue.put(_text(n)), lambda: queue.ack(queue.get()), partial(_answer, connection))


def _litequeue(folder: Path, *, flushes_always: bool = False) -> Opened:
    import litequeue  # type: ignore[import-untyped]  # noqa: PLC0415 - only the benchmark needs it

    queue = litequeue.LiteQueue(str(folder / "litequeue.db"))
    if flushes_always:
        queue.conn.execute("PRAGMA synchronous=FULL")
    take = lambda: queue.done(queue.pop().message_id)  # noqa: E731 - as short as the others
    return Opened(lambda n: queue.put(_text(n)), take, partial(_answer, queue.conn))


QUEUES: Final[Mapping[str, Callable[[Path], Opened]]] = {
    "ours": _ours,
    "ours, write-ahead log": partial(_ours, journal="wal"),
    "ours, write-ahead log, flushed at checkpoints": partial(_ours, journal="wal", flushes_always=False),
    "persist-queue (unique, acknowledging)": _persist_queue,
    "litequeue": _litequeue,
    "litequeue, told to flush": partial(_litequeue, flushes_always=True),
}
"""How to open each queue in a folder of its own."""

# The other with ours as it is, and then with the one of ours that is as durable.
_PAIRS: Final = [
    ("ours", "persist-queue (unique, acknowledging)"),
    ("ours, write-ahead log", "persist-queue (unique, acknowledging)"),
    ("ours", "litequeue"),
    ("ours, write-ahead log, flushed at checkpoints", "litequeue"),
    ("ours, write-ahead log", "litequeue, told to flush"),
]


def measure_other_queues(folder: Path, *, times: int = 200) -> Iterator[Figure]:
    """Measure one put, and one get with its acknowledgement, of every queue in turns.

    Args:
        folder: An empty one, on the disk that is to be measured.
        times: How many of each.
    """
    opened = {name: _opened(name, folder) for name in QUEUES}
    puts = [[partial(each.put, n) for n in range(times)] for each in opened.values()]
    takes = [[each.take] * times for each in opened.values()]
    for what, callers in (("put one", puts), ("take one and acknowledge", takes)):
        seconds = dict(zip(opened, medians_in_turns(*callers), strict=True))
        yield from (Figure(what, seconds[ours], seconds[other], other, ours) for ours, other in _PAIRS)


def settings_of(name: str, folder: Path) -> str:
    """Return how the connection of a queue is set once it was used: its journal, and when SQLite flushes it.

    Args:
        name: One of `QUEUES`.
        folder: An empty one.
    """
    opened = _opened(name, folder)
    opened.put(0)
    level = _LEVELS[int(opened.ask_sqlite("PRAGMA synchronous"))]
    return f"journal_mode={opened.ask_sqlite('PRAGMA journal_mode')}, synchronous={level}"


def _opened(name: str, folder: Path) -> Opened:
    own = folder / str(list(QUEUES).index(name))
    own.mkdir()
    return QUEUES[name](own)


def _answer(connection: sqlite3.Connection, pragma: str) -> Any:  # noqa: ANN401 - SQLite's
    return connection.execute(pragma).fetchone()[0]


def _text(number: int) -> str:
    """Return the same bucket as text, which is all that the others store."""
    return json.dumps(bucket(number), default=str)
