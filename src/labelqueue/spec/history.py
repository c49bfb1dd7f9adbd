"""The history: calls of several clients on one store, with when each began and returned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from labelqueue.spec.call import Call
from labelqueue.spec.refusal import Refusal
from labelqueue.spec.seen import Seen

__all__ = ["Event", "History"]


@dataclass(frozen=True)
class Event:
    """One call of one client.

    Attributes:
        client: Who called.
        call: What was asked.
        start: When it was sent, on one clock for all clients.
        end: When the answer was there; `None` where there never was one.
        result: What came back; meaningless where `end` or `refusal` says so.
        refusal: The error that came instead, or `None`.
        was_to_fail: Whether it was made to fail, so that the error is no fault.
    """

    client: str
    call: Call
    start: int
    end: int | None
    result: Any = None
    refusal: Refusal | None = None
    was_to_fail: bool = False

    @property
    def is_answered(self) -> bool:
        """Whether a result came back."""
        return self.end is not None and self.refusal is None

    @property
    def is_void(self) -> bool:
        """Whether it failed, as it was made to, and says nothing of a change that may stand: then nothing may be seen of it."""
        return self.was_to_fail and self.refusal is not None and not self.refusal.says_that_it_may_stand

    @property
    def is_read(self) -> bool:
        """Whether it changed nothing, so that a history without it is legal if one with it is."""
        return self.end is not None and (
            self.call.do in ("get_pending", "all_items") or (self.refusal is None and self.result in (0, None))
        )

    def precedes(self, other: Event) -> bool:
        """Whether it had returned before the other began."""
        return self.end is not None and self.end < other.start


@dataclass(frozen=True)
class History:
    """Calls of several clients on one store.

    Attributes:
        how: How the calls came to overlap, in words.
        events: The calls, in the order in which they began.
        final: What the store held when all had ended, or why it could not be read.
        now: Where the clock stood for all of them.
        cap: The cap of every client.
        may_give_up: Whether a call had to wait so long that it may say so and give up.
    """

    how: str
    events: tuple[Event, ...]
    final: tuple[Seen, ...] | str
    now: datetime
    cap: int
    may_give_up: bool = False

    @property
    def is_given_up(self) -> bool:
        """Whether a call was refused as it may be, so that nobody knows what became of it."""
        return self.may_give_up and any(event.refusal is not None for event in self.events)

    @property
    def refused(self) -> list[Event]:
        """The calls that were refused, but for those that were made to fail."""
        return [event for event in self.events if event.refusal is not None and not event.was_to_fail]

    def without(self, event: Event) -> History:
        """Return the history without one of its events."""
        return replace(self, events=tuple(each for each in self.events if each is not event))

    def pairs_in_real_time(self) -> Iterator[tuple[Event, Event]]:
        """Every two answered events of which one had returned before the other began."""
        for earlier in self.events:
            for later in self.events:
                if earlier.is_answered and later.is_answered and earlier.precedes(later):
                    yield earlier, later
