"""Glimpses: a program is looked at in the middle of its changes, and gets on with them all the same."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from labelqueue.conformance import program_named, run
from labelqueue.conformance.subjects import glimpses
from labelqueue.conformance.subjects.clock import ProcessClock

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells whether a process is stopped")

MUTANT = (sys.executable, "-m", "labelqueue", "mutants", "serve")
CANONICAL = (sys.executable, "-m", "labelqueue.conformance.subjects.serve", "labelqueue:ActiveLabelingQueue")


def examined(command):
    """How KEEP-5 stands with a program, by the cases alone."""
    subject = program_named(command, timeout_s=60)
    try:
        return run(subject, profiles=["core"], only="KEEP-5", programs=0).requirements["KEEP-5"]
    finally:
        subject.stop()


@pytest.mark.usefixtures("strace")
@pytest.mark.parametrize("name", ["writes-in-place", "removes-before-writing", "saves-row-by-row"])
def test_a_store_that_is_not_whole_is_seen_every_time(name):
    """However short the moment, there is a system call before it and one behind."""
    assert examined((*MUTANT, name)).outcome == "fail"


@pytest.mark.parametrize("is_traceable", [True, False])
def test_a_program_that_is_looked_at_gets_on(is_traceable, monkeypatch, request):
    """It is not stopped again before it has run, and what it writes is whole."""
    if is_traceable:
        request.getfixturevalue("strace")
    monkeypatch.setattr(glimpses, "_is_traceable", lambda: is_traceable)

    assert examined(CANONICAL).outcome == "pass"


def test_a_clock_that_runs_runs_at_once():
    """Not only when somebody has asked it for the time."""
    clock = ProcessClock(datetime(2026, 1, 15, 12, tzinfo=UTC), runs=True)
    try:
        time.sleep(0.02)
        read = datetime.now(UTC)
    finally:
        clock.stop()

    assert read - datetime(2026, 1, 15, 12, tzinfo=UTC) >= timedelta(seconds=0.02)
