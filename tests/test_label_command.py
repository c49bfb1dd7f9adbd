"""The command `label` in a terminal: keys go in, asks come out."""

from __future__ import annotations

import json
import os
import re
import sys

import pexpect
import pytest

from labelqueue import ActiveLabelingQueue, LabelRequest
from labelqueue.document import requests_to_bytes

# Newer Pythons warn whenever a process with threads forks a terminal; the child starts another program at once.
pytestmark = pytest.mark.filterwarnings("ignore:.*forkpty.*:DeprecationWarning")

COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-7][0-9;]*m")


def request(number, **changes):
    values = {
        "request_id": f"{number}404cad7-47d4-4b22-b364-a726a3573615",
        "user_id": "ada",
        "bucket_start_ts": f"2026-01-15T0{number}:00:00Z",
        "bucket_end_ts": f"2026-01-15T0{number}:15:00Z",
        "reason": "drift",
        "confidence": number / 10,
        "created_at": "2026-01-15T10:00:00Z",
    }
    return LabelRequest(**(values | changes))


@pytest.fixture
def store(tmp_path):
    """A queue file with four requests, the most uncertain last."""
    path = tmp_path / "queue.json"
    path.write_bytes(requests_to_bytes([request(number) for number in (4, 3, 2, 1)]))
    return path


@pytest.fixture
def terminal(store):
    """Start `label` in a terminal; whatever happens, it is ended after the test."""
    started = []

    def start(*options, **environment):
        child = pexpect.spawn(
            sys.executable,
            ["-m", "labelqueue", "label", str(store), *options],
            env={"PATH": os.environ["PATH"], "TERM": "xterm-256color", **environment},
            dimensions=(24, 100),
            encoding="utf-8",
            timeout=60,
        )
        started.append(child)
        return child

    yield start
    for child in started:
        child.close(force=True)


def press(child, key):
    """Press a key once it is waited for; what is pressed before the request can be seen is forgotten."""
    assert child.waitnoecho(60)
    child.send(key)


def rest_of(child):
    """What a program says until it ends, and what it exits with."""
    child.expect(pexpect.EOF)
    child.close()
    return child.before, child.exitstatus


def statuses(path):
    """By user's hour, what became of the request."""
    return {each.bucket_start_ts.hour: each.status for each in ActiveLabelingQueue(path).all_items}


def test_one_key_each(terminal, store):
    """The most uncertain is asked first; a key that means nothing shows the keys again; at the end it is summed up."""
    child = terminal()
    child.expect("l labeled, s skip, n not now, q stop")
    child.expect("ada, 2026-01-15 01:00-01:15 UTC")
    press(child, "x")
    child.expect("l labeled, s skip, n not now, q stop")
    press(child, "l")
    child.expect("ada, 2026-01-15 02:00-02:15 UTC")
    press(child, "s")
    child.expect("ada, 2026-01-15 03:00-03:15 UTC")
    press(child, "n")
    child.expect("ada, 2026-01-15 04:00-04:15 UTC")
    press(child, "l")

    said, status = rest_of(child)

    assert status == 0
    assert "2 labeled, 1 skipped, 1 left for later" in said
    assert "1 of 1 pending requests may be asked now: there are no more." in said
    assert statuses(store) == {1: "labeled", 2: "skipped", 3: "pending", 4: "labeled"}


@pytest.mark.parametrize(("key", "status"), [("q", 0), ("\x1b", 0), ("\x04", 0), ("\x03", 130)])
def test_stopping_loses_nothing(terminal, store, key, status):
    """Whichever way it is stopped, what was answered is in the queue and the rest is pending."""
    child = terminal()
    child.expect("01:00-01:15 UTC")
    press(child, "l")
    child.expect("02:00-02:15 UTC")
    press(child, key)

    said, exit_status = rest_of(child)

    assert exit_status == status
    assert "1 labeled, 0 skipped, 0 left for later" in said
    assert "Traceback" not in said
    assert statuses(store) == {1: "labeled", 2: "pending", 3: "pending", 4: "pending"}


def test_an_answer_is_kept_at_once(terminal, store):
    """When the next ask is shown, the answer to the last is in the queue: a kill loses nothing."""
    child = terminal()
    child.expect("01:00-01:15 UTC")
    press(child, "s")
    child.expect("02:00-02:15 UTC")

    child.close(force=True)

    assert statuses(store) == {1: "skipped", 2: "pending", 3: "pending", 4: "pending"}


def test_no_more_are_asked_than_the_budget_allows(terminal, store):
    """Requests of earlier days use nothing of the cap up, and still no more are asked at one sitting."""
    child = terminal("--max-asks-per-day", "1", "--json")
    child.expect("01:00-01:15 UTC")
    press(child, "l")

    said, status = rest_of(child)

    told = json.loads(said[said.index("{\r\n") :])
    assert status == 0
    assert "02:00-02:15 UTC" not in said
    assert (told["labeled"], told["skipped"], told["later"]) == (1, 0, 0)
    assert (told["explanation"]["pending"], told["explanation"]["bound"]) == (3, "cap")
    assert statuses(store) == {1: "labeled", 2: "pending", 3: "pending", 4: "pending"}


def test_what_others_answer_meanwhile_is_not_asked(terminal, store):
    """The queue is looked at anew before every ask."""
    child = terminal()
    child.expect("01:00-01:15 UTC")
    others = ActiveLabelingQueue(store)
    others.mark_done(request(1).request_id, "skipped")
    others.mark_done(request(2).request_id, "skipped")
    press(child, "n")
    child.expect("UTC")

    assert "03:00-03:15" in child.before


def test_a_request_that_is_gone_is_not_counted(terminal, store):
    """When the file was replaced by another without the request, its answer is kept nowhere, and that is said."""
    child = terminal()
    child.expect("01:00-01:15 UTC")
    store.write_bytes(requests_to_bytes([request(4)]))
    press(child, "l")
    child.expect("is in the queue no more")
    child.expect("04:00-04:15 UTC")
    press(child, "q")

    assert "0 labeled, 0 skipped, 0 left for later" in rest_of(child)[0]


def test_nobody_is_asked_when_nothing_is_pending(terminal, store):
    """An empty queue asks nothing and waits for nothing."""
    store.write_bytes(b"[]")

    said, status = rest_of(terminal())

    assert status == 0
    assert said == (
        "0 labeled, 0 skipped, 0 left for later\r\n0 of 0 pending requests may be asked now: there are no more.\r\n"
    )


def test_no_colour_where_none_is_wanted(terminal):
    """With `NO_COLOR` the screen has no colours; without it, it has."""
    plain, coloured = terminal(NO_COLOR="1"), terminal()
    for child in (plain, coloured):
        child.expect("01:00-01:15 UTC")
        press(child, "q")

    plain_said, coloured_said = rest_of(plain)[0], rest_of(coloured)[0]

    assert COLOUR.search(plain_said) is None
    assert COLOUR.search(coloured_said) is not None
