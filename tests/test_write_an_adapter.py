"""The chapter "Write an adapter": its conversation is had, its commands are run, its words are the code's."""

from __future__ import annotations

import io
import json
from itertools import count

import pytest

from labelqueue.conformance import subject_named
from labelqueue.conformance.reports.verdict import Outcome
from labelqueue.conformance.subjects.serve import serve
from labelqueue.conformance.subjects.wire import OPERATIONS, VERSION, problems_of
from test_how_to_examine import follow, reader  # noqa: F401 - a fixture

STORE = "/tmp/labelqueue-x/live/store/queue.json"  # noqa: S108 - as the page writes it


@pytest.fixture
def chapter(pytestconfig):
    """The chapter as it is read."""
    text = (pytestconfig.rootpath / "conformance" / "README.md").read_text("utf-8")
    return text.partition("\n## Write an adapter\n")[2].partition("\n## ")[0]


@pytest.fixture
def conversation(chapter):
    """Every request of the chapter and its answer, in order."""
    lines = [json.loads(line) for line in chapter.splitlines() if line.startswith('{"jsonrpc"')]
    return list(zip(lines[::2], lines[1::2], strict=True))


def test_the_conversation_keeps_the_schemas(conversation):
    """Every message is valid, every answer answers its request, and every method is shown."""
    problems = [
        (request["method"], problem)
        for request, answer in conversation
        for message, kind in [
            (request, "request"),
            (request["params"], f"{request['method']}.params"),
            (answer, "answer"),
            *([(answer["result"], f"{request['method']}.result")] if "result" in answer else []),
        ]
        for problem in problems_of(message, kind)
    ]

    assert problems == []
    assert [answer["id"] for _, answer in conversation] == [n + 1 for n in range(len(conversation))]
    assert {request["id"] for request, _ in conversation} == {answer["id"] for _, answer in conversation}
    shown = {request["method"] for request, _ in conversation}
    assert shown == {"hello", "set_clock", "open", *OPERATIONS, "close", "bye"}


def test_the_conversation_is_that_of_the_canonical_queue(conversation, monkeypatch, tmp_path):
    """The canonical queue answers as the page says, but for what each program says of itself and in its errors."""
    numbers = count()
    monkeypatch.setattr(
        "labelqueue.batch.new_ids",
        lambda many: [f"{next(numbers):08x}-7d47-4b22-b364-a726a3573615" for _ in range(many)],
    )
    text = "\n".join(json.dumps(request) for request, _ in conversation)
    answers = io.BytesIO()

    serve(
        subject_named("labelqueue:ActiveLabelingQueue"),
        io.BytesIO(text.replace(STORE, str(tmp_path / "store" / "queue.json")).encode()),
        answers,
    )

    said = [json.loads(line) for line in answers.getvalue().splitlines()]
    assert list(map(_without_words, said[1:])) == [_without_words(answer) for _, answer in conversation[1:]]
    assert said[0]["result"]["wire"] == conversation[0][1]["result"]["wire"] == VERSION


def _without_words(answer):
    return answer if "error" not in answer else {**answer, "error": answer["error"]["code"]}


@pytest.mark.usefixtures("reader")
def test_the_commands_do_what_they_say(chapter, tmp_path):
    """From the skeleton to the replay of its failure, each command can be given in turn, and says what is shown."""
    # The whole of core takes a minute; one case finds the failure that is replayed.
    text = chapter.replace("conform --profile core", "conform --only 'enq-one-moment-*'")

    assert follow(text, tmp_path) == ([], 8)
    assert (tmp_path / "mine" / "found" / "report.json").exists()


def test_every_outcome_is_explained(chapter):
    """The table of outcomes has those that there are."""
    table = chapter.partition("| outcome | meaning |\n|---|---|\n")[2].partition("\n\n")[0]

    assert {line.split(" | ")[0].removeprefix("| ") for line in table.splitlines()} == set(Outcome.__args__)
