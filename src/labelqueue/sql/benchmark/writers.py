"""The writers: many processes that add overlapping batches to one queue, ours and the raw driver's in turns."""

from __future__ import annotations

import multiprocessing
import random
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from labelqueue.sql.benchmark.driver import Driver
from labelqueue.sql.benchmark.turns import bucket
from labelqueue.sql.queue import SqlLabelingQueue

if TYPE_CHECKING:
    from multiprocessing.queues import Queue
    from multiprocessing.synchronize import Barrier

__all__ = ["Writing", "measure_writers"]

_ROWS: Final = 50
_OVERLAP: Final = 4  # how many batches an average bucket is in
_SECONDS: Final = 300


class Writing(NamedTuple):
    """What came of writers that overlapped.

    Attributes:
        ours: How many batches a second we added.
        others: How many the raw driver added.
        is_exact: Whether each bucket is pending once and the numbers returned add
            up to them, in every round of both.
        errors: What reached the callers of ours.
    """

    ours: float
    others: float
    is_exact: bool
    errors: list[str]


class _Work(NamedTuple):
    url: str
    name: str
    batches: int
    keys: int
    is_ours: bool


class _Round(NamedTuple):
    batches_a_second: float
    is_exact: bool
    errors: list[str]


def measure_writers(url: str, *, writers: int = 8, batches: int = 20, rounds: int = 4) -> Writing:
    """Let processes add batches of 50 rows with overlapping keys at the same time.

    Args:
        url: A database.
        writers: How many processes.
        batches: How many batches each of them adds in a round.
        rounds: How many rounds; ours, the driver's, the driver's, ours, and so on.
    """
    ours: list[_Round] = []
    others: list[_Round] = []
    for number in range(rounds):
        is_ours = number % 4 in (0, 3)
        work = _Work(url, f"writers {number}", batches, max(_ROWS, writers * batches * _ROWS // _OVERLAP), is_ours)
        (ours if is_ours else others).append(_round(work, writers))
    return Writing(
        statistics.median(each.batches_a_second for each in ours),
        statistics.median(each.batches_a_second for each in others),
        all(each.is_exact for each in ours + others),
        [error for each in ours for error in each.errors],
    )


def _round(work: _Work, writers: int) -> _Round:
    added = SqlLabelingQueue(work.url, name=work.name).enqueue_drift([bucket(-1)])
    context = multiprocessing.get_context("spawn")
    barrier, answers = context.Barrier(writers), context.Queue()
    processes = [context.Process(target=_write, args=(seed, work, barrier, answers)) for seed in range(writers)]
    for process in processes:
        process.start()
    got = [answers.get(timeout=_SECONDS) for _ in processes]
    for process in processes:
        process.join()
    added += sum(each[2] for each in got)
    seconds = max(each[1] for each in got) - min(each[0] for each in got)
    return _Round(writers * work.batches / seconds, _is_exact(work, added), [each[3] for each in got if each[3]])


def _is_exact(work: _Work, added: int) -> bool:
    items = SqlLabelingQueue(work.url, name=work.name).all_items
    return added == len(items) == len({(each.user_id, each.bucket_start_ts) for each in items})


def _write(seed: int, work: _Work, barrier: Barrier, answers: Queue[Any]) -> None:
    rng = random.Random(seed)  # noqa: S311 - no secret
    # Out of order and overlapping with the others' batches.
    batches = [[bucket(n) for n in rng.sample(range(work.keys), _ROWS)] for _ in range(work.batches)]
    calls = _calls(work, [[bucket(-1)], *batches])
    next(calls)()  # opens the connection
    barrier.wait(_SECONDS)
    added, error, begun = 0, "", time.monotonic()
    try:
        for call in calls:
            added += call()
    except Exception as raised:  # noqa: BLE001 - told in the table
        error = repr(raised)
    answers.put((begun, time.monotonic(), added, error))


def _calls(work: _Work, batches: list[list[dict[str, Any]]]) -> Iterator[Callable[[], int]]:
    if work.is_ours:
        queue = SqlLabelingQueue(work.url, name=work.name)
        return iter([partial(queue.enqueue_drift, rows) for rows in batches])
    driver = Driver(work.url)
    return iter([partial(driver.insert, work.name, driver.records(rows)) for rows in batches])
