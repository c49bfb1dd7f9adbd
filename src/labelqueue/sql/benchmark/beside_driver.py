"""The queue beside the raw driver: enqueueing, asking and marking, with few and with many requests."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from labelqueue.sql.benchmark.driver import Driver
from labelqueue.sql.benchmark.turns import Figure, bucket, medians_in_turns
from labelqueue.sql.queue import SqlLabelingQueue
from labelqueue.sql.record import request_from

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["measure_beside_driver"]

_ASKED: Final = 20
_BULK: Final = 100_000
_LEFT: Final = 1000
_THEIRS: Final = "the driver's"
_YESTERDAY_US: Final = 2 * 86_400_000_000


def measure_beside_driver(url: str, number: int, *, times: int = 200) -> Iterator[Figure]:
    """Measure a queue with many requests beside the raw driver.

    Args:
        url: An empty database.
        number: How many requests.
        times: How often each is asked and marks.
    """
    for name in ("default", "again", _THEIRS):
        SqlLabelingQueue(url, name=name).enqueue_drift([bucket(-1)])
    queue, driver = SqlLabelingQueue(url, _ASKED), Driver(url)
    yield _enqueueing(url, driver, number)
    yield from _asking(queue, driver, f"get_pending(limit=20), {number} pending", times)
    yield _marking(queue, driver, number, times)
    left = min(_LEFT, number // 2)
    _finish_all_but(left, driver)
    yield from _asking(queue, driver, f"get_pending(limit=20), {number - left} done", times)
    driver.close()


def _enqueueing(url: str, driver: Driver, number: int) -> Figure:
    """Fill the queue in bulk; the driver fills another queue of the same table with the same rows."""
    size = min(number, _BULK)
    rounds = [("default", first) for first in range(0, number, size)]
    if len(rounds) == 1:
        # Once more, so that each of both was the first once.
        rounds.append(("again", number))

    def ours() -> Iterator[Callable[[], Any]]:
        for name, first in rounds:
            yield partial(SqlLabelingQueue(url, name=name).enqueue_drift, _buckets(first, size))

    def theirs() -> Iterator[Callable[[], Any]]:
        for _, first in rounds:
            yield partial(driver.insert, _THEIRS, driver.records(_buckets(first, size)))

    ours_s, theirs_s = medians_in_turns(ours(), theirs())
    return Figure(f"enqueue {size} rows", ours_s, theirs_s, "the driver's executemany")


def _buckets(first: int, number: int) -> list[dict[str, Any]]:
    return [bucket(n) for n in range(first, first + number)]


def _asking(queue: SqlLabelingQueue, driver: Driver, what: str, times: int) -> Iterator[Figure]:
    assert len(driver.ask(_ASKED)) == len(queue.get_pending(limit=_ASKED))
    ours_s, tuples_s, requests_s = medians_in_turns(
        [partial(queue.get_pending, limit=_ASKED)] * times,
        [partial(driver.ask, _ASKED)] * times,
        [lambda: [request_from(row) for row in driver.ask(_ASKED)]] * times,
    )
    yield Figure(what, ours_s, tuples_s, "the driver's tuples")
    yield Figure(what, ours_s, requests_s, "the driver's tuples, made requests")


def _marking(queue: SqlLabelingQueue, driver: Driver, number: int, times: int) -> Figure:
    """Mark requests from all over the queue."""
    step = max(1, number // (2 * times))
    found = driver.connection.execute(
        "SELECT request_id FROM labelqueue_requests JOIN labelqueue_queues USING (queue_id) "  # noqa: S608 - ours
        f"WHERE name = 'default' AND place % {step} = 0 ORDER BY place LIMIT {2 * times}"
    ).fetchall()
    ids = [request_id for [request_id] in found]
    half = len(ids) // 2
    ours_s, theirs_s = medians_in_turns(
        [partial(queue.mark_done, each) for each in ids[::2][:half]],
        [partial(driver.mark, each) for each in ids[1::2]],
    )
    return Figure("mark_done", ours_s, theirs_s, "the driver's select, update and commit")


def _finish_all_but(left: int, driver: Driver) -> None:
    """Leave few requests pending; all of an earlier day, so that the day allows to ask."""
    with driver.transaction():
        driver.connection.execute(
            f"UPDATE labelqueue_requests SET created_us = created_us - {_YESTERDAY_US}, "  # noqa: S608 - ours
            f"status = CASE WHEN place < {left} THEN 'pending' ELSE 'labeled' END"
        )
    if not driver.is_sqlite:
        # As the server does by itself within minutes.
        driver.connection.execute("VACUUM ANALYZE labelqueue_requests")
