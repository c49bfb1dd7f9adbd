"""Queues that answer with something that is no answer: the kit says so, and is not at a loss itself."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from labelqueue.conformance import PythonSubject, run
from labelqueue.conformance.models.core import ModelQueue
from labelqueue.spec.seen import FIELDS


def with_field(name, change):
    """A queue whose requests have another value in a field."""

    def changed(request):
        return SimpleNamespace(**{f: getattr(request, f) for f in FIELDS} | {name: change(getattr(request, name))})

    class Odd(ModelQueue):
        def get_pending(self, user_id=None, limit=None):
            return [changed(request) for request in super().get_pending(user_id, limit)]

        def mark_done(self, request_id, status="labeled"):
            request = super().mark_done(request_id, status)
            return None if request is None else changed(request)

        all_items = property(lambda self: [changed(request) for request in ModelQueue.all_items.fget(self)])

    return Odd


class Yields(ModelQueue):
    def get_pending(self, user_id=None, limit=None):
        yield from super().get_pending(user_id, limit)


@pytest.mark.parametrize(
    ("make", "failing"),
    [
        (with_field("created_at", str), "REQ-1"),
        (with_field("created_at", lambda _: pd.NaT), "REQ-3"),
        (with_field("confidence", lambda _: np.array([0.1, 0.2])), "REQ-1"),
        (with_field("predicted_label", lambda label: [label]), "REQ-1"),
        (Yields, "GET-1"),
    ],
    ids=["text", "NaT", "array", "list", "generator"],
)
def test_an_odd_answer_is_a_failure_and_no_error(make, failing):
    """Cases and search go on to their end, whatever a request holds."""
    report = run(PythonSubject("odd", make), profiles=["core"], only=["REQ-*", "GET-1"], programs=10)

    assert report.requirements[failing].outcome == "fail"
    assert [name for name, found in report.requirements.items() if found.outcome == "error"] == []
    assert report.programs == 10


class NeedsItsFolder(ModelQueue):
    def __init__(self, queue_path, max_asks_per_day=20):
        list(queue_path.parent.iterdir())
        super().__init__(queue_path, max_asks_per_day)


class NeedsItsFile(ModelQueue):
    def __init__(self, queue_path, max_asks_per_day=20):
        self.there = queue_path
        super().__init__(queue_path, max_asks_per_day)

    @property
    def all_items(self):
        self.there.stat()
        return super().all_items


class NeedsItsCap(ModelQueue):
    def __init__(self, queue_path, max_asks_per_day):
        super().__init__(queue_path, max_asks_per_day)


@pytest.mark.parametrize(
    ("make", "requirement"), [(NeedsItsFolder, "KEEP-3"), (NeedsItsFile, "KEEP-3"), (NeedsItsCap, "CAP-1")]
)
def test_a_queue_that_cannot_be_opened_as_it_has_to_be_is_examined(make, requirement):
    """That nothing is there yet, or no cap is given, is no reason to take it for no queue."""
    report = run(PythonSubject("odd", make), only=requirement, programs=0)

    assert report.requirements[requirement].outcome == "fail"
