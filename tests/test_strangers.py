"""The kit accuses no one wrongly: queues that are right, and unlike ours, conform to what they claim."""

from __future__ import annotations

import sys

import pytest

from labelqueue.conformance import run, subject_named


@pytest.mark.usefixtures("strangers")
@pytest.mark.parametrize(
    ("name", "profiles", "programs"),
    [
        ("sqlite_by_hand:Queue", ("core", "input"), 10),
        ("sqlite_with_log:Queue", ("core", "durable"), 0),
        ("journal:Queue", ("core", "durable", "shared"), 10),
        ("journal:WrittenByAThread", ("core", "durable"), 0),
        ("journal:WrittenByThreads", ("core", "durable"), 0),
        ("dialect:Queue", ("core", "input", "durable", "file"), 10),
        ("folder:Queue", ("core", "shared"), 0),
        ("two_slots:Queue", ("core", "durable"), 0),
        ("two_slots:Beside", ("core",), 5),
        ("other_shapes:Lazy", ("core",), 20),
        ("other_shapes:Slots", ("core",), 20),
        ("other_shapes:Slow", ("core",), 0),
    ],
)
def test_a_stranger_conforms_to_what_it_claims(name, profiles, programs, monkeypatch):
    """What the contract permits, the kit permits."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    # A part of the search, which takes long with slow ones; hence no verdict of conformity.
    report = run(subject_named(name), profiles=profiles, programs=programs)

    fine = ("pass", "skip", "inapplicable")
    wrong = {name: found for name, found in report.requirements.items() if found.outcome not in fine}
    assert {name: (found.outcome, found.reason, found.shortest) for name, found in wrong.items()} == {}
    assert report.verdict == dict.fromkeys(profiles, "no verdict")
