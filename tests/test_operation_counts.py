"""Asking and marking do not grow with the queue, writing the file aside.

Counted, not timed: the bytecodes that Python executes, and the bytes that it
allocates at most meanwhile, so that neither a loop nor a copy goes unseen.
"""

from __future__ import annotations

import sys
import tracemalloc
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest

from labelqueue import ActiveLabelingQueue
from labelqueue.batch import Batch, new_requests
from labelqueue.canonical import time_of
from labelqueue.chunks import Chunks
from labelqueue.file import Replacement

START = datetime(2026, 1, 10, 9, tzinfo=UTC)
FEW, MANY = 2_000, 64_000


def queue_of(path, count):
    """A queue with so many pending requests, opened from its file, each index made."""
    times = [time_of(START + timedelta(minutes=number)) for number in range(count + 1)]
    users = [f"user {number % 50}" for number in range(count)]
    confidences = [number * 7919 % 1000 / 1000 for number in range(count)]
    texts, _ = new_requests(Batch(users, times[:-1], times[1:], confidences, [None] * count), "drift", START)
    path.write_bytes(b"".join(Chunks().extended(texts).parts()))
    queue = ActiveLabelingQueue(path)
    queue.get_pending()
    queue.get_pending("user 7")
    assert queue.enqueue_drift([bucket(START)]) == 0
    assert queue.mark_done("nobody's id") is None
    return queue


def bucket(start):
    return {"user_id": "user 0", "bucket_start_ts": start, "bucket_end_ts": start + timedelta(minutes=1)}


def steps_of(call):
    """How many bytecodes a call executes, those of what it calls included."""
    steps = 0

    def trace(frame, event, _):
        nonlocal steps
        frame.f_trace_opcodes = True
        steps += event == "opcode"
        return trace

    outer = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(outer)
    return steps


def peak_of(call):
    """How many bytes a call has allocated at most at one moment."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def mark_next(queue):
    """Mark the first of the order of asking, with nothing written."""
    [request] = queue.get_pending(limit=1)
    queue.mark_done(request.request_id)


CALLS = {
    "get_pending": lambda queue: queue.get_pending(limit=10),
    "get_pending of a user": lambda queue: queue.get_pending("user 7", limit=10),
    "mark_done": mark_next,
}


@pytest.fixture
def queues(tmp_path):
    """A small queue and one 32 times as large, whose changes write no content."""
    write = Replacement.write
    with patch.object(Replacement, "write", lambda replacement, _: write(replacement, [])):
        yield queue_of(tmp_path / "few.json", FEW), queue_of(tmp_path / "many.json", MANY)


@pytest.mark.parametrize("call", CALLS.values(), ids=list(CALLS))
def test_no_call_takes_more_steps_in_a_large_queue(queues, call):
    """The bytecodes are as many at 64,000 requests as at 2,000, but for a few of the sorted list's."""
    few, many = (steps_of(lambda queue=queue: call(queue)) for queue in queues)

    assert many < 1.2 * few + 100


@pytest.mark.parametrize("call", CALLS.values(), ids=list(CALLS))
def test_no_call_copies_a_large_queue(queues, call):
    """What is allocated grows by less than a byte for each further request: a few pointers for each chunk."""
    few, many = (peak_of(lambda queue=queue: call(queue)) for queue in queues)

    assert many - few < MANY - FEW


def test_the_counts_see_a_walk(queues):
    """A call that looks at every request is told, by its steps; one that copies them, by its allocations."""
    ranks = [queue._view.ledger._ranks for queue in queues]
    walk = [steps_of(lambda each=each: [rank for rank in each if rank is None]) for each in ranks]
    copy = [peak_of(each.copy) for each in ranks]

    assert walk[1] > 20 * walk[0]
    assert copy[1] - copy[0] > MANY - FEW
