"""The benchmark: what the queue on a database costs beside the raw driver, and beside other queues.

`python -m labelqueue.sql.benchmark URL [REQUESTS]` prints a table; the database has
to be empty.  Ours and the driver's take turns, so that both see the same machine.
The driver makes the very same statements on a connection that stays open, and
hands out tuples instead of requests.  `labelqueue bench` may call `measure`.
"""

from __future__ import annotations

import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, create_engine, make_url

from labelqueue.sql.queue import SqlLabelingQueue
from labelqueue.sql.record import microseconds_of, request_from
from labelqueue.sql.statements import ASK, MARK, ONE, lock_queue

__all__ = ["Figure", "main", "measure", "measure_others"]

_START: Final = datetime(2026, 1, 1, tzinfo=UTC)
_DAY_US: Final = 86_400_000_000
_ASKED: Final = 20
_TIMES: Final = 200
_PUTS: Final = 200


class Figure(NamedTuple):
    """One thing that was measured.

    Attributes:
        what: What was done.
        ours_s: How long it took us, in seconds; the median where it was done often.
        other_s: How long it took the other.
        other: Who the other is.
    """

    what: str
    ours_s: float
    other_s: float
    other: str


def measure(url: str, number: int) -> Iterator[Figure]:
    """Measure a queue with many requests beside the raw driver.

    Args:
        url: An empty database.
        number: How many requests.
    """
    queue = SqlLabelingQueue(url, _ASKED)
    rows = [_bucket(n) for n in range(number)]
    begun = time.perf_counter()
    queue.enqueue_drift(rows)
    ours_s = time.perf_counter() - begun
    engine = create_engine(make_url(url))
    with engine.connect() as connection:
        yield Figure(f"enqueue {number} rows", ours_s, _raw_insert_s(connection), "the driver's executemany")
        driver = _Driver(connection)
        yield from _asking(queue, driver, f"get_pending(limit=20), {number} pending")
        ids = [request.request_id for request in queue.all_items]
        yield _marking(queue, driver, ids[: 2 * _TIMES])
        # All of another day, so that there is something left to ask.
        driver.connection.execute("UPDATE labelqueue_requests SET created_us = created_us - 172800000000")
        driver.connection.execute("UPDATE labelqueue_requests SET status = 'labeled' WHERE place > 999")
        driver.connection.commit()
        yield from _asking(queue, driver, f"get_pending(limit=20), {number - 1000} done")
    engine.dispose()


def measure_others() -> Iterator[Figure]:
    """Measure SQLite beside what people would take instead of it: one put, and one get with its acknowledgement.

    Ours flushes every change (`synchronous=EXTRA`); the others say themselves what they do.
    """
    import litequeue  # type: ignore[import-untyped]  # noqa: PLC0415 - only the benchmark needs it
    import persistqueue  # noqa: PLC0415 - as above

    with tempfile.TemporaryDirectory() as folder:
        ours = SqlLabelingQueue(f"sqlite:///{folder}/ours.db", 10**9)
        put_s = _median_s([partial(ours.enqueue_drift, [_bucket(n)]) for n in range(_PUTS)])
        take_s = _median_s([lambda: ours.mark_done(ours.get_pending(limit=1)[0].request_id)] * _PUTS)
        unique = persistqueue.UniqueAckQ(f"{folder}/persist-queue")
        lite = litequeue.LiteQueue(f"{folder}/litequeue.db")
        others: list[tuple[str, Callable[[int], Any], Callable[[], Any]]] = [
            ("persist-queue (unique, acknowledging)", lambda n: unique.put(str(n)), lambda: unique.ack(unique.get())),
            ("litequeue", lambda n: lite.put(str(n)), lambda: lite.done(lite.pop().message_id)),
        ]
        for name, put, take in others:
            yield Figure("put one", put_s, _median_s([partial(put, n) for n in range(_PUTS)]), name)
            yield Figure("take one and acknowledge", take_s, _median_s([take] * _PUTS), name)
        for name, file in (("persist-queue", "persist-queue/data.db"), ("litequeue", "litequeue.db")):
            print(f"{name}: {_durability(Path(folder) / file)}")  # noqa: T201 - a part of the table


class _Driver:
    """The driver's own connection, and the statements as it takes them."""

    def __init__(self, connection: Connection) -> None:
        self.dialect = connection.dialect
        self.connection: Any = connection.connection.driver_connection

    def run(self, statement: Any, values: dict[str, Any]) -> list[Any]:  # noqa: ANN401 - one of ours
        compiled = statement.compile(dialect=self.dialect)
        given = compiled.construct_params(values)
        given = given if compiled.positiontup is None else [given[name] for name in compiled.positiontup]
        rows: list[Any] = self.connection.execute(compiled.string, given).fetchall()
        return rows


def _asking(queue: SqlLabelingQueue, driver: _Driver, what: str) -> Iterator[Figure]:
    today_us = microseconds_of(datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0))
    values = {"name": "default", "cap": _ASKED, "most": _ASKED, "today_us": today_us, "tomorrow_us": today_us + _DAY_US}
    compiled = ASK.compile(dialect=driver.dialect)
    given = compiled.construct_params(dict(values))
    arguments = given if compiled.positiontup is None else [given[name] for name in compiled.positiontup]

    def tuples() -> list[Any]:
        rows: list[Any] = driver.connection.execute(compiled.string, arguments).fetchall()
        return rows

    ours = [partial(queue.get_pending, limit=_ASKED)] * _TIMES
    assert len(tuples()) == len(ours[0]()) == _ASKED
    yield Figure(what, *_in_turns(ours, [tuples] * _TIMES), "the driver's tuples")
    requests = [lambda: [request_from(row) for row in tuples()]] * _TIMES
    yield Figure(what, *_in_turns(ours, requests), "the driver's tuples, made requests")


def _marking(queue: SqlLabelingQueue, driver: _Driver, ids: list[str]) -> Figure:
    def mark(request_id: str) -> None:
        if driver.dialect.name == "sqlite":
            driver.connection.execute("PRAGMA synchronous=EXTRA")
        driver.run(ONE, {"name": "default", "wanted_id": request_id})
        driver.run(MARK, {"name": "default", "wanted_id": request_id, "new_status": "labeled"})
        driver.connection.commit()

    ours = [partial(queue.mark_done, each) for each in ids[::2]]
    theirs = [partial(mark, each) for each in ids[1::2]]
    return Figure("mark_done", *_in_turns(ours, theirs), "the driver's select, update and commit")


def _raw_insert_s(connection: Connection) -> float:
    """Insert the rows that are there into another queue, by the driver alone."""
    rows = connection.exec_driver_sql("SELECT * FROM labelqueue_requests").mappings().all()
    queue_id, place = lock_queue(connection, "the driver's")
    records = [{**row, "queue_id": queue_id, "place": place + n} for n, row in enumerate(rows)]
    names = list(records[0])
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    sql = (
        f"INSERT INTO labelqueue_requests ({', '.join(names)}) VALUES ({', '.join([mark] * len(names))}) "  # noqa: S608 - ours
        "ON CONFLICT (queue_id, user_id, bucket_start_us) WHERE status = 'pending' DO NOTHING"
    )
    driver: Any = connection.connection.driver_connection
    begun = time.perf_counter()
    driver.cursor().executemany(sql, [tuple(record.values()) for record in records])
    connection.commit()
    return time.perf_counter() - begun


def _in_turns(ours: Sequence[Callable[[], Any]], theirs: Sequence[Callable[[], Any]]) -> tuple[float, float]:
    taken: tuple[list[float], list[float]] = [], []
    for pair in zip(ours, theirs, strict=True):
        for times, call in zip(taken, pair, strict=True):
            begun = time.perf_counter()
            call()
            times.append(time.perf_counter() - begun)
    return statistics.median(taken[0]), statistics.median(taken[1])


def _median_s(calls: Sequence[Callable[[], Any]]) -> float:
    times = []
    for call in calls:
        begun = time.perf_counter()
        call()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def _durability(file: Path) -> str:
    with sqlite3.connect(file) as connection:
        [mode] = connection.execute("PRAGMA journal_mode").fetchone()
    connection.close()
    return f"journal_mode={mode}"


def _bucket(number: int) -> dict[str, Any]:
    start = _START + timedelta(minutes=number)
    confidence = number * 7919 % 1000 / 1000
    return {
        "user_id": f"user {number % 50}",
        "bucket_start_ts": start,
        "bucket_end_ts": start + timedelta(minutes=1),
        "confidence": confidence,
        "predicted_label": "coding",
    }


def main() -> None:
    """Measure what the command line names, and print it."""
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: python -m labelqueue.sql.benchmark URL [REQUESTS]")
    figures = measure(sys.argv[1], int(sys.argv[2]) if len(sys.argv) == 3 else 100_000)  # noqa: PLR2004 - the second
    for figure in figures:
        _show(figure)
    if make_url(sys.argv[1]).get_backend_name() == "sqlite":
        for figure in measure_others():
            _show(figure)


def _show(figure: Figure) -> None:
    ratio = figure.ours_s / figure.other_s
    times = f"{1000 * figure.ours_s:10.3f} ms {1000 * figure.other_s:10.3f} ms {ratio:6.2f}"
    print(f"{figure.what:<45} {times}  {figure.other}", flush=True)  # noqa: T201 - the table


if __name__ == "__main__":
    main()
