"""What a log brings back when the power goes: a flush that failed may be passed over while that is there."""

from __future__ import annotations

import contextlib
import os

import pytest

from labelqueue.conformance import run, subject_named
from labelqueue.conformance.crash.coming_back import comes_back
from labelqueue.conformance.crash.program import Program
from labelqueue.conformance.crash.scenes import SCENES, Stage
from labelqueue.conformance.tracing.points import points_in

FORGETFUL = """
import contextlib
import folder_with_intents


class Queue(folder_with_intents.Queue):
    def do_what_is_intended(self):
        with contextlib.suppress(OSError):
            super().do_what_is_intended()
"""


@pytest.fixture
def _forgetful(strangers, tmp_path, monkeypatch):  # noqa: ARG001 - what it is made of
    """Let the forgetful one be imported as the strangers are."""
    (tmp_path / "forgetful.py").write_text(FORGETFUL)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)


@pytest.mark.usefixtures("_forgetful")
@pytest.mark.parametrize(
    ("name", "expected"), [("folder_with_intents:Queue", True), ("forgetful:Queue", False)], ids=["keeps", "forgets"]
)
def test_a_log_brings_back_what_it_still_holds(name, expected):
    """Who keeps the log of a change whose files were not flushed has lost nothing; who empties it may have."""
    with contextlib.ExitStack() as stack:
        stage = stack.enter_context(Stage(SCENES[-1]))
        reader, actor = (Program(subject_named(name), 10.0) for _ in range(2))
        stack.callback(reader.end)
        stack.callback(actor.end)
        stage.prepare(reader)
        store = stage.set_up()
        record = stage.recorded(actor, store)
        flush = [p for p in points_in(record.calls, store.parents[1]) if (p.name, p.file) == ("fsync", store.name)][-1]

        found = comes_back(stage, actor, reader, f"fsync:error=EIO:when={flush.number}", None)

    assert found is expected


@pytest.mark.usefixtures("strangers")
def test_whose_log_brings_it_back_is_accused_of_nothing():
    """A failed flush may be passed over by who can do without it."""
    report = run(subject_named("folder_with_intents:Queue"), profiles=["durable"], only="DUR-1")

    assert report.requirements["DUR-1"].outcome == "pass", report.requirements["DUR-1"].shortest
