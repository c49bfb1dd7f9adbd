"""Many processes over one database: one queue, exact, and nobody is blocked by the dead."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, make_url, text

from labelqueue.sql import SqlLabelingQueue

START = datetime(2026, 1, 10, 9, tzinfo=UTC)
# Quick to start, and a fork is what the queue must bear anyway.
FORKING = multiprocessing.get_context("fork")


def bucket(minutes, user_id="ada"):
    start = START + timedelta(minutes=minutes)
    return {"user_id": user_id, "bucket_start_ts": start, "bucket_end_ts": start + timedelta(minutes=15)}


def run_all(target, arguments):
    answers = FORKING.Queue()
    processes = [FORKING.Process(target=target, args=(*each, answers)) for each in arguments]
    for process in processes:
        process.start()
    got = [answers.get() for _ in processes]
    for process in processes:
        process.join()
    return got


def _write(url, seed, batches, answers):
    queue = SqlLabelingQueue(url)
    rng = random.Random(seed)
    added = 0
    try:
        for _ in range(batches):
            # Out of order and overlapping with the others' batches: unsorted, they would deadlock.
            keys = rng.sample(range(400), 50)
            added += queue.enqueue_drift([bucket(key, f"user {key % 3}") for key in keys])
        answers.put((added, None))
    except Exception as error:  # noqa: BLE001 - told to the test
        answers.put((added, repr(error)))


def test_eight_writers_with_overlapping_batches_dedupe_exactly(url):
    """Each bucket is pending once, the numbers returned add up, and no deadlock reaches a caller."""
    answers = run_all(_write, [(url, seed, 12) for seed in range(8)])

    items = SqlLabelingQueue(url).all_items
    assert [error for _, error in answers] == [None] * 8
    assert sum(added for added, _ in answers) == len(items)
    assert len({(r.user_id, r.bucket_start_ts) for r in items}) == len(items)
    assert len({r.request_id for r in items}) == len(items)


def _add_one_by_one(url, user_id, number, answers):
    queue = SqlLabelingQueue(url)
    for n in range(number):
        queue.enqueue_drift([bucket(n, user_id)])
    answers.put(user_id)


def test_a_reader_never_sees_a_later_request_before_an_earlier_one(url):
    """While four writers add, whatever a reader has seen of `all_items` stays a prefix of what it sees next."""
    queue = SqlLabelingQueue(url)
    answers = FORKING.Queue()
    processes = [FORKING.Process(target=_add_one_by_one, args=(url, f"user {n}", 25, answers)) for n in range(4)]
    for process in processes:
        process.start()
    seen, looks = [], 0
    while len(seen) < 100:
        now = [r.request_id for r in queue.all_items]
        assert now[: len(seen)] == seen
        looks += now != seen
        seen = now
    for process in processes:
        process.join()

    assert looks > 1
    assert Counter(r.user_id for r in queue.all_items) == {f"user {n}": 25 for n in range(4)}


def _mark(url, ids, status, answers):
    queue = SqlLabelingQueue(url)
    answers.put([queue.mark_done(request_id, status).status for request_id in ids])


def test_marks_of_many_processes_are_all_kept(url):
    """Every request ends with a status that somebody set, and every caller saw its own."""
    queue = SqlLabelingQueue(url)
    queue.enqueue_drift([bucket(n) for n in range(40)])
    ids = [r.request_id for r in queue.all_items]

    answers = run_all(
        _mark, [(url, ids[:30], "labeled"), (url, ids[::-1][:30], "skipped"), (url, ids[:30][::-1], "labeled")]
    )

    statuses = [r.status for r in queue.all_items]
    assert sorted(answers) == [["labeled"] * 30] * 2 + [["skipped"] * 30]
    assert statuses[:10] + statuses[30:] == ["labeled"] * 10 + ["skipped"] * 10
    assert "pending" not in statuses


def _hold_the_lock(url, answers):
    engine = create_engine(make_url(url))
    connection = engine.connect()
    if engine.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        connection.exec_driver_sql("UPDATE labelqueue_requests SET status = 'skipped'")
    else:
        connection.execute(text("SELECT * FROM labelqueue_queues FOR UPDATE"))
        connection.execute(text("UPDATE labelqueue_requests SET status = 'skipped'"))
    answers.put("held")
    signal.pause()


def test_a_process_that_dies_in_a_transaction_blocks_nobody(url):
    """What it had not committed is gone, and the next writer goes on."""
    queue = SqlLabelingQueue(url)
    queue.enqueue_drift([bucket(0)])
    answers = FORKING.Queue()
    process = FORKING.Process(target=_hold_the_lock, args=(url, answers))
    process.start()
    assert answers.get() == "held"

    os.kill(process.pid, signal.SIGKILL)
    process.join()

    assert [r.status for r in queue.all_items] == ["pending"]
    assert queue.enqueue_drift([bucket(0), bucket(15)]) == 1


@pytest.mark.parametrize("moment", range(6))
def test_a_process_that_is_killed_while_it_writes_leaves_the_queue_before_or_after(url, moment):
    """Whole batches are there or nothing of them, and everything that was acknowledged."""
    queue = SqlLabelingQueue(url)
    answers = FORKING.Queue()
    process = FORKING.Process(target=_write_batches, args=(url, answers))
    process.start()
    acknowledged = [answers.get() for _ in range(moment + 1)]

    os.kill(process.pid, signal.SIGKILL)
    process.join()

    by_batch = Counter(r.user_id for r in queue.all_items)
    assert set(by_batch.values()) == {20}
    assert set(acknowledged) <= set(by_batch)
    assert queue.enqueue_drift([bucket(0, "the next")]) == 1


def _write_batches(url, answers):
    queue = SqlLabelingQueue(url)
    for n in range(10_000):
        queue.enqueue_drift([bucket(minutes, f"batch {n}") for minutes in range(20)])
        answers.put(f"batch {n}")
