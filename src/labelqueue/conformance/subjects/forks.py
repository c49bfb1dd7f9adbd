"""Forks: processes that serve Python subjects, started in a fraction of the time.

Such a process spends nearly all of its start on what the kit itself needs.  So one
process, the parent, loads that once, and forks whenever another is wanted.  A fork
loads the subject for itself: of what the subject's modules hold nothing is shared.

The parent is `labelqueue.conformance.subjects.parent`.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import json
import os
import select
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any, Final

__all__ = ["LONGEST", "Fork", "forked"]

_MODULE: Final = "labelqueue.conformance.subjects.parent"
LONGEST: Final = 1 << 17  # bytes of a message, which holds the environment


class Fork:
    """A process that was forked, with what `subprocess.Popen` has.

    Attributes:
        pid: Its id.
        stdin: What it reads.
        stdout: What it writes.
    """

    def __init__(self, parent: _Parent, pid: int, stdin: IO[bytes], stdout: IO[bytes]) -> None:
        """Take hold of a process that was forked just now."""
        self.pid, self.stdin, self.stdout = pid, stdin, stdout
        self._parent = parent
        self._end = os.pidfd_open(pid)
        self._status: int | None = None

    def poll(self) -> int | None:
        """Return how it ended, or `None` while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended, and return how.

        Raises:
            subprocess.TimeoutExpired: It runs on.
        """
        if self._status is None:
            if not select.select([self._end], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(_MODULE, timeout or 0)
            self._status = int(self._parent.ask({"status_of": self.pid})["status"])
            os.close(self._end)
        return self._status


class _Parent:
    """The process that forks, as the kit sees it."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._questions = itertools.count()
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", _MODULE, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                restore_signals=False,  # as for any other process of the kit
            )

    def ask(self, request: dict[str, Any], descriptors: tuple[int, ...] = ()) -> dict[str, Any]:
        """Ask for something; raises `OSError` where the process is gone."""
        with self._turn:
            question = next(self._questions)
            socket.send_fds(self._socket, [json.dumps({**request, "question": question}).encode()], descriptors)
            while content := self._socket.recv(LONGEST):
                answer: dict[str, Any] = json.loads(content)
                # An earlier one is that of a question whose asker was interrupted.
                if answer["question"] == question:
                    return answer
        raise ConnectionResetError

    def end(self) -> None:
        """End the process, which without this would notice only afterwards that the kit is gone."""
        self._socket.close()
        self._process.kill()
        self._process.wait()


# By what an interpreter looks at when it starts, and nobody can change for it later.
_parents: dict[tuple[object, ...], _Parent] = {}
_turn = threading.Lock()


@atexit.register
def _end_parents() -> None:
    for circumstances, parent in _parents.items():
        if circumstances[0] == os.getpid():
            parent.end()


def forked(name: str, *, stderr: IO[bytes], environment: dict[str, str], umask: int) -> Fork:
    """Start a process that serves a subject.

    Args:
        name: The name of the subject.
        stderr: Where its standard error goes.
        environment: Its environment.
        umask: Its umask.

    Raises:
        OSError: There can be none here.
    """
    circumstances = os.getpid(), *sorted(each for each in environment.items() if each[0].startswith("PYTHON"))
    with _turn:
        if circumstances not in _parents:
            _parents[circumstances] = _Parent()
        parent = _parents[circumstances]
    request = {"serve": name, "environment": environment, "umask": umask, "folder": str(Path.cwd())}
    reads, stdin = os.pipe()
    stdout, writes = os.pipe()
    try:
        pid = parent.ask(request, (reads, writes, stderr.fileno()))["pid"]
    finally:
        os.close(reads)
        os.close(writes)
    return Fork(parent, pid, os.fdopen(stdin, "wb"), os.fdopen(stdout, "rb"))
