"""Stores that are folders: their files fail to be read, and are torn, like a store that is one file."""

from __future__ import annotations

import pytest

from labelqueue.conformance import run, subject_named


@pytest.mark.usefixtures("strangers")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("two_slots:TakesTheOther", {"DUR-1": "fail"}),
        ("two_slots:StumblesOverHalf", {"DUR-3": "fail"}),
    ],
)
def test_the_files_in_a_folder_are_a_store(name, expected):
    """Who builds on what could be read, or cannot go on behind half a file, is found; who can is a stranger."""
    report = run(subject_named(name), profiles=["durable"], only=list(expected))

    assert {name: found.outcome for name, found in report.requirements.items()} == expected
