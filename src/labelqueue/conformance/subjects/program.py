"""The program: a subject in any language, which speaks the wire on its standard input and output.

Each opened queue has a process of its own, so that another handle on a store is
really another process; processes that nobody needs at the moment are kept and
used again.  A process that does not answer properly is ended, and the next queue
is opened in a new one.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from labelqueue.conformance.steps import Step, text_of
from labelqueue.conformance.subjects.conversation import Conversation
from labelqueue.conformance.subjects.glimpses import stopped_at_times
from labelqueue.conformance.subjects.subject import Answer, BrokenError, Claims, RefusedError
from labelqueue.conformance.subjects.wire import VERSION, params_of, problems_of
from labelqueue.errors import SubjectError
from labelqueue.spec import ABSENT, Seen
from labelqueue.spec.seen import FIELDS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from labelqueue.conformance.subjects.store import StoreFolder

__all__ = ["ProgramSubject", "program_named", "seen_in"]

_TIMES: Final = ("bucket_start_ts", "bucket_end_ts", "created_at")


class ProgramSubject:
    """A subject that is a program.

    Attributes:
        name: The command as text, or what the program calls itself.
        command: The command.
    """

    how = "as a program"
    unflushed = None

    def __init__(self, command: Sequence[str], timeout_s: float, *, processes: int = 2) -> None:
        """Start the program once, to hear what it is and claims.

        Args:
            command: What starts it.
            timeout_s: How long it may take to answer, in seconds.
            processes: How many processes take turns; of 1, each opening may be in the same.

        Raises:
            SubjectError: It cannot be started, or does not say hello properly.
        """
        self._processes = processes
        self.command = tuple(command)
        self.timeout_s = timeout_s
        self._idle: list[Conversation] = []
        self._all: list[Conversation] = []
        self._clock: _ProgramClock | None = None
        self.in_use: list[Conversation] = []
        conversation = self._conversation()
        hello = conversation.hello
        self.name = str(hello["name"])
        self.version = str(hello.get("version", ""))
        self.language = str(hello.get("language", ""))
        self.claims = _claims_of(hello["claims"])
        self._idle.append(conversation)

    def in_another_process(self) -> ProgramSubject:
        """Each opening is in another process than the last."""
        return self

    def open(self, store: Path, max_asks_per_day: Any) -> ProgramHandle:  # noqa: ANN401 - also caps that are none
        """Open a queue in a process of its own; see `Subject.open`."""
        conversation = self.take_conversation()
        params: dict[str, Any] = {"store": str(store)}
        if max_asks_per_day is not None:
            params["max_asks_per_day"] = max_asks_per_day
        try:
            if self._clock is not None:
                self._clock.tell(conversation)
            conversation.ask("open", params)
        except RefusedError:
            self.give_back(conversation)
            raise
        return ProgramHandle(self, conversation)

    def take_conversation(self) -> Conversation:
        """Return a conversation that nobody else uses; where they take turns, not the one that was given back last.

        What is opened again is so in another process: a queue outlives its own, and what
        that has in memory is no help.
        """
        alive = [conversation for conversation in self._idle if conversation.is_alive]
        conversation = alive.pop(0) if len(alive) >= self._processes else self._conversation()
        self._idle = alive
        self.in_use.append(conversation)
        return conversation

    def give_back(self, conversation: Conversation) -> None:
        """Let others use a conversation."""
        self.in_use.remove(conversation)
        if conversation.is_alive:
            self._idle.append(conversation)

    def clock(self, now: datetime, *, runs: bool) -> _ProgramClock:
        """Set the clock of every process that opens a queue from now on."""
        self._clock = _ProgramClock(self, now, runs=runs)
        return self._clock

    def forget_clock(self) -> None:
        """Let processes see their own clock again."""
        self._clock = None

    def stop(self) -> None:
        """End every process."""
        for conversation in self._all:
            conversation.end()
        self._idle.clear()
        self._all.clear()

    def _conversation(self) -> Conversation:
        self._all = [one for one in self._all if one.is_alive]
        conversation = Conversation(self.command, timeout_s=self.timeout_s)
        try:
            hello = conversation.ask("hello", {"wire": VERSION})
        except (RefusedError, BrokenError) as error:
            conversation.end()
            raise SubjectError(" ".join(self.command), f"does not say hello: {error}") from error
        problems = problems_of(hello, "hello.result")
        if problems:
            conversation.end()
            raise SubjectError(" ".join(self.command), f"says hello wrongly: {problems[0][1]}")
        conversation.hello = hello
        self._all.append(conversation)
        return conversation


class ProgramHandle:
    """One opened queue in a process."""

    def __init__(self, subject: ProgramSubject, conversation: Conversation) -> None:
        """Hold the conversation."""
        self._subject = subject
        self._conversation = conversation

    def all_items(self) -> Answer:
        """Read `all_items`."""
        return self.perform({"do": "all_items"})

    def perform(self, step: Step) -> Answer:
        """Make the call that a resolved step asks for."""
        return Answer(seen_in(self._conversation.ask(step["do"], params_of(step))))

    def watched(self, store: StoreFolder, copies: list[Path]) -> AbstractContextManager[None]:
        """Stop the process again and again during a call, and copy the store whenever it looks different."""
        return stopped_at_times(self._conversation.pid, store, copies)

    def close(self) -> None:
        """Close the queue, and let the process serve another."""
        if self._conversation.is_alive:
            with suppress(RefusedError, BrokenError):
                self._conversation.ask("close", {})
        self._subject.give_back(self._conversation)


class _ProgramClock:
    """The clock that processes were told, or their own where it cannot be set."""

    def __init__(self, subject: ProgramSubject, now: datetime, *, runs: bool) -> None:
        self._subject = subject
        self._now = now
        self._runs = runs
        # When the first process was told, and the longest that any took to be told.
        # Later ones are told what the clock says by then.
        self._since: float | None = None
        self._lag = 0.0

    @property
    def earliest(self) -> datetime:
        """The earliest moment that the process can read."""
        return self._read(self._lag)

    @property
    def latest(self) -> datetime:
        """The latest moment that the process can read."""
        return self._read(0.0)

    def set(self, now: datetime) -> None:
        """Put the clock to another moment, in every process that has a queue open."""
        self._now, self._since, self._lag = now, None, 0.0
        for conversation in self._subject.in_use:
            if conversation.is_alive:
                self.tell(conversation)

    def tell(self, conversation: Conversation) -> None:
        """Tell one process."""
        if not self._subject.claims.clock:
            return
        before = time.monotonic()
        params = {"now": text_of(self.latest), **({"runs": True} if self._runs else {})}
        conversation.ask("set_clock", params)
        self._since = before if self._since is None else self._since
        self._lag = max(self._lag, time.monotonic() - before)

    def stop(self) -> None:
        """Nothing needs to be undone: a process is told again when it opens a queue."""
        self._subject.forget_clock()

    def _read(self, lag: float) -> datetime:
        if not self._subject.claims.clock:
            return datetime.now(UTC)
        if not self._runs or self._since is None:
            return self._now
        return self._now + timedelta(seconds=time.monotonic() - self._since - lag)


def program_named(command: Sequence[str], *, timeout_s: float = 10.0) -> ProgramSubject:
    """Start a program as a subject.

    Args:
        command: The command and its arguments.
        timeout_s: How long it may take for an answer, in seconds.

    Raises:
        SubjectError: It cannot be started, or does not say hello properly.

    Examples:
        >>> import sys
        >>> serve = (sys.executable, "-m", "labelqueue", "serve", "labelqueue:ActiveLabelingQueue")
        >>> subject = program_named(serve)
        >>> subject.language
        'python'
        >>> subject.stop()
    """
    return ProgramSubject(command, timeout_s)


def _claims_of(claims: dict[str, Any]) -> Claims:
    profiles = frozenset({"core", *claims["profiles"]})
    known = {name: claims[name] for name in ("clock", "crash", "store") if name in claims}
    return replace(Claims(profiles=profiles, clock=False, crash=False, store="name"), **known)


def seen_in(result: Any) -> Any:  # noqa: ANN401 - any JSON
    """Read requests in a result as they were seen; anything else stays as it came."""
    if isinstance(result, list):
        return [_seen_of(item) for item in result]
    return _seen_of(result)


def _seen_of(item: Any) -> Any:  # noqa: ANN401 - any JSON
    if not isinstance(item, dict):
        return item
    values = {field: _value_of(field, item.get(field, ABSENT)) for field in FIELDS}
    return Seen(**values, further=tuple(name for name in item if name not in FIELDS))


def _value_of(field: str, value: Any) -> Any:  # noqa: ANN401 - any JSON
    if field == "confidence" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)  # a language may have one kind of number
    if field in _TIMES and isinstance(value, str):
        with suppress(ValueError):
            return datetime.fromisoformat(value)
    return value
