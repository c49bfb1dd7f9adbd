"""Stores that are folders: their files fail to be read, and are torn, like a store that is one file."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelqueue.conformance import run, subject_named


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("two_slots:Queue", {"DUR-1": "pass", "DUR-3": "pass"}),
        ("two_slots:TakesTheOther", {"DUR-1": "fail"}),
        ("two_slots:StumblesOverHalf", {"DUR-3": "fail"}),
    ],
)
def test_the_files_in_a_folder_are_a_store(name, expected, monkeypatch):
    """Who builds on what could be read, or cannot go on behind half a file, is told from who can."""
    strangers = str(Path(__file__).with_name("strangers"))
    monkeypatch.syspath_prepend(strangers)
    monkeypatch.setenv("PYTHONPATH", strangers)

    report = run(subject_named(name), profiles=["durable"], only=list(expected))

    assert {name: found.outcome for name, found in report.requirements.items()} == expected
