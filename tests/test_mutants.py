"""The kit's own strength: every mutant is found, by the requirement that it violates."""

from __future__ import annotations

import pytest

from labelqueue.conformance.clock import elsewhere
from labelqueue.conformance.judging import Findings
from labelqueue.conformance.model import ModelQueue
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


def test_the_search_accuses_the_model_of_nothing():
    """A correct queue passes the search, and every requirement that needs no special eye has something to say."""
    found = Findings()
    with elsewhere():
        search(PythonSubject("the model", ModelQueue), found, seed=7)

    assert found.failures == {}
    assert [name for name in REQUIREMENTS if not found.checks[name]] == ["KEEP-5"]


@pytest.mark.parametrize(
    "name", ["key-by-wall-clock", "unknown-after-its-equals", "every-done-one-counts", "live-items", "ties-by-start"]
)
def test_the_search_alone_finds_subtle_mistakes(name):
    """Without any hand-written case, the search finds the mistake under the requirement that it violates."""
    mutant, found = MUTANTS[name], Findings()
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
