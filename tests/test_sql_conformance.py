"""The queue on databases, examined by the kit under their URLs."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, inspect, make_url

from labelqueue.conformance import run, subject_named
from labelqueue.errors import SubjectError
from labelqueue.sql import SqlLabelingQueue

PROGRAMS = 5  # of the search; `labelqueue conform` makes up more


def test_it_keeps_every_requirement(url):
    """No requirement of `core` and `input` fails, errs or stays untested; what the run made is removed."""
    subject = subject_named(url)

    report = run(subject, profiles=["core", "input"], programs=PROGRAMS)
    subject.stop()

    assert {name: r.shortest for name, r in report.requirements.items() if r.outcome != "pass"} == {}
    engine = create_engine(make_url(url))
    if engine.dialect.name == "postgresql":
        assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_queues_that_were_there_stay(postgres_url):
    """The run removes its own, and nothing else."""
    bucket = {"user_id": "ada", "bucket_start_ts": "2026-01-10T09:00Z", "bucket_end_ts": "2026-01-10T09:15Z"}
    queue = SqlLabelingQueue(postgres_url)
    queue.enqueue_drift([bucket])
    subject = subject_named(postgres_url)

    run(subject, only="done-*", programs=0)
    subject.stop()

    assert len(queue.all_items) == 1


@pytest.mark.parametrize("name", ["mysql://a:secret@b/c", "sqlite://"])
def test_a_url_that_is_none_is_no_subject(name):
    """The error says what to write."""
    with pytest.raises(SubjectError, match="write sqlite:///PATH or postgresql://USER@HOST/DATABASE"):
        subject_named(name)
