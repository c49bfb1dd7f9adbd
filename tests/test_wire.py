"""The wire: programs are subjects like any other, and one that misbehaves is told how to mend it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from labelqueue.conformance import program_named, run
from labelqueue.conformance.subjects.conversation import Conversation
from labelqueue.conformance.subjects.smoke import smoked
from labelqueue.conformance.subjects.subject import BrokenError, RefusedError
from labelqueue.conformance.subjects.wire import _is_answer, line_of, problems_of, result_of
from labelqueue.errors import SubjectError

CANONICAL = (sys.executable, "-m", "labelqueue.conformance.subjects.serve", "labelqueue:ActiveLabelingQueue")
HELLO = {"wire": 1, "name": "mine", "claims": {"profiles": ["core"], "clock": True, "store": "path"}}
PROGRAM = """
import json, os, sys, time
from pathlib import Path

def answer(number, **members):
    print(json.dumps({{"jsonrpc": "2.0", "id": number, **members}}), flush=True)

for count, line in enumerate(sys.stdin):
    request = json.loads(line)
    number, method = request["id"], request["method"]
    if method == "hello":
        answer(number, result={hello})
    elif method in ("open", "close", "set_clock", "bye"):
        answer(number, result=None)
    else:
        print("about to answer", method, file=sys.stderr)
        {instead}
"""


@pytest.fixture
def program(tmp_path):
    """Make a program that says hello and then does something else."""

    def make(instead, hello=HELLO):
        file = tmp_path / "program.py"
        file.write_text(PROGRAM.format(hello=hello, instead=instead))
        return sys.executable, str(file)

    return make


@pytest.fixture
def talk(program):
    """Start a conversation with such a program; it is ended afterwards."""
    started = []

    def start(instead, timeout_s=20.0):
        started.append(Conversation(program(instead), timeout_s=timeout_s))
        return started[-1]

    yield start
    for conversation in started:
        conversation.end()


def test_a_served_queue_conforms():
    """The canonical queue, examined as a program, is conformant to core."""
    subject = program_named(CANONICAL, timeout_s=60)

    try:
        report = run(subject, profiles=["core"], programs=0)
    finally:
        subject.stop()

    assert {name: found.outcome for name, found in report.requirements.items() if found.outcome != "pass"} == {}
    assert report.subject == {
        "name": "labelqueue:ActiveLabelingQueue",
        "version": report.subject["version"],
        "language": "python",
        "how": "as a program",
    }


@pytest.mark.parametrize(
    ("instead", "rule"),
    [
        (
            "print('hello there', flush=True)",
            (
                "answered all_items with the line 'hello there', which is not JSON in UTF-8; "
                "print one message per line to standard output and nothing else; logs go to standard error"
            ),
        ),
        (
            "answer(number + 1, result=[])",
            (
                'answered all_items with the line \'{"jsonrpc": "2.0", "id": 2, "result": []}\', '
                "which has the id 2 where the request has 1; answer with the id of the request, as the number "
                "that it was"
            ),
        ),
        (
            "print(json.dumps({'id': number, 'result': []}), flush=True)",
            (
                'answered all_items with the line \'{"id": 1, "result": []}\', which breaks the schema of an answer: '
                '\'jsonrpc\' is a required property; write "jsonrpc": "2.0" into every answer'
            ),
        ),
        ("sys.exit(3)", "ended with status 3 instead of answering all_items"),
        ("os.close(1); time.sleep(60)", "closed its standard output instead of answering all_items"),
    ],
)
def test_a_bad_answer_is_told_with_the_line_the_rule_and_the_mend(talk, instead, rule):
    """Whoever wrote the program reads what it printed, what that breaks, how to mend it, and its standard error."""
    conversation = talk(instead)

    with pytest.raises(BrokenError) as caught:
        conversation.ask("all_items", {})

    assert caught.value.rule == rule
    assert caught.value.stderr == "about to answer all_items"
    assert not conversation.is_alive


def test_a_program_that_hangs_is_ended(talk):
    """A request that is not answered within its limit ends the program."""
    conversation = talk("time.sleep(600)", timeout_s=0.2)

    with pytest.raises(BrokenError, match=r"did not answer all_items within 0\.2 s; it was ended"):
        conversation.ask("all_items", {})

    assert not conversation.is_alive


def test_a_program_that_has_ended_is_killed_once(talk, monkeypatch):
    """What it started goes with it at once; later its id may be that of somebody else's processes."""
    killed = []
    monkeypatch.setattr(os, "killpg", lambda group, _: killed.append(group))
    conversation = talk("sys.exit(3)")

    with pytest.raises(BrokenError, match="ended with status 3"):
        conversation.ask("all_items", {})
    conversation.kill()
    conversation.end()

    assert killed == [conversation.pid]


def test_who_ends_at_a_long_line_is_told_how_long_it_was(talk):
    """Some readers of lines end at a certain length, and say nothing."""
    conversation = talk("sys.exit(0)")

    with pytest.raises(BrokenError, match=r"instead of answering all_items, a request of 500\d\d bytes"):
        conversation.ask("all_items", {"x": "x" * 50000})


def test_what_was_said_before_the_end_is_told(talk):
    """A program that prints why it ends, though to the wrong stream, is not said to have ended in silence."""
    conversation = talk("answer(number, result=[]); print('no disk', flush=True); sys.exit(1)")
    assert conversation.ask("all_items", {}) == []
    os.waitid(os.P_PID, conversation.pid, os.WEXITED | os.WNOWAIT)

    with pytest.raises(BrokenError, match="printed the line 'no disk', which nobody asked for"):
        conversation.ask("all_items", {})


def test_a_second_answer_is_found_at_the_next_request(talk):
    """An answer that nobody asked for is told with its line."""
    conversation = talk("answer(number, result=[]); answer(number, result=[])")
    assert conversation.ask("all_items", {}) == []
    assert conversation.has_said_within(60)  # the second line is there

    with pytest.raises(BrokenError, match=r"printed the line '.*', which nobody asked for; answer each request once"):
        conversation.ask("all_items", {})


def test_a_program_that_opens_nothing_is_an_error_everywhere(program):
    """A program is given three attempts to open a queue; when all fail, all is an error, and no pass."""
    subject = program_named(program("sys.exit(3)"), timeout_s=20)

    try:
        report = run(subject, only="ALL-1", programs=1)
    finally:
        subject.stop()

    assert report.requirements["ALL-1"].outcome == "error"
    assert report.requirements["ALL-1"].reason == (
        "no queue could be opened in 3 attempts: the program ended with status 3 instead of answering all_items; "
        "its standard error ends: about to answer all_items"
    )
    assert report.verdict == {"core": "not conformant"}


def test_errors_concern_the_requirements_of_the_case(program):
    """Only what could not be judged is an error; the other requirements keep their outcomes."""
    subject = program_named(program("answer(number, result=[]) if method == 'all_items' else sys.exit(3)"))

    try:
        report = run(subject, only="all-*")
    finally:
        subject.stop()

    assert report.requirements["ALL-1"].outcome == "error"
    assert "ended with status 3 instead of answering enqueue" in report.requirements["ALL-1"].reason
    assert report.verdict == {"core": "not conformant"}


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("/nonexistent/program",), "/nonexistent/program: cannot be started: No such file or directory"),
        (("/bin/true",), "/bin/true: does not say hello: ended with status 0 instead of answering hello"),
    ],
)
def test_a_program_that_cannot_be_started_is_no_subject(command, message):
    """It is told in one line."""
    with pytest.raises(SubjectError) as caught:
        program_named(command)

    assert str(caught.value) == message


def test_claims_are_typed(program):
    """A claim that does not exist is told."""
    hello = {**HELLO, "claims": {"profiles": ["core", "fast"]}}

    with pytest.raises(SubjectError, match="says hello wrongly: 'fast' is not one of"):
        program_named(program("pass", hello))


def test_without_a_clock_core_gets_no_verdict(program):
    """What needs the clock is skipped with the reason, and a skip is no pass."""
    hello = {**HELLO, "claims": {"profiles": ["core"]}}
    subject = program_named(program("answer(number, result=[])", hello))

    try:
        report = run(subject, only="CAP-5", programs=1)
    finally:
        subject.stop()

    assert report.requirements["CAP-5"].outcome == "skip"
    assert report.requirements["CAP-5"].reason == "it claims no clock that can be set"
    assert report.verdict == {"core": "no verdict"}


def test_smoke_shows_the_whole_conversation():
    """Every line is shown, with who said it, and nothing is wrong with the canonical queue."""
    said = []

    assert smoked(CANONICAL, said.append, timeout_s=60)
    assert [line.who for line in said[:-1]] == ["kit", "program"] * ((len(said) - 1) // 2)
    assert said[0].text == '{"jsonrpc": "2.0", "id": 1, "method": "hello", "params": {"wire": 1}}'


@pytest.mark.parametrize(
    ("instead", "wrong", "mend"),
    [
        (
            "answer(number, result={})",
            "the result of all_items breaks its schema: {} is not of type 'array'",
            None,
        ),
        (
            "answer(number, result=[] if method == 'all_items' else 2)",
            "enqueue_low_confidence answered 2, expected 1",
            "return how many requests were added (ENQ-6); only confidences below 0.55 are selected (ENQ-1)",
        ),
        (
            "print('debug'); answer(number, result=[])",
            (
                "answered all_items with the line 'debug', which is not JSON in UTF-8; "
                "print one message per line to standard output and nothing else"
            ),
            "logs go to standard error",
        ),
    ],
)
def test_smoke_says_what_to_change(program, instead, wrong, mend):
    """It stops at the first thing that is wrong, and says what to change."""
    said = []

    assert not smoked(program(instead), said.append)
    told = {line.who: line.text for line in said if line.who in ("wrong", "mend")}
    assert told == {"wrong": wrong} | ({"mend": mend} if mend else {})


@pytest.mark.parametrize(
    "message",
    [
        {"jsonrpc": "2.0", "id": 1, "result": None},
        {"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "x"}},
        {"jsonrpc": "2.0", "id": 1},
        {"jsonrpc": "1.0", "id": 1, "result": 1},
        {"jsonrpc": "2.0", "id": "1", "result": 1},
        {"jsonrpc": "2.0", "id": True, "result": 1},
        {"jsonrpc": "2.0", "id": 1, "result": 1, "error": {"code": 1, "message": "x"}},
        {"jsonrpc": "2.0", "id": 1, "error": {"code": "1", "message": "x"}},
        {"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": None}},
        {"jsonrpc": "2.0", "id": 1, "error": "x"},
        {"jsonrpc": "2.0", "id": 1, "other": 1},
        [],
        None,
    ],
)
def test_the_short_check_agrees_with_the_schema(message):
    """What is asked for every line is what the published schema says."""
    assert _is_answer(message) is (problems_of(message, "answer") == [])


def test_an_error_is_a_refusal_by_its_code():
    """-32602 is the caller's fault; the message is kept."""
    line = json.dumps({"jsonrpc": "2.0", "id": 7, "error": {"code": -32602, "message": "row 3"}}).encode()

    with pytest.raises(RefusedError) as caught:
        result_of(line, 7, "enqueue_drift")

    assert (caught.value.refusal.kind, caught.value.refusal.message) == (
        "invalid_input",
        "answered error -32602: row 3",
    )


def test_requests_are_valid_by_the_schema():
    """What the kit sends is what it publishes, lone surrogates and odd floats included."""
    params = {"rows": [{"user_id": "\ud800", "confidence": {"$float": "nan"}}], "threshold": 0.5}
    message = json.loads(line_of(3, "enqueue_low_confidence", params))

    assert problems_of(message, "request") == []
    assert problems_of(message["params"], "enqueue_low_confidence.params") == []
    assert message["params"] == params


def test_a_server_answers_what_it_cannot_read():
    """Lines that are no requests are answered with the codes of JSON-RPC, and the program goes on."""

    lines = [
        b"rubbish",
        b'{"jsonrpc": "2.0", "id": 1, "method": "all_items", "params": {}}',
        b'{"jsonrpc": "2.0", "id": 2, "method": "dance", "params": {}}',
        b'{"jsonrpc": "2.0", "id": 3, "method": "open", "params": {}}',
        b'{"jsonrpc": "2.0", "id": 4, "method": "hello", "params": {"wire": 2}}',
        b'{"jsonrpc": "2.0", "id": 5, "method": "bye", "params": {}}',
    ]

    done = subprocess.run(CANONICAL, input=b"\n".join(lines), capture_output=True, check=True)

    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(answer["id"], answer.get("error", {}).get("code")) for answer in answers] == [
        (None, -32700),
        (1, -32600),
        (2, -32601),
        (3, -32600),
        (4, -32600),
        (5, None),
    ]


def test_what_cannot_be_served_is_told_in_one_line():
    """The exit status is that of a subject that cannot be examined."""
    done = subprocess.run(
        [sys.executable, "-m", "labelqueue", "serve", "nowhere:Queue"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        "labelqueue: nowhere:Queue: cannot be imported: ModuleNotFoundError: No module named 'nowhere'\n"
    )
