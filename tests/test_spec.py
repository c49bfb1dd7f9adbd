"""The requirements as objects: complete, worded, and able to say nothing."""

from __future__ import annotations

import json
import re

import pytest

from conftest import NOW
from labelqueue.conformance.published.pages import generated
from labelqueue.spec import REQUIREMENTS, Call, Observation, Refusal
from labelqueue.spec.queue_file import FileState

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


@pytest.mark.parametrize(
    ("message", "is_right"),
    [
        ("queue.json: item 1 lacks user_id", True),
        ("queue.json: item 1 lacks created_at", True),
        ("queue.json: item 2, status: no such word", True),
        ("queue.json: item 1, status: no such word", False),
        ("queue.json: item 0 lacks user_id", False),
        ("item 1 lacks user_id", False),
    ],
)
def test_any_flaw_of_a_file_may_be_named(message, is_right):
    """Where more than one thing is wrong, FILE-4 asks for the item and the field of one of them."""
    item = dict.fromkeys(("bucket_start_ts", "bucket_end_ts", "created_at"), "2026-01-10T09:00:00Z")
    item |= {"request_id": "1", "user_id": "ada", "reason": "drift"}
    items = [item, {"request_id": "2"}, item | {"request_id": "3", "status": "done"}]
    file = FileState(json.dumps(items).encode())
    refusal = Refusal("other", f"raised ValueError: {message}")
    seen = Observation(
        call=Call(do="get_pending"),
        now=NOW,
        until=NOW,
        max_asks_per_day=None,
        before=(),
        after=(),
        file_before=file,
        file_after=file,
        refusal=refusal,
    )

    assert (REQUIREMENTS["FILE-4"].judge(seen) == []) is is_right


def test_requirements_say_nothing_about_nothing():
    """An observation of an untouched, empty queue gives no requirement but its own area something to say."""
    seen = Observation(call=Call(do="clock"), now=NOW, until=NOW, max_asks_per_day=None, before=(), after=())

    assert {name: found for name, r in REQUIREMENTS.items() if (found := r.judge(seen)) is not None} == {}


@pytest.mark.parametrize(("name", "content"), generated().items(), ids=list(generated()))
def test_generated_files_are_fresh(name, content, pytestconfig):
    """Run `python -m labelqueue.conformance.published.pages` when this fails."""
    assert (pytestconfig.rootpath / name).read_text(encoding="utf-8") == content
