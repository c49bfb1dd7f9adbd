"""The hand-written cases: valid, complete, and each able to fail."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from labelqueue.conformance.cases import DATA, InvalidCaseError, case_of, cases_about, hand_written, load_case
from labelqueue.conformance.judging import Findings, judge_case
from labelqueue.conformance.models.core import ModelQueue
from labelqueue.conformance.models.file import JsonQueue
from labelqueue.conformance.models.input import InputQueue
from labelqueue.conformance.mutants import MUTANTS
from labelqueue.conformance.subjects.clock import elsewhere
from labelqueue.conformance.subjects.python_subject import CANONICAL, PythonSubject, subject_named
from labelqueue.spec import REQUIREMENTS, Observation

CASES = {case.id: case for case in hand_written()}
ABOUT = {m.id: cases_about([REQUIREMENTS[m.requirement]], m.profiles) for m in MUTANTS.values()}


def model_for(case):
    """The kit's model of the profiles that a case is about."""
    if "file" in case.needs or "file" in case.profiles:
        return PythonSubject("the model over a file", JsonQueue)
    return PythonSubject("the model", InputQueue if "input" in case.profiles else ModelQueue)


def findings(case, subject):
    found = Findings(case.profiles)
    with elsewhere():
        judge_case(case, subject, found)
    return found


def test_ids_are_unique_and_name_the_file():
    """A case's id is its area and the name of its file."""
    names = [f"{path.parent.name}-{path.stem}" for path in sorted((DATA / "cases").glob("*/*.json"))]

    assert [case.id for case in hand_written()] == names
    assert len(CASES) == len(names)


@pytest.mark.parametrize("path", sorted((DATA / "cases").glob("*/*.json")), ids=lambda path: path.stem)
def test_a_case_file_is_valid(path):
    """Each file is a case by the schema, and names requirements that exist."""
    assert load_case(path) == CASES[f"{path.parent.name}-{path.stem}"]


def test_every_requirement_has_two_cases():
    """No requirement hangs on one example, where an example is a call after another."""
    counts = Counter(name for case in CASES.values() for name in case.requirements)

    assert [name for name, r in REQUIREMENTS.items() if r.sees is Observation and counts[name] < 2] == []


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
@pytest.mark.parametrize("subject", [model_for, lambda _: subject_named(CANONICAL)], ids=["model", "canonical"])
def test_a_case_holds(case, subject):
    """What was written by hand agrees with the kit's model, and with the canonical queue."""
    found = findings(case, subject(case))

    assert {name: failure.message for name, failure in found.failures.items()} == {}
    assert all(found.checks[name] for name in case.requirements)


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_case_can_fail(case):
    """Each case kills at least one mutant of the requirements that it names."""
    candidates = [m for m in MUTANTS.values() if case in ABOUT[m.id]]

    assert any(
        set(case.requirements) & set(findings(case, PythonSubject(m.id, m.make)).failures) for m in candidates
    ), [m.id for m in candidates]


def test_a_case_goes_through_json_unchanged():
    """The file form of a case, read again, is the same case."""
    for case in CASES.values():
        assert case_of(json.loads(json.dumps(case.to_json())), case.id) == case


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, "x.json at /: 'id' is a required property"),
        (
            {"id": "a", "requirements": ["ORD-99"], "why": "It is not there.", "steps": [{"do": "all_items"}]},
            "x.json at /requirements: ORD-99 is no requirement",
        ),
        (
            {"id": "A B", "requirements": ["ORD-1"], "why": "The id has a blank.", "steps": [{"do": "all_items"}]},
            "x.json at .id: 'A B' does not match '^[a-z0-9]+(-[a-z0-9]+)*$'",
        ),
    ],
)
def test_a_bad_case_is_refused(members, message):
    """A case that breaks the schema is refused with the file, the place and the rule."""
    with pytest.raises(InvalidCaseError) as caught:
        case_of(members, "x.json")

    assert str(caught.value) == message


def test_a_file_that_is_no_json_is_refused(tmp_path):
    """So is a file that cannot be read at all."""
    (tmp_path / "x.json").write_text("{")

    with pytest.raises(InvalidCaseError, match=r"x\.json at /: cannot be read"):
        load_case(tmp_path / "x.json")


def test_a_cap_that_is_none_over_an_odd_file_is_no_refusal_of_the_file():
    """Whose cap is refused has not had the file refused: FILE-4 says nothing."""
    odd = {
        "request_id": "no uuid",
        "user_id": "ada",
        "bucket_start_ts": "2026-01-10T09:00:00Z",
        "bucket_end_ts": "2026-01-10T09:00:00Z",
        "reason": "drift",
        "created_at": "2026-01-14T08:00:00Z",
    }
    steps = [{"do": "store", "items": [odd]}, {"do": "reopen", "max_asks_per_day": -1}]
    members = {
        "id": "file-odd",
        "requirements": ["FILE-4", "IN-9"],
        "why": "The file is blamed for the cap.",
        "steps": steps,
    }
    case = case_of(members, "odd.json")

    assert not findings(case, model_for(case)).failures
