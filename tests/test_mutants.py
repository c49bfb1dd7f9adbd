"""The kit's own strength: every mutant is found, by the requirement that it violates."""

from __future__ import annotations

import pytest

from labelqueue.conformance.clock import elsewhere
from labelqueue.conformance.judging import Findings
from labelqueue.conformance.model import ModelQueue
from labelqueue.conformance.model_file import JsonQueue
from labelqueue.conformance.model_input import InputQueue
from labelqueue.conformance.mutants import MUTANTS, kills
from labelqueue.conformance.python_subject import PythonSubject
from labelqueue.conformance.search import search, shrink
from labelqueue.spec import REQUIREMENTS


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=list(MUTANTS))
def test_cases_kill_the_mutant(mutant):
    """The hand-written cases of a requirement kill every mutant that violates it."""
    assert mutant.requirement in kills(mutant)


def test_every_requirement_is_violated():
    """A requirement that no mutant violates is not tested."""
    assert [name for name in REQUIREMENTS if name not in {m.requirement for m in MUTANTS.values()}] == []


@pytest.mark.parametrize(
    ("profiles", "model"),
    [({"core"}, ModelQueue), ({"core", "input"}, InputQueue), ({"core", "input", "file"}, JsonQueue)],
    ids=["core", "input", "file"],
)
def test_the_search_accuses_the_model_of_nothing(profiles, model):
    """A correct queue passes the search, and every requirement that needs no special eye has something to say."""
    found = Findings(frozenset(profiles))
    with elsewhere():
        search(PythonSubject("the model", model), found, seed=7)

    assert {name: failure.message for name, failure in found.failures.items()} == {}
    examined = [name for name, requirement in REQUIREMENTS.items() if requirement.profile in profiles]
    assert [name for name in examined if not found.checks[name]] == ["KEEP-5"]


def test_the_search_hands_in_valid_input_where_core_alone_is_examined():
    """Bad input and outside changes come only where the profile that speaks about them is examined."""
    seen = []

    class Listening(ModelQueue):
        def enqueue(self, rows, reason):
            seen.extend(rows)
            return super().enqueue(rows, reason)

        def get_pending(self, user_id=None, limit=None):
            assert limit is None or (type(limit) is int and limit >= 0)
            return super().get_pending(user_id, limit)

    with elsewhere():
        search(PythonSubject("listening", Listening), Findings(), seed=7)

    assert {type(row["user_id"]) for row in seen} == {str}
    assert {type(row.get("confidence")) for row in seen} <= {float, type(None)}
    assert not any(row.get("confidence") != row.get("confidence") for row in seen)


def test_a_queue_that_keeps_core_alone_stays_conformant_to_it():
    """Whatever bad input and outside changes do to a queue that knows only `core`, core is not what failed."""
    found = Findings(frozenset({"core", "input", "file"}))
    with elsewhere():
        search(PythonSubject("the model", ModelQueue), found, seed=7)

    assert [name for name in found.failures if REQUIREMENTS[name].profile == "core"] == []
    assert {REQUIREMENTS[name].profile for name in found.failures} == {"input", "file"}


@pytest.mark.parametrize(
    "name",
    [
        "key-by-wall-clock",
        "unknown-after-its-equals",
        "every-done-one-counts",
        "live-items",
        "ties-by-start",
        "adds-row-by-row",
        "unknown-is-not-below",
        "keeps-times-as-they-stand",
        "forgets-the-mode",
    ],
)
def test_the_search_alone_finds_subtle_mistakes(name):
    """Without any hand-written case, the search finds the mistake under the requirement that it violates."""
    mutant = MUTANTS[name]
    found = Findings(frozenset({"core", REQUIREMENTS[mutant.requirement].profile}))
    with elsewhere():
        search(PythonSubject(name, mutant.make), found, seed=7)

    assert mutant.requirement in found.failures


def test_what_the_search_found_is_shrunk():
    """A failure that only the search found comes back as few steps with few buckets."""
    mutant = MUTANTS["key-with-the-reason"]
    with elsewhere():
        failure = shrink(PythonSubject(mutant.id, mutant.make), "DUP-2", seed=7)

    assert failure is not None
    assert [step["do"].partition("_")[0] for step in failure.case.steps] == ["enqueue", "enqueue"]
    assert sum(len(step.get("rows", step.get("buckets", ()))) for step in failure.case.steps) == 2
