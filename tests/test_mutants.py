"""The kit's own strength: every mutant is found, by the requirement that it violates."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace

import pytest

from labelqueue.conformance import program_named, run
from labelqueue.conformance.judging import Findings
from labelqueue.conformance.models.core import ModelQueue
from labelqueue.conformance.models.file import JsonQueue
from labelqueue.conformance.models.input import InputQueue
from labelqueue.conformance.mutants import MUTANTS
from labelqueue.conformance.mutants.adapters import ADAPTERS
from labelqueue.conformance.mutants.kills import (
    found_in_round,
    is_forced,
    kills_by_cases,
    kills_by_force,
    ways_of_force,
)
from labelqueue.conformance.published.matrix import record_of, recorded
from labelqueue.conformance.search import ROUNDS, search
from labelqueue.conformance.search.shrinking import shrunk
from labelqueue.conformance.subjects.clock import elsewhere
from labelqueue.conformance.subjects.python_subject import PythonSubject
from labelqueue.spec import REQUIREMENTS

ORDINARY = [mutant for mutant in MUTANTS.values() if not is_forced(mutant)]
FORCED = [mutant for mutant in MUTANTS.values() if is_forced(mutant)]


def ids(mutants):
    return [mutant.id for mutant in mutants]


@pytest.mark.parametrize("mutant", ORDINARY, ids=ids(ORDINARY))
def test_cases_kill_the_mutant(mutant):
    """The hand-written cases of a requirement kill every mutant that violates it, and the record says what else."""
    before = recorded()[mutant.id]
    record = record_of(mutant, before["found_in"])

    assert mutant.requirement in record["killed_by"]
    # Run `python -m labelqueue.conformance.published.matrix`, and then `….pages`, when this fails.
    assert record == before


@pytest.mark.parametrize("mutant", ORDINARY, ids=ids(ORDINARY))
def test_the_search_alone_kills_the_mutant(mutant):
    """Without any hand-written case, the recorded round of the search finds what the mutant names."""
    place = recorded()[mutant.id]["found_in"]

    assert place in ROUNDS
    assert found_in_round(mutant, rounds=[place]) == place


@pytest.mark.parametrize("mutant", FORCED, ids=ids(FORCED))
def test_force_kills_the_mutant(mutant):
    """Crashes or overlap, in the way that is recorded, find the mistake under the requirement that it violates."""
    way = recorded()[mutant.id]["found_in"]

    assert way in ways_of_force(mutant)
    assert mutant.requirement in kills_by_force(mutant, ways=[way])


@pytest.mark.parametrize("name", ["counts-the-newest-alone", "skipped-is-free"])
def test_a_mutant_is_killed_where_large_cases_may_be_spared(name):
    """Of the first, only a case of thousands shows the mistake; of the other, a small one does."""
    assert MUTANTS[name].requirement in kills_by_cases(MUTANTS[name], spares_large=True)


def test_every_mutant_is_recorded():
    """The matrix tells of every mutant that there is, with the requirement that it violates as a killer."""
    assert list(recorded()) == list(MUTANTS)
    assert {name: record["killed_by"] for name, record in recorded().items() if is_forced(MUTANTS[name])} == {
        mutant.id: [mutant.requirement] for mutant in MUTANTS.values() if is_forced(mutant)
    }


@pytest.mark.parametrize(
    ("name", "outcomes"),
    [
        ("never-answers", {"error"}),
        ("answers-twice", {"error"}),
        ("prints-rubbish", {"error"}),
        ("dies-on-the-third-call", {"error"}),
        ("answers-another-id", {"error"}),
        ("refuses-everything", {"fail", "error"}),
        ("claims-nothing", {"pass"}),
    ],
)
def test_an_adapter_that_is_wrong_is_called_conformant_to_nothing(name, outcomes):
    """A run with it comes to an end; nothing passes but what it answers rightly, and no claim is no verdict."""
    subject = program_named((sys.executable, "-m", "labelqueue", "mutants", "serve", name), timeout_s=1)
    try:
        report = run(subject, only="DONE-2", programs=0)
    finally:
        subject.stop()

    assert {found.outcome for found in report.requirements.values()} <= outcomes
    assert set(report.verdict) == {"core"}
    assert "conformant" not in report.verdict.values()


def test_every_adapter_is_tried():
    """The test above names every mutant of an adapter."""
    [mark] = test_an_adapter_that_is_wrong_is_called_conformant_to_nothing.pytestmark

    assert sorted(name for name, _ in mark.args[1]) == sorted(ADAPTERS)


def test_every_requirement_is_violated():
    """A requirement that no mutant violates is not tested."""
    assert [name for name in REQUIREMENTS if name not in {m.requirement for m in MUTANTS.values()}] == []


@pytest.mark.parametrize(
    ("profiles", "model", "programs"),
    [({"core"}, ModelQueue, 50), ({"core", "input"}, InputQueue, 20), ({"core", "input", "file"}, JsonQueue, 30)],
    ids=["core", "input", "file"],
)
def test_the_search_accuses_the_model_of_nothing(profiles, model, programs):
    """A correct queue passes the search, and every requirement has something to say."""
    found = Findings(frozenset(profiles))
    with elsewhere():
        search(PythonSubject("the model", model), found, seed=7, examples=programs)

    assert {name: failure.message for name, failure in found.failures.items()} == {}
    examined = [name for name, requirement in REQUIREMENTS.items() if requirement.profile in profiles]
    assert [name for name in examined if not found.checks[name]] == []


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
        search(PythonSubject("listening", Listening), Findings(), seed=7, examples=20)

    assert {type(row["user_id"]) for row in seen} == {str}
    assert {type(row.get("confidence")) for row in seen} <= {float, int, type(None)}
    assert not any(row.get("confidence") != row.get("confidence") for row in seen)


def test_a_queue_that_keeps_core_alone_stays_conformant_to_it():
    """Whatever bad input and outside changes do to a queue that knows only `core`, core is not what failed."""
    found = Findings(frozenset({"core", "input", "file"}))
    with elsewhere():
        search(PythonSubject("the model", ModelQueue), found, seed=7, examples=20)

    assert [name for name in found.failures if REQUIREMENTS[name].profile == "core"] == []
    assert {REQUIREMENTS[name].profile for name in found.failures} == {"input", "file"}


def test_what_the_search_found_is_shrunk():
    """A failure that only the search found comes back as few steps with few buckets."""
    mutant = MUTANTS["key-with-the-reason"]
    subject, found = PythonSubject(mutant.id, mutant.make), Findings()
    with elsewhere():
        search(subject, found, seed=7, examples=20)
        failure = shrunk(found.failures["DUP-2"], subject, found.profiles)

    assert [step["do"].partition("_")[0] for step in failure.case.steps] == ["enqueue", "enqueue"]
    assert sum(len(step.get("rows", step.get("buckets", ()))) for step in failure.case.steps) == 2
    # Some of what is asked beside the steps may put off a failure, which then comes earlier without it.
    longer = replace(failure, case=replace(failure.case, steps=(*failure.case.steps, *failure.case.steps)))
    assert shrunk(longer, subject, found.profiles).case.steps == failure.case.steps


def test_the_search_is_the_same_whatever_is_loaded(tmp_path, monkeypatch):
    """Constants of the user's modules, which Hypothesis likes to draw, are none of its business."""

    def programs():
        calls = []

        class Recorded(ModelQueue):
            def enqueue(self, rows, reason):
                calls.append(str(rows))
                return super().enqueue(rows, reason)

        search(PythonSubject("recorded", Recorded), Findings(frozenset({"core"})), seed=1, examples=20)
        return calls

    before = programs()
    numbers = ", ".join(str(number) for number in range(-50, 200_000, 331))
    (tmp_path / "full_of_constants.py").write_text(f"NUMBERS = [{numbers}]\nTEXTS = ['ada', 'é', '0.1', 0.25, 0.75]\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.import_module("full_of_constants")

    assert programs() == before
    assert len(before) > 20
