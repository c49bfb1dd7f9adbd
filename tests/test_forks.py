"""Processes that serve Python subjects are forked, and are as those that a command starts."""

from __future__ import annotations

import json
import os
import signal
import sys

import pytest

from labelqueue.conformance.subjects.conversation import Conversation
from labelqueue.conformance.subjects.forks import Fork
from labelqueue.conformance.subjects.python_subject import SERVE
from labelqueue.conformance.subjects.subject import BrokenError, RefusedError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks are made on Linux alone")

# What a process is like is told by a subject that refuses with it.
SUBJECT = """
import os, random, sys
import numpy

LOADED = os.getpid()

def Queue(path, *cap):
    mask = os.umask(0)
    os.umask(mask)
    raise RuntimeError({
        "variable": os.environ["LABELQUEUE_TEST_VARIABLE"], "folder": os.getcwd(), "umask": mask,
        "loaded here": LOADED == os.getpid(),
        "leads its session": os.getsid(0) == os.getpid(), "chance": [random.random(), numpy.random.random()],
        "files": sorted(int(name) for name in os.listdir("/proc/self/fd"))[:-1],
    }[path.parts[-1]])
"""


@pytest.fixture
def started(tmp_path, monkeypatch):
    """Start processes by the command that a Python subject has, or one that does the same and is not forked."""
    (tmp_path / "told.py").write_text(SUBJECT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LABELQUEUE_TEST_VARIABLE", "as it is now")
    conversations = []

    def start(*, is_forked=True):
        command = (*SERVE, "told:Queue") if is_forked else (SERVE[0], "-B", *SERVE[1:], "told:Queue")
        conversation = Conversation(command, timeout_s=10.0)
        conversations.append(conversation)
        assert isinstance(conversation._process, Fork) is is_forked
        conversation.ask("hello", {"wire": 1})
        return conversation

    yield start
    for conversation in conversations:
        conversation.end()


def told(conversation, what):
    """Return what a process says of itself."""
    with pytest.raises(RefusedError) as refused:
        conversation.ask("open", {"store": f"/nowhere/{what}"})
    return str(refused.value).partition("RuntimeError: ")[2]


@pytest.mark.parametrize("what", ["folder", "umask", "loaded here", "leads its session", "files"])
def test_it_is_as_if_a_command_had_started_it(started, what):
    """Whatever a subject can see of its process is the same; it loads its own modules."""
    assert told(started(), what) == told(started(is_forked=False), what)


def test_it_has_the_environment_of_now(started):
    """Also what was set after the parent of all forks was started."""
    assert told(started(), "variable") == "as it is now"


def test_no_two_of_them_have_the_same_luck(started):
    """Neither `random` nor numpy goes on in two processes from the same state."""
    one, other = (told(started(), "chance").strip("[]").split(", ") for _ in range(2))

    assert [a == b for a, b in zip(one, other, strict=True)] == [False, False]


def test_how_it_ended_is_known(started):
    """As of any process: by a signal, or by itself."""
    conversation = started()
    os.kill(conversation.pid, signal.SIGTERM)

    with pytest.raises(BrokenError, match="ended with status -15 instead of answering open"):
        conversation.ask("open", {"store": "/nowhere"})
    assert not conversation.is_alive


def test_an_answer_that_nobody_took_is_not_for_the_next_question(started):
    """Who asked was interrupted, as by Ctrl-C; asked once more, how a process ended is still known."""
    conversation = started()
    fork = conversation._process
    os.kill(fork.pid, signal.SIGTERM)
    parent = fork._parent
    for number, question in enumerate(({"status_of": fork.pid}, {"status_of": fork.pid})):
        parent._socket.sendall(json.dumps({**question, "question": -1 - number}).encode())

    assert fork.wait(10) == -signal.SIGTERM
    assert told(started(), "leads its session") == "True"
