"""One process of the subject's: what is asked of it again and again, and what is done to it."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from labelqueue.conformance.cases import DEFAULT_NOW
from labelqueue.conformance.steps import text_of
from labelqueue.conformance.subjects.conversation import Conversation
from labelqueue.conformance.subjects.program import seen_in
from labelqueue.conformance.subjects.subject import BrokenError, RefusedError
from labelqueue.conformance.subjects.wire import VERSION, params_of
from labelqueue.conformance.tracing.process_state import is_at_work
from labelqueue.spec import Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from labelqueue.conformance.steps import Step
    from labelqueue.conformance.subjects.subject import Subject
    from labelqueue.conformance.tracing.strace import Record
    from labelqueue.spec.interruption import State

__all__ = ["Program"]

_CAP: Final = 2  # below what waits, so that what is offered shows how much of the day is taken for used up
_TICK_S: Final = 0.001
_LONGEST_S: Final = 10.0
_LONGEST_AT_WORK_S: Final = 1.0
_TIMES_TOLD: Final = 100
_PATIENCE_S: Final = 0.05


class Program:
    """One process of the subject's, with words for what is asked of it again and again."""

    def __init__(
        self,
        subject: Subject,
        timeout_s: float,
        *,
        is_timed: bool = True,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Start it, and let it say hello.

        Args:
            subject: The subject.
            timeout_s: How long an answer may take, in seconds.
            is_timed: Whether its clock is set, where it can be.
            environment: What is another in its environment than in the kit's.

        Raises:
            BrokenError: It does not answer properly.
            SubjectError: It cannot be started.
        """
        self._conversation = Conversation(subject.command, timeout_s=timeout_s, environment=environment)
        self._conversation.ask("hello", {"wire": VERSION})
        self._language = subject.language
        if subject.claims.clock and is_timed:
            self._conversation.ask("set_clock", {"now": text_of(DEFAULT_NOW)})

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._conversation.pid

    @property
    def answers(self) -> str:
        """The pipe that it answers into, as strace calls it."""
        return self._conversation.answers

    @property
    def is_alive(self) -> bool:
        """Whether it still answers properly."""
        return self._conversation.is_alive

    @property
    def is_in_python(self) -> bool:
        """Whether it says that it is written in Python, where an interrupt is an exception."""
        return self._language.casefold() == "python"

    def open(self, store: Path, max_asks_per_day: int = _CAP) -> None:
        """Open a queue over a store, in place of the one before."""
        self.begin_opening(store, max_asks_per_day)
        self.finish_opening()

    def begin_opening(self, store: Path, max_asks_per_day: int = _CAP) -> None:
        """Ask it to open a queue, and do not wait for the answer."""
        self._conversation.send("open", {"store": str(store), "max_asks_per_day": max_asks_per_day})

    def finish_opening(self) -> None:
        """Wait until it has opened the queue."""
        self._conversation.receive("open")

    def perform(self, step: Step) -> Any:  # noqa: ANN401 - any result
        """Make the call that a resolved step asks for."""
        return seen_in(self._conversation.ask(step["do"], params_of(step)))

    def send(self, step: Step) -> None:
        """Send the call, and do not wait for the answer."""
        self._conversation.send(step["do"], params_of(step))

    def receive(self, step: Step) -> Any:  # noqa: ANN401 - any result
        """Wait for the answer to what was sent last."""
        return seen_in(self._conversation.receive(step["do"]))

    def has_answered_within(self, seconds: float) -> bool:
        """Whether something was said, waiting so long at most."""
        return self._conversation.has_said_within(seconds)

    def answers_within(self, seconds: float) -> bool:
        """Whether something is said before it has waited so long: who is at work, or lacks a processor, does not wait.

        Whoever waits for a lock sleeps, or sleeps again and again.
        """
        end = time.monotonic() + max(seconds, _LONGEST_AT_WORK_S)
        waited_s, now = 0.0, time.monotonic()
        while waited_s < seconds and now < end:
            if self.has_answered_within(min(_TICK_S, seconds)):
                return True
            before, now = now, time.monotonic()
            waited_s += 0.0 if is_at_work(self.pid) else now - before
        return False

    def is_stopped(self, record: Record, times: int = 1) -> bool:
        """Wait until it was stopped so often by signals that were injected, or has answered, or for too long."""
        end = time.monotonic() + _LONGEST_S
        while record.stops < times:
            if self.has_answered_within(_TICK_S) or time.monotonic() > end:
                return False
        return True

    def wake(self) -> None:
        """Let it go on from the point at which it is stopped."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGCONT)

    def go_on(self, *others: Program) -> None:
        """Let it go on to its answer, also where it comes to the point of its stop only after it was told to.

        Numbers are counted by thread, so that a call that starts several is stopped in each.

        Args:
            others: Other programs for which it may wait, and which go on as well.
        """
        for _ in range(_TIMES_TOLD):
            for program in (self, *others):
                program.wake()
            if self.has_answered_within(_PATIENCE_S):
                return

    def state(self) -> State:
        """Read `all_items`; a clause where that does not work."""
        return self._list("all_items")

    def offer(self) -> State:
        """Ask `get_pending`; as `state`."""
        return self._list("get_pending")

    def _list(self, do: str) -> State:
        try:
            items = self.perform({"do": do})
        except RefusedError as refused:
            return refused.refusal.message
        except BrokenError as error:
            return str(error)
        if isinstance(items, list) and all(isinstance(item, Seen) for item in items):
            return tuple(items)
        return f"answered {do} with something that is no list of requests"

    def state_of(self, store: Path) -> State:
        """Open a store, read it and close it again."""
        return self._of(store, self.state)

    def offer_of(self, store: Path) -> State:
        """Open a store, ask for what is pending and close it again."""
        return self._of(store, self.offer)

    def _of(self, store: Path, look: Callable[[], State]) -> State:
        try:
            self.open(store)
        except RefusedError as refused:
            return f"cannot be opened: it {refused.refusal.message}"
        except BrokenError as error:
            return f"cannot be opened: the program {error}"
        found = look()
        if self.is_alive:
            self._conversation.ask("close", {})
        return found

    def kill(self) -> None:
        """Kill it."""
        self._conversation.kill()

    def end(self) -> None:
        """Let it end."""
        self._conversation.end()
