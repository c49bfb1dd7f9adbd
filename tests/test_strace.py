"""Watching a process by strace: what is counted is the same every time, and what fails is what was meant."""

import subprocess
import sys
from contextlib import contextmanager

import pytest

from labelqueue.conformance import program_named, run, subject_named
from labelqueue.conformance.crash import trials
from labelqueue.conformance.crash.interrupting import interruptions
from labelqueue.conformance.crash.scenes import SCENES
from labelqueue.conformance.subjects import serve
from labelqueue.conformance.tracing.points import Point, points_in, points_to_hit
from labelqueue.conformance.tracing.strace import attached
from labelqueue.conformance.tracing.system_calls import SystemCall, calls_in

pytestmark = pytest.mark.usefixtures("strace")

_ECHO = "import sys\nfor line in sys.stdin.buffer: print(line, flush=True)"
_TIMES = 30


def test_the_reading_of_a_request_is_counted_every_time():
    """Were it counted sometimes only, a call that is to fail would be another one than was recorded."""
    program = [sys.executable, "-c", _ECHO]
    # In a session of its own: its whole group is told to go on, and that of the tests stops processes as well.
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True) as process:
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


def hit(subject):
    """The system calls that were hit, by their names, for each cause."""
    names = {}
    for _, interruption in interruptions(subject, {"core", "durable"}, about=["DUR-1"]):
        names.setdefault(interruption.cause, set()).add(interruption.how.split(" number ")[0])
    return names


def test_system_calls_of_the_queue_are_made_to_fail():
    """Each of the calls that change something, by its name; a full disk, and interrupts, where they say something."""
    found = hit(subject_named("labelqueue:ActiveLabelingQueue"))

    assert found.pop("SIGINT") == {"writev", "fsync", "rename"}
    assert found.pop("a full disk") == {"openat", "writev"}
    assert found.pop("a short write") == {"writev"}
    del found[trials.CUT_SHORT]
    assert set.union(*found.values()) == {"mkdir", "openat", "writev", "fsync", "rename", "fchmod"}


@pytest.fixture
def one_scene(monkeypatch):
    """Have one call interrupted, not every kind of call."""
    monkeypatch.setattr("labelqueue.conformance.crash.interrupting.SCENES", SCENES[1:2])


@pytest.mark.usefixtures("one_scene")
def test_a_program_may_die_of_an_interrupt():
    """Most do, if they are not in Python; then nothing was seen, and everything else is."""
    program = (
        f"import signal; from {serve.__package__} import serve; signal.default_int_handler = signal.SIG_DFL;"
        "serve.serve_here('labelqueue:ActiveLabelingQueue')"
    )
    subject = program_named((sys.executable, "-c", program), timeout_s=60)
    try:
        found = hit(subject)
    finally:
        subject.stop()

    assert "SIGINT" not in found
    assert {"ENOSPC", "EIO", "a full disk", trials.CUT_SHORT} <= set(found)


@pytest.mark.usefixtures("one_scene")
def test_who_can_hit_nothing_lets_nothing_pass(monkeypatch):
    """Files that cannot grow are no proof that a call may fail."""

    @contextmanager
    def harmless(pid, *_injection, **more):
        with attached(pid, **more) as record:
            yield record

    monkeypatch.setattr(trials, "attached", harmless)

    report = run(subject_named("labelqueue:ActiveLabelingQueue"), profiles=["durable"], only="DUR-[12]")

    outcomes = {name: (found.outcome, found.reason) for name, found in report.requirements.items()}
    unhit = ("inconclusive", "no system call of its could be hit")
    assert outcomes == {"DUR-1": unhit, "DUR-2": unhit}


def test_who_leaves_the_store_to_another_process_makes_no_call_that_could_be_hit(tmp_path):
    """What is done elsewhere is nothing to stumble over, whatever is looked for."""
    elsewhere = SystemCall(1, "write", '3<pipe:[1]>, "a change", 8', "8", "")

    assert points_in([], tmp_path, of_reading=True) == points_in([elsewhere], tmp_path, of_unlocking=True) == []


@pytest.mark.parametrize("pipe", ["pipe:[7]", "".join(f"\\x{ord(one):02x}" for one in "pipe:[7]")])
def test_an_answer_stands_where_it_began_and_a_change_where_it_returned(tmp_path, pipe):
    """Who has the answer may ask for more while the thread that wrote it waits to be heard of."""
    record = tmp_path / "record"
    record.write_text(
        '1 pwrite64(4</store>, "a", 1, 0 <unfinished ...>\n'
        "2 fsync(4</store>)  = 0\n"
        "1 <... pwrite64 resumed>) = 1\n"
        f'1 write(1<{pipe}>, "\\x7b\\x0a", 2 <unfinished ...>\n'
        '2 pwrite64(4</store>, "b", 1, 1) = 1\n'
        "1 <... write resumed>) = 2\n",
        encoding="ascii",
    )

    calls = calls_in(record, None)

    assert [(call.pid, call.name, call.result) for call in calls] == [
        (2, "fsync", "0"),
        (1, "pwrite64", "1"),
        (1, "write", "2"),
        (2, "pwrite64", "1"),
    ]
    assert [call.ends_answer("pipe:[7]") for call in calls] == [False, False, "x70" in pipe, False]


@pytest.mark.parametrize(("made", "hit"), [(5, 5), (48, 48), (240, 48), (1000, 12), (5000, 6)])
def test_the_more_calls_are_made_the_fewer_are_hit(made, hit):
    """Each try makes all of them; the first and the last are hit in any case."""
    points = [Point("write", number, "queue.json", 1, is_unique=True) for number in range(made)]

    chosen = points_to_hit(points)

    assert (len(chosen), chosen[0], chosen[-1]) == (hit, points[0], points[-1])
