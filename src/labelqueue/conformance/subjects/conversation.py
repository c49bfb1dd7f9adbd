"""A conversation: one process, asked and answering, line by line, within a time limit."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any, Final

from labelqueue.conformance.subjects.clock import UMASK, ZONE
from labelqueue.conformance.subjects.forks import Fork, forked
from labelqueue.conformance.subjects.python_subject import SERVE
from labelqueue.conformance.subjects.subject import BrokenError
from labelqueue.conformance.subjects.wire import line_of, result_of
from labelqueue.errors import SubjectError, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Conversation"]

_CHUNK: Final = 1 << 16
_LONG: Final = 1 << 15  # some readers of lines end at a certain length without a word
_MOST_STDERR: Final = 500
_PATIENCE_S: Final = 2.0
_START_S: Final = 60.0
"""How long a process may take to say hello: it starts first, and on a busy machine that takes what it takes."""


def _started(command: Sequence[str], stderr: IO[bytes], more: Mapping[str, str]) -> subprocess.Popen[bytes] | Fork:
    """Start a process in a session of its own; one that serves a Python subject is forked, which is faster."""
    environment = {**os.environ, "TZ": ZONE, **more}
    if tuple(command[:-1]) == SERVE and sys.platform == "linux":
        with contextlib.suppress(OSError):
            return forked(command[-1], stderr=stderr, environment=environment, umask=UMASK)
    return subprocess.Popen(  # noqa: S603 - the user's own command
        list(command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env=environment,
        start_new_session=True,
        umask=UMASK,
        # Files that may not grow then fail a write instead of killing the process.
        restore_signals=False,
    )


class Conversation:
    """One process that answers requests.

    Attributes:
        hello: What the process said of itself.
        said: Every line so far, with who said it, where a record is kept.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        timeout_s: float,
        record: bool = False,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Start the process.

        Args:
            command: The command and its arguments.
            timeout_s: How long an answer may take, in seconds; to say hello, a process has a minute.
            record: Whether to keep every line.
            environment: What is another in its environment than in the kit's.

        Raises:
            SubjectError: It cannot be started.
        """
        self._timeout_s = timeout_s
        self._number = 0
        self._sent = 0
        self._unread = b""
        self._is_killed = False
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        self.hello: dict[str, Any] = {}
        self.said: list[tuple[str, bytes]] | None = [] if record else None
        try:
            self._process = _started(command, self._stderr, environment)
        except OSError as error:
            self._stderr.close()
            raise SubjectError(" ".join(command), f"cannot be started: {error.strerror}") from error
        assert self._process.stdout is not None
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._process.stdout, selectors.EVENT_READ)

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    @property
    def answers(self) -> str:
        """The pipe that it answers into, as Linux calls it."""
        assert self._process.stdout is not None
        return f"pipe:[{os.fstat(self._process.stdout.fileno()).st_ino}]"

    @property
    def is_alive(self) -> bool:
        """Whether the process runs and still answers properly."""
        return not self._stderr.closed and self._status() is None

    def ask(self, method: str, params: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON
        """Ask one thing, and wait for the answer.

        Raises:
            RefusedError: The answer is an error.
            BrokenError: There is no proper answer; the process is ended.
        """
        self.send(method, params)
        return self.receive(method)

    def send(self, method: str, params: dict[str, Any]) -> None:
        """Send a request, and do not wait.

        Raises:
            BrokenError: The process is dead, or said something that nobody asked for.
        """
        self._number += 1
        line = line_of(self._number, method, params)
        if self.said is not None:
            self.said.append(("kit", line.rstrip()))
        self._sent = len(line)
        if self._stderr.closed:
            raise self._ended(method)
        # What a process said is told before that it ended: it may be why.
        if self._unread or self._selector.select(0):
            if not self._unread:
                self._fill(method)
            raise self._broken(
                f"printed the line {self._first_unread()}, which nobody asked for; answer each request once"
            )
        if not self.is_alive:
            raise self._ended(method)
        try:
            assert self._process.stdin is not None
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except OSError as error:
            raise self._ended(method) from error

    def receive(self, method: str) -> Any:  # noqa: ANN401 - any JSON
        """Wait for the answer to the request that was sent last; raises as `ask`."""
        timeout_s = max(self._timeout_s, _START_S) if method == "hello" else self._timeout_s
        limit = time.monotonic() + timeout_s
        while b"\n" not in self._unread:
            if not self._selector.select(max(0.0, limit - time.monotonic())):
                raise self._broken(f"did not answer {method} within {timeout_s:g} s; it was ended")
            self._fill(method)
        line, _, self._unread = self._unread.partition(b"\n")
        if self.said is not None:
            self.said.append(("program", line))
        try:
            return result_of(line, self._number, method)
        except BrokenError as error:
            raise self._broken(error.rule) from error

    def has_said_within(self, seconds: float) -> bool:
        """Whether something was said, waiting so long at most."""
        return bool(self._unread) or bool(self._selector.select(seconds))

    def kill(self) -> None:
        """Kill the process as a power cut or an impatient user would, and wait until it is gone."""
        self._kill_group()
        self._process.wait()
        self._release()

    def end(self) -> None:
        """Say bye, and end the process if it does not go by itself."""
        if self.is_alive:
            with contextlib.suppress(Exception):
                self.send("bye", {})
                self.receive("bye")
                assert self._process.stdin is not None
                self._process.stdin.close()
                self._status(_PATIENCE_S)
        self.kill()

    def _status(self, timeout_s: float = 0) -> int | None:
        """Return how it ended, waiting so long at most; what it started goes with it."""
        try:
            status = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None
        self._kill_group()
        return status

    def _kill_group(self) -> None:
        # Once, and at once: later its id may be that of somebody else's processes.
        if not self._is_killed:
            self._is_killed = True
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def _release(self) -> None:
        if not self._stderr.closed:
            self._selector.close()
            for stream in (self._process.stdin, self._process.stdout, self._stderr):
                with contextlib.suppress(OSError):
                    stream.close()  # type: ignore[union-attr]

    def _fill(self, method: str) -> None:
        assert self._process.stdout is not None
        chunk = os.read(self._process.stdout.fileno(), _CHUNK)
        if not chunk:
            raise self._ended(method)
        self._unread += chunk

    def _ended(self, method: str) -> BrokenError:
        status = self._status(_PATIENCE_S)
        how = "closed its standard output" if status is None else f"ended with status {status}"
        long = f", a request of {self._sent} bytes" if self._sent > _LONG else ""
        return self._broken(f"{how} instead of answering {method}{long}")

    def _first_unread(self) -> str:
        return shown(self._unread.partition(b"\n")[0].decode("utf-8", "replace"))

    def _broken(self, rule: str) -> BrokenError:
        stderr = ""
        if not self._stderr.closed:
            self._stderr.seek(0)
            stderr = " ".join(self._stderr.read().decode("utf-8", "replace").split())[-_MOST_STDERR:]
            self.kill()
        return BrokenError(rule, stderr)
