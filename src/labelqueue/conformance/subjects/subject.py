"""The subject: an implementation under examination, whatever it is written in.

To the kit a subject is something that opens queues over stores.  Two kinds are
there: a Python class in this process (`python_subject`), and a program that
speaks the wire (`program`).  What a subject can do it *claims*; the claims are
few, and they decide what is examined, never what passes.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from labelqueue.conformance.steps import Step
from labelqueue.conformance.subjects.store import StoreFolder
from labelqueue.errors import LabelQueueError
from labelqueue.spec import PROFILES, Profile, Refusal

__all__ = ["EVERYTHING", "Answer", "BrokenError", "Claims", "Clock", "Handle", "RefusedError", "Subject"]


class RefusedError(Exception):
    """The subject answered with an error instead of a result."""

    def __init__(self, refusal: Refusal) -> None:
        """Keep the refusal."""
        super().__init__(refusal.message)
        self.refusal = refusal


class BrokenError(LabelQueueError):
    """The subject did not answer, or not as one may answer: nothing can be judged.

    Attributes:
        rule: What went wrong: the offending line, the rule that it breaks, how to mend it.
        stderr: The end of what the program wrote to standard error, or empty.
    """

    def __init__(self, rule: str, stderr: str = "") -> None:
        """Keep the data."""
        self.rule = rule
        self.stderr = stderr
        super().__init__(rule, stderr)

    @property
    def refusal(self) -> Refusal:
        """What the caller of a program has instead of a result."""
        return Refusal("no_answer", f"got no answer: the program {self}")

    def __str__(self) -> str:
        """Say what went wrong, and what the program said."""
        return f"{self.rule}; its standard error ends: {self.stderr}" if self.stderr else self.rule


@dataclass(frozen=True)
class Claims:
    """What a subject says that it can do.

    Attributes:
        profiles: The profiles that it claims; `core` is always among them.
        clock: Whether its clock can be set.
        crash: Whether it may be killed at any moment and started again.
        store: `path` where the store is a file or folder at the path that the kit
            names, `name` where it is somewhere else under that name.

    Examples:
        >>> Claims(profiles=frozenset({"core"})).clock
        True
    """

    profiles: frozenset[Profile] = frozenset(PROFILES)
    clock: bool = True
    crash: bool = True
    store: Literal["path", "name"] = "path"


EVERYTHING: Final = Claims()
"""The claim to everything, which is that of whoever has no way to say."""


@dataclass(frozen=True)
class Answer:
    """What a call returned.

    Attributes:
        value: With requests as `Seen`, else as it came.
        raw: The very object that the subject returned, where it is one of this process.
        changed_argument: How an argument differed afterwards, or `None`.
    """

    value: Any
    raw: Any = None
    changed_argument: str | None = None


class Handle(Protocol):
    """One opened queue of a subject."""

    def all_items(self) -> Answer:
        """Read `all_items`.

        Raises:
            RefusedError: The subject answered with an error.
            BrokenError: It did not answer properly.
        """
        ...

    def perform(self, step: Step) -> Answer:
        """Make the call that a resolved step asks for; raises as `all_items`."""
        ...

    def watched(self, store: StoreFolder, copies: list[Path]) -> AbstractContextManager[None]:
        """Copy the store at moments of a call at which it looks different."""
        ...

    def close(self) -> None:
        """Let go of the queue."""
        ...


class Clock(Protocol):
    """The clock that the subject sees."""

    @property
    def earliest(self) -> datetime:
        """The earliest moment that the subject can read now, aware UTC."""
        ...

    @property
    def latest(self) -> datetime:
        """The latest moment that it can read now."""
        ...

    def set(self, now: datetime) -> None:
        """Put the clock to another moment."""
        ...

    def stop(self) -> None:
        """Let the subject see its own clock again."""
        ...


class Subject(Protocol):
    """An implementation under examination."""

    @property
    def name(self) -> str:
        """What the user called it."""
        ...

    @property
    def version(self) -> str:
        """Its version, or empty."""
        ...

    @property
    def language(self) -> str:
        """The language that it is written in."""
        ...

    @property
    def how(self) -> str:
        """How it is reached, in words."""
        ...

    @property
    def claims(self) -> Claims:
        """What it claims."""
        ...

    @property
    def command(self) -> tuple[str, ...]:
        """The command that starts it as a program, or nothing where there is none."""
        ...

    @property
    def unflushed(self) -> Callable[[], str | None] | None:
        """What says how a call's change was committed that no flush stands behind; `None` where nothing can say.

        It is for stores on a server, and tells of the changes since it was called last.
        """
        ...

    def in_another_process(self) -> Subject:
        """The same subject in another process, or this one where it cannot be started as one."""
        ...

    def open(self, store: Path, max_asks_per_day: Any) -> Handle:  # noqa: ANN401 - also caps that are none
        """Open a queue over a store.

        Args:
            store: The store; it need not exist.
            max_asks_per_day: The cap, or `None` to leave it out.

        Raises:
            RefusedError: The subject answered with an error.
            BrokenError: It did not answer properly.
        """
        ...

    def clock(self, now: datetime, *, runs: bool) -> Clock:
        """Set the clock of every queue that is opened from now on."""
        ...

    def stop(self) -> None:
        """End whatever was started."""
        ...
