"""Every call that touches a file, in every operation: it fails once, and the process dies there once.

The points are found by tracing, not by a list.  With strace the tracer itself makes
the system call fail, or kills; the hook of the interpreter does the same for the
functions of C, and needs nothing installed.
"""

from __future__ import annotations

import collections
import errno
import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from labelqueue import ActiveLabelingQueue

OPERATIONS = ["first_drift", "drift", "low", "mark_done", "get_pending", "all_items", "open"]
ERRNOS = [errno.ENOSPC, errno.EACCES, errno.EIO, errno.EINTR]


class Program:
    """The crash program, running."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("crash_program.py")), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,  # a stopped child of its must go on for nobody else
        )
        self.folder = folder
        self.number = itertools.count()

    def say(self, message):
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def answer(self):
        return json.loads(self.process.stdout.readline())

    def store(self):
        return self.folder / str(next(self.number)) / "labels" / "queue.json"

    def hooked(self, operation, at, number):
        store = self.store()
        self.say({"operation": operation, "store": str(store), "hook": [at, number]})
        return store, self.answer()

    def traced(self, operation, *inject):
        """Make the call under strace, and return the system calls that it made, in order."""
        store = self.store()
        self.say({"operation": operation, "store": str(store), "stop": True})
        child = self.answer()["child"]
        options = [f"--inject={each}" for each in inject]
        trace = self.folder / "trace"
        command = ["strace", "-p", str(child), "-o", trace, "-e", "trace=%file,%desc", *options]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
            assert "attached" in tracer.stderr.readline()
            self.say("go on")
            answer = self.answer()
            tracer.stderr.read()
        calls = re.findall(r"^(\w+)\((.*)$", trace.read_text(), flags=re.MULTILINE)
        return store, answer, calls

    def end(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    program = Program(tmp_path_factory.mktemp("crash"))
    yield program
    program.end()


@pytest.fixture(autouse=True)
def unwritten(capfd):
    """Nothing but the answers comes out of the program: no traceback, no warning."""
    yield
    assert capfd.readouterr().err == ""


def points_of(program, operation):
    """Every system call of the operation as its name and its number among those of that name."""
    _, answer, calls = program.traced(operation)
    assert answer["status"] == 0
    own = list(itertools.takewhile(lambda call: '"end"' not in call[1], calls))
    seen = collections.Counter()
    points = []
    for name, _ in own:
        seen[name] += 1
        points.append((name, seen[name]))
    return points, answer


def states_of(answer):
    """The states before and after an undisturbed call; reads change nothing."""
    return answer["before"], answer["store"]


def check_failed(answer, before, after, number, whole):
    """DUR-1 and DUR-2 after a call that was made to fail."""
    assert answer["status"] == 0, answer
    outcome = answer["outcome"]
    assert answer["memory"] == answer["store"]
    assert answer["left"] == []
    if "returned" in outcome:  # the failure did not matter, or the call was tried again at once
        assert outcome == whole["outcome"]
        assert answer["store"] == after
    elif "unconfirmed" in outcome:
        assert outcome == {"unconfirmed": number, "cause": number}
        assert answer["store"] == after
    else:
        assert outcome == {"failed": number}
        assert answer["store"] == before
    assert answer["finally"] == after
    assert "crashed" not in answer["again"]


def check_died(store, answer, before, after):
    """DUR-3 and SHARE-4 after a call in which the process died."""
    assert answer == {"status": -9}
    found = [(r.bucket_start_ts.isoformat(), r.status) for r in ActiveLabelingQueue(store).all_items]
    assert [list(each) for each in found] in (before, after)
    ActiveLabelingQueue(store).enqueue_drift(
        [{"user_id": "bob", "bucket_start_ts": "2026-01-11T00:00Z", "bucket_end_ts": "2026-01-11T01:00Z"}]
    )
    assert len(ActiveLabelingQueue(store).all_items) == len(found) + 1
    assert [p.name for p in store.parent.iterdir() if p.suffix == ".tmp"] == []


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_function_that_touches_a_file_fails_once(program, operation, record_property):
    """Whatever function of C fails, the cause surfaces, memory and store agree, and the call may be tried again."""
    _, whole = program.hooked(operation, 0, None)
    before, after = states_of(whole)
    record_property("points", whole["count"])
    assert whole["count"] > 0

    for at, number in zip(range(1, whole["count"] + 1), itertools.cycle(ERRNOS[:3]), strict=False):
        _, answer = program.hooked(operation, at, number)
        check_failed(answer, before, after, number, whole)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_process_dies_before_every_function_that_touches_a_file(program, operation, record_property):
    """Wherever the process dies, the store is as before or after, whole, and the next writer goes on."""
    _, whole = program.hooked(operation, 0, None)
    record_property("points", whole["count"])

    for at in range(1, whole["count"] + 1):
        store, answer = program.hooked(operation, at, None)
        check_died(store, answer, *states_of(whole))


@pytest.mark.usefixtures("strace")
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_system_call_fails_once(program, operation, record_property):
    """Whatever system call fails, the cause surfaces, memory and store agree, and the call may be tried again."""
    points, whole = points_of(program, operation)
    record_property("points", len(points))
    before, after = states_of(whole)

    for place, (name, nth) in enumerate(points):
        # The changing operations take the same way: among them, each call fails in each of the manners.
        number = ERRNOS[(place + OPERATIONS.index(operation)) % len(ERRNOS)]
        _, answer, _ = program.traced(operation, f"{name}:error={errno.errorcode[number]}:when={nth}")
        check_failed(answer, before, after, number, whole)


@pytest.mark.usefixtures("strace")
@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_process_dies_at_every_system_call(program, operation, record_property):
    """Wherever the process dies, the store is as before or after, whole, and the next writer goes on."""
    points, whole = points_of(program, operation)
    record_property("points", len(points))

    for name, nth in points:
        store, answer, _ = program.traced(operation, f"{name}:signal=KILL:when={nth}")
        check_died(store, answer, *states_of(whole))
