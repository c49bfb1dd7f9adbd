"""Calls that never return: the kit goes on, and says what hangs."""

from __future__ import annotations

import io
import json
import signal
import threading

import pytest

from labelqueue.conformance.models.core import ModelQueue
from labelqueue.conformance.overlap import clients
from labelqueue.conformance.overlap.clients import Client, all_at_once
from labelqueue.conformance.subjects.patience import Patience
from labelqueue.conformance.subjects.python_subject import PythonSubject
from labelqueue.conformance.subjects.serve import serve
from labelqueue.conformance.subjects.subject import BrokenError

LONGEST_S = 0.05


class NeverFinds(ModelQueue):
    """A queue that waits for ever where an id is unknown."""

    def mark_done(self, request_id, status="labeled"):
        return super().mark_done(request_id, status) or threading.Event().wait()


@pytest.fixture
def handle(tmp_path):
    subject = PythonSubject("never finds", NeverFinds, patience=Patience(LONGEST_S))
    return subject.open(tmp_path / "queue.json", 20)


def test_a_call_that_hangs_is_broken_off(handle):
    """What it was is said, and the queue goes on."""
    with pytest.raises(BrokenError, match=r"did not return from mark_done within 0\.05 s"):
        handle.perform({"do": "mark_done", "request_id": "nonexistent"})

    assert handle.all_items().value == []


def test_who_hangs_again_and_again_is_asked_no_more(handle):
    """Three calls are waited for; the next is not made."""
    for _ in range(3):
        with pytest.raises(BrokenError, match="did not return"):
            handle.perform({"do": "mark_done", "request_id": "nonexistent"})

    with pytest.raises(BrokenError, match="is asked no more: 3 calls did not return"):
        handle.all_items()


def test_a_queue_that_passes_over_everything_is_broken_off():
    """An interruption that is caught comes again."""
    caught = []

    def stubborn():
        try:
            threading.Event().wait()
        except BaseException as error:  # noqa: BLE001 - as careless queues do
            caught.append(error)
        threading.Event().wait()

    with pytest.raises(BrokenError, match="did not return from all_items"):
        Patience(LONGEST_S).during("all_items", stubborn)

    assert len(caught) == 1


def test_a_call_with_many_rows_may_take_longer():
    """Each row adds to what the call may take; how long that was is said."""
    with pytest.raises(BrokenError, match=r"did not return from enqueue_drift within 0\.1 s"):
        Patience(LONGEST_S).during("enqueue_drift", threading.Event().wait, rows=100)


def test_a_timer_of_somebody_else_goes_on():
    """Who uses the same timer finds it as it was, and its handler as well."""
    rang = []
    before = signal.signal(signal.SIGALRM, lambda *_: rang.append("ring"))
    due_s, _ = signal.setitimer(signal.ITIMER_REAL, 1000)
    try:
        assert Patience().during("all_items", lambda: 7) == 7
        left_s, _ = signal.getitimer(signal.ITIMER_REAL)
        signal.raise_signal(signal.SIGALRM)
    finally:
        signal.setitimer(signal.ITIMER_REAL, due_s)
        signal.signal(signal.SIGALRM, before)

    assert 900 < left_s <= 1000
    assert rang == ["ring"]


def test_a_served_call_takes_as_long_as_it_likes(tmp_path):
    """Whoever asks over the wire has a limit of its own; the program that serves sets none beside it."""

    class Timed(ModelQueue):
        def mark_done(self, request_id, status="labeled"):  # noqa: ARG002
            left_s, _ = signal.getitimer(signal.ITIMER_REAL)
            raise ValueError(f"{left_s} s are left")

    asked = [("open", {"store": str(tmp_path / "queue.json")}), ("mark_done", {"request_id": "a"}), ("bye", {})]
    lines = [
        json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        for number, (method, params) in enumerate(asked)
    ]
    due_s = signal.setitimer(signal.ITIMER_REAL, 0)
    answers = io.BytesIO()
    try:
        serve(PythonSubject("timed", Timed), io.BytesIO("\n".join(lines).encode()), answers)
    finally:
        signal.setitimer(signal.ITIMER_REAL, *due_s)

    _, marked, _ = answers.getvalue().splitlines()
    assert json.loads(marked)["error"]["message"] == "raised ValueError: 0.0 s are left"


def test_in_another_thread_a_call_is_made_all_the_same():
    """Only the main thread can be interrupted."""
    answers = []
    thread = threading.Thread(target=lambda: answers.append(Patience(LONGEST_S).during("all_items", lambda: 7)))
    thread.start()
    thread.join()

    assert answers == [7]


def test_threads_that_hang_are_left_behind(monkeypatch):
    """The call that never returned is refused in the history, and those before it stand."""
    monkeypatch.setattr(clients, "LONGEST_S", LONGEST_S)
    forever = threading.Event()
    calls = []

    def perform(step):
        calls.append(step)
        if len(calls) == 3:
            forever.wait()
        return []

    class Asks(Client):
        def next_step(self):
            return {"do": "all_items"}

    events = all_at_once([Asks("A", perform, None, [])], 5)
    forever.set()

    assert [(event.client, event.result, event.refusal and event.refusal.message) for event in events] == [
        ("A", [], None),
        ("A", [], None),
        ("A", None, "got no answer: it hangs"),
    ]
