"""Watching a process by strace: what is counted is the same every time, and what fails is what was meant."""

import subprocess
import sys
from contextlib import contextmanager

import pytest

from labelqueue.conformance import run, subject_named
from labelqueue.conformance.crash import failing
from labelqueue.conformance.crash.run import interruptions
from labelqueue.conformance.crash.strace import attached

pytestmark = pytest.mark.usefixtures("strace")

_ECHO = "import sys\nfor line in sys.stdin.buffer: print(line, flush=True)"
_TIMES = 30


def test_the_reading_of_a_request_is_counted_every_time():
    """Were it counted sometimes only, a call that is to fail would be another one than was recorded."""
    program = [sys.executable, "-c", _ECHO]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            for _ in range(_TIMES):
                with attached(process.pid) as record:
                    process.stdin.write(b"a request\n")
                    process.stdin.flush()
                    process.stdout.readline()
                reading = next(call for call in record.calls if call.name == "read")
                assert reading.arguments.startswith("0<pipe:")
                assert reading.result == str(len(b"a request\n"))
        finally:
            process.kill()


def test_system_calls_of_the_queue_are_made_to_fail():
    """Each of the calls that change something, by its name."""
    subject = subject_named("labelqueue:ActiveLabelingQueue")

    found = [interruption for _, interruption in interruptions(subject, about=["DUR-1"])]

    failed = {
        interruption.how.split(" number ")[0] for interruption in found if interruption.cause != failing.CUT_SHORT
    }
    assert failed == {"mkdir", "openat", "writev", "fsync", "rename", "fchmod"}


def test_who_can_hit_nothing_lets_nothing_pass(monkeypatch):
    """Files that cannot grow are no proof that a call may fail."""

    @contextmanager
    def harmless(pid, *_injection, **more):
        with attached(pid, **more) as record:
            yield record

    monkeypatch.setattr(failing, "attached", harmless)

    report = run(subject_named("labelqueue:ActiveLabelingQueue"), profiles=["durable"], only="DUR-[12]")

    outcomes = {name: (found.outcome, found.reason) for name, found in report.requirements.items()}
    unhit = ("inconclusive", "no system call of its could be hit")
    assert outcomes == {"DUR-1": unhit, "DUR-2": unhit}
