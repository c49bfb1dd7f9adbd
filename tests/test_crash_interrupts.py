"""Ctrl-C at any moment: memory and store agree, the lock is free, nothing is left behind."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading

import pytest

from labelqueue import ActiveLabelingQueue

OPERATIONS = {
    "drift": lambda queue, hour: queue.enqueue_drift([bucket(hour)]),
    "mark_done": lambda queue, _: queue.mark_done(pending_in(queue)[0]),
    "get_pending": lambda queue, _: queue.get_pending(),
}

# An exception out of a finalizer goes nowhere, and pytest would make an error of it.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def bucket(hour):
    day, hour = divmod(hour, 24)
    return {
        "user_id": "ada",
        "bucket_start_ts": f"2026-{1 + day // 28:02}-{1 + day % 28:02}T{hour:02}:00:00Z",
        "bucket_end_ts": "2027-01-01T00:00:00Z",
    }


def pending_in(queue):
    return [r.request_id for r in queue.all_items if r.status == "pending"]


def shown(queue):
    return [(r.request_id, r.status) for r in queue.all_items]


def interrupted_at(step, call):
    """Make the call, and interrupt it at the given one of the moments at which CPython looks for signals."""
    seen = 0

    def hook(_frame, event, _function):
        nonlocal seen
        seen += event in {"call", "c_return", "c_exception"}
        if seen == step:
            sys.setprofile(None)
            raise KeyboardInterrupt

    sys.setprofile(hook)
    try:
        call()
    except KeyboardInterrupt as error:
        return error
    finally:
        sys.setprofile(None)
    return None if seen < step else "an interrupt went nowhere"


def interrupted_after(delay_s, call):
    """Make the call, and interrupt it by a signal after some time; early and late ones do nothing."""
    is_open = False

    def handler(_signal, _frame):
        nonlocal is_open
        if is_open:
            is_open = False
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, handler)
    timer = threading.Timer(delay_s, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        is_open = True
        call()
        is_open = False
    except KeyboardInterrupt as error:
        return error
    finally:
        is_open = False
        timer.join()
        signal.signal(signal.SIGINT, before)
    return None


def in_another_thread(call):
    thread = threading.Thread(target=call)
    thread.start()
    thread.join(30)
    assert not thread.is_alive()


def check(queue, path, before, error):
    """Whatever was interrupted, what is seen is what is kept, and everybody can go on."""
    there = shown(ActiveLabelingQueue(path))
    assert shown(queue) == there
    assert [name for name in os.listdir(path.parent) if name.endswith(".tmp")] == []  # noqa: PTH208 - names are meant
    if isinstance(error, KeyboardInterrupt) and there != before:
        assert error.__notes__ == [f"{path}: the change that was in progress may have taken effect."]
    # A lock that was not freed, in memory or on the sidecar, would stop one of these.
    in_another_thread(queue.get_pending)
    in_another_thread(lambda: ActiveLabelingQueue(path).mark_done(there[-1][0], "skipped"))


@pytest.fixture
def queue(path, monkeypatch):
    """A queue with requests, whose lock is given up soon."""
    monkeypatch.setattr("labelqueue.lock.LOCK_TIMEOUT_S", 5.0)
    queue = ActiveLabelingQueue(path)
    queue.enqueue_drift([bucket(hour) for hour in range(3)])
    return queue


def put_back(path, content):
    """Write a former content, as another program would have done long ago."""
    path.write_bytes(content)
    os.utime(path, (1_000_000_000, 1_000_000_000))


def open_descriptors():
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - the number is meant


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_interrupt_at_every_step(queue, path, operation, record_property):
    """At whatever step the interrupt comes, memory and store agree, and the error says if the change may stand."""
    content = path.read_bytes()
    steps = interrupted = 0
    while True:
        put_back(path, content)
        before = shown(queue)
        error = interrupted_at(steps + 1, lambda: OPERATIONS[operation](queue, 100))
        if error is None:
            break
        steps += 1
        interrupted += isinstance(error, KeyboardInterrupt)
        check(queue, path, before, error)

    record_property("interrupted", interrupted)
    assert interrupted > steps / 2


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="there is no list of open descriptors")  # noqa: PTH112
def test_interrupts_leak_no_descriptors(queue, path):
    """A hundred interrupts leave no more descriptors open than one."""

    def interrupt(step):
        interrupted_at(step, lambda: queue.enqueue_drift([bucket(100 + step)]))

    for step in range(1, 60):
        interrupt(step)
    before = open_descriptors()
    for step in range(60, 160):
        interrupt(step)

    assert open_descriptors() <= before + 2
    assert shown(queue) == shown(ActiveLabelingQueue(path))


def test_500_interrupts_at_random_moments(queue, path):
    """Five hundred signals, at moments spread over the length of a call, and nothing is lost or half done."""
    for hour in range(10, 30):
        queue.enqueue_drift([bucket(hour)])
    content = path.read_bytes()
    chance = random.Random(4)
    interrupted = tries = 0
    longest = 0.005  # seconds

    while interrupted < 500 and tries < 5000:
        tries += 1
        put_back(path, content)
        before = shown(queue)
        operation = OPERATIONS[chance.choice(["drift", "mark_done"])]
        error = interrupted_after(chance.uniform(0, longest), lambda: operation(queue, 100))  # noqa: B023 - used at once
        interrupted += error is not None
        # However busy the machine is: about two of three come before the call returns.
        longest *= 0.9 if error is None else 1.05
        check(queue, path, before, error)

    assert interrupted == 500
