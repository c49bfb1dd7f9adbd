"""The queue on databases, examined by the kit."""

from __future__ import annotations

import pytest

import sql_subjects
from labelqueue.conformance import run, subject_named

PROGRAMS = 10  # of the search; `labelqueue conform` makes up more


@pytest.fixture(params=["on_sqlite", "OnPostgreSQL"])
def subject(request, monkeypatch):
    """A subject that the kit can open by a path."""
    if request.param == "OnPostgreSQL":
        monkeypatch.setenv(sql_subjects.URL_VARIABLE, request.getfixturevalue("postgres_url"))
    return subject_named(f"sql_subjects:{request.param}")


def test_it_keeps_every_requirement(subject):
    """No requirement of `core` and `input` fails, errs or stays untested, on either engine."""
    report = run(subject, profiles=["core", "input"], programs=PROGRAMS)

    failed = {name: r.shortest for name, r in report.requirements.items() if r.outcome != "pass"}
    assert failed == {}
    assert report.errors == []
