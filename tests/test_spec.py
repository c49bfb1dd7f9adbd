"""The requirements as objects: complete, worded, and able to say nothing."""

from __future__ import annotations

import re

import pytest

from conftest import NOW
from labelqueue.conformance.published.pages import generated
from labelqueue.spec import REQUIREMENTS, Call, Observation

# How many requirements each area of the contract has; an id is never reused.
CONTRACT = {
    "REQ": 4,
    "ENQ": 7,
    "DRIFT": 3,
    "DUP": 5,
    "ORD": 5,
    "CAP": 8,
    "GET": 3,
    "DONE": 4,
    "ALL": 1,
    "KEEP": 5,
    "IN": 12,
    "DUR": 4,
    "SHARE": 4,
    "FILE": 7,
}


def test_every_requirement_of_the_contract_is_there():
    """The ids are those of the contract, in its order."""
    assert list(REQUIREMENTS) == [f"{area}-{n}" for area, count in CONTRACT.items() for n in range(1, count + 1)]


@pytest.mark.parametrize("requirement", REQUIREMENTS.values(), ids=list(REQUIREMENTS))
def test_a_requirement_is_worded(requirement):
    """The first sentence carries a word of RFC 2119 and ends; a why follows it."""
    assert re.search(r"\b(MUST|MUST NOT|MAY)\b", requirement.sentence)
    assert requirement.sentence.endswith(".")
    assert len(requirement.why) > 30


def test_requirements_say_nothing_about_nothing():
    """An observation of an untouched, empty queue gives no requirement but its own area something to say."""
    seen = Observation(call=Call(do="clock"), now=NOW, until=NOW, max_asks_per_day=None, before=(), after=())

    assert {name: found for name, r in REQUIREMENTS.items() if (found := r.judge(seen)) is not None} == {}


@pytest.mark.parametrize(("name", "content"), generated().items(), ids=list(generated()))
def test_generated_files_are_fresh(name, content, pytestconfig):
    """Run `python -m labelqueue.conformance.published.pages` when this fails."""
    assert (pytestconfig.rootpath / name).read_text(encoding="utf-8") == content
