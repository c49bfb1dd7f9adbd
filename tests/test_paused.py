"""Two processes of which one is stopped in a call: where, and that it goes on again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from labelqueue.conformance import subject_named
from labelqueue.conformance.crash.program import Program
from labelqueue.conformance.overlap.pairs import PAIRS
from labelqueue.conformance.overlap.paused import before_the_replacement, paused_histories
from labelqueue.conformance.tracing.points import Point

SUBJECTS = """
import os, threading
from labelqueue import ActiveLabelingQueue

real_flush = os.fsync

def flush(descriptor):
    other = threading.Thread(target=real_flush, args=(descriptor,))
    other.start()
    other.join()

def FlushesInThreads(path, cap=20):
    os.fsync = flush
    return ActiveLabelingQueue(path, cap)
"""


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Start three programs of a subject of this module."""
    (tmp_path / "paused_subjects.py").write_text(SUBJECTS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    started = []

    def start(name):
        subject = subject_named(f"paused_subjects:{name}")
        started.extend(Program(subject, 10.0, is_timed=False) for _ in range(3))
        return started[-3:]

    yield start
    for program in started:
        program.kill()


@pytest.mark.usefixtures("strace")
def test_a_call_that_flushes_in_threads_of_its_own_is_let_go_on(programs):
    """Calls are numbered by thread, so that the flush of the folder is the first one of its thread as well."""
    histories = list(paused_histories(*programs("FlushesInThreads"), datetime.now(UTC), PAIRS[:1]))

    assert [history.how for history in histories if "then B was stopped at fsync" in history.how] != []
    assert [history.how for history in histories if history.refused] == []


def test_a_lock_is_held_where_there_is_no_new_file_yet():
    """Whoever takes the lock away would take the new file as well, and the call that was stopped would fail."""
    store, new = "queue[1].json", ".queue[1].json.tmp"
    files = [("read", store), ("openat", new), ("newfstatat", store), ("write", new), ("rename", store)]
    points = [Point(name, 1, file, 1, is_unique=True) for name, file in files]
    changes = [point for point in points if point.name not in ("read", "newfstatat")]

    assert before_the_replacement(changes, points) == points[0]
