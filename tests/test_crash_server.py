"""Connections to a server are cut at every moment of a call, and the server is asked how it commits."""

from __future__ import annotations

import re
import sys
import uuid
from pathlib import Path

import pytest
from sqlalchemy import text

from labelqueue.conformance import run, subject_named
from labelqueue.conformance.crash.program import Program
from labelqueue.conformance.crash.scenes import SCENES
from labelqueue.conformance.crash.server import cuts_of
from labelqueue.conformance.subjects.program import ProgramSubject
from labelqueue.spec import REQUIREMENTS
from labelqueue.sql import database

PROGRAM = Path(__file__).with_name("faulty_server_program.py")
pytestmark = pytest.mark.usefixtures("strace")


def test_a_queue_that_takes_every_cut_rightly_conforms(postgres_url):
    """Every requirement about crashes is judged, but the one about files."""
    subject = subject_named(postgres_url)

    found = run(subject, profiles=["durable"], only="DUR-*").requirements
    subject.stop()

    outcomes = {name: (each.outcome, each.reason) for name, each in found.items()}
    assert outcomes == {
        "DUR-1": ("pass", None),
        "DUR-2": ("inapplicable", "its store is not one file"),
        "DUR-3": ("pass", None),
        "DUR-4": ("pass", None),
    }
    assert found["DUR-1"].checks > 30


@pytest.fixture
def messages(postgres_url):
    """Cut the connection of `mark_done` of the program with a fault, and return what DUR-1 says."""

    def cut(fault):
        # The mark of a run, so that all of its processes mean the same queues.
        command = [sys.executable, str(PROGRAM), fault, f"{postgres_url}#{uuid.uuid4().hex}"]
        subject = ProgramSubject(command, timeout_s=10.0)
        actor, reader = Program(subject, 10.0), Program(subject, 10.0)
        try:
            found = [interruption for _, interruption in cuts_of(SCENES[3], lambda: actor, reader)]
        finally:
            for program in (actor, reader, subject):
                (program.stop if program is subject else program.end)()
        assert {each.call.do for each in found} == {"mark_done"}
        return [message for each in found for message in REQUIREMENTS["DUR-1"].judge(each)]

    return cut


def test_a_program_may_be_cut_off_as_well(messages):
    """A store by name is enough; the fault-free program says nothing wrong."""
    assert messages("none") == []


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("passes-over", "returned .* as if all were well, but the store is as before the call"),
        ("is-plain", "the change stands, and the error does not say that it may"),
        ("blames-the-caller", "the error hides the cause: mark_done answered error -32602"),
    ],
)
def test_a_queue_that_takes_a_cut_wrongly_is_told(messages, fault, expected):
    """Each of these mistakes is found by cutting its connection."""
    found = messages(fault)

    assert any(re.search(expected, message) for message in found), found


def test_a_server_that_does_not_flush_is_told(postgres_url, monkeypatch):
    """What the server says of the commit counts, not what the queue asked it for."""
    monkeypatch.setattr(database, "_FLUSHING", text("SELECT set_config('synchronous_commit', 'off', true)"))
    subject = subject_named(postgres_url)

    found = run(subject, profiles=["durable"], only="DUR-4").requirements["DUR-4"]
    subject.stop()

    assert found.shortest["message"].endswith("the server committed with synchronous_commit = off")
