"""Outcomes become words, and words become exit statuses."""

from __future__ import annotations

import pytest

from labelqueue.conformance.reports.verdict import exit_status, verdict_of


@pytest.mark.parametrize(
    ("outcomes", "is_partial", "expected"),
    [
        (["pass", "pass"], False, "conformant"),
        (["pass", "fail"], False, "not conformant"),
        (["pass", "error"], False, "not conformant"),
        (["pass", "untested"], False, "not conformant"),
        (["pass", "skip"], False, "no verdict"),
        (["pass", "inconclusive"], False, "no verdict"),
        (["pass", "inapplicable"], False, "conformant"),
        (["fail", "inapplicable"], False, "not conformant"),
        (["inapplicable"], False, "no verdict"),
        (["skip", "untested"], False, "no verdict"),
        (["pass", "fail"], True, "not conformant"),
        (["pass", "untested"], True, "no verdict"),
        (["pass"], True, "no verdict"),
        ([], False, "no verdict"),
        (["pass", "known"], False, "not conformant, as known"),
        (["pass", "known"], True, "not conformant"),
        (["known", "skip"], False, "not conformant"),
        (["known", "untested"], False, "not conformant"),
        (["known", "fail"], False, "not conformant"),
        (["pass", "fixed"], False, "conformant"),
    ],
)
def test_a_profile_needs_everything(outcomes, is_partial, expected):
    """Conformant is what was tried in full and held in full; a skip is never a pass."""
    assert verdict_of(dict(enumerate(outcomes)), is_partial=is_partial) == expected


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (["conformant", "conformant"], 0),
        (["conformant", "not conformant"], 1),
        (["no verdict", "not conformant"], 1),
        (["conformant", "no verdict"], 4),
        (["conformant", "not conformant, as known"], 0),
        (["no verdict", "not conformant, as known"], 4),
        ([], 4),
    ],
)
def test_the_worst_verdict_decides(verdicts, expected):
    """The exit status is that of the worst profile."""
    assert exit_status(dict(enumerate(verdicts))) == expected
