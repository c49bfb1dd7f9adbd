"""Clients: several at once on one store, each making calls as they come to mind.

The calls are drawn from a seed, the universe is small so that they collide, and
what one client has learned (ids) all of them know.  When each call began and
returned is taken down; what the calls answered is judged afterwards.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from labelqueue.conformance.cases import DEFAULT_NOW
from labelqueue.conformance.steps import Step, call_of
from labelqueue.conformance.subjects.subject import BrokenError, RefusedError
from labelqueue.spec import Event, Refusal, Seen

if TYPE_CHECKING:
    from labelqueue.conformance.subjects.subject import Subject

__all__ = [
    "CALLS",
    "CLIENTS",
    "HISTORIES",
    "LONGEST_S",
    "Caller",
    "Client",
    "Perform",
    "all_at_once",
    "await_all",
    "cap_of",
    "clients_of",
    "made",
    "now_of",
    "one_by_one",
]

Perform = Callable[[Step], Any]
"""Makes the call that a step asks for, and returns what came back, requests as `Seen`."""

HISTORIES: Final = 12
"""How many histories are made of clients that make calls as they come to mind."""

CALLS: Final = 8
"""How many calls each of them makes."""

CLIENTS: Final = 4
"""How many there are."""

LONGEST_S: Final = 30.0
"""How long threads are waited for when none of them has an answer: longer than a program may take."""

_GLANCE_S: Final = 0.05
_CAP: Final = 3
_USERS: Final = ("ada", "grace")
_MINUTES: Final = (0, 15, 30, 45)


@dataclass
class Caller:
    """Somebody who makes calls, one after another.

    Attributes:
        name: What it is called in a timeline.
        perform: How it makes a call.
        answered: The calls that it made.
    """

    name: str
    perform: Perform
    answered: list[Event] = field(default_factory=list, kw_only=True)
    _asked: tuple[Step, int] | None = field(default=None, init=False)

    @property
    def events(self) -> list[Event]:
        """What it did; a call that has no answer yet is refused."""
        if self._asked is None:
            return list(self.answered)
        step, start = self._asked
        refusal = Refusal("no_answer", "got no answer: it hangs")
        return [*self.answered, Event(self.name, call_of(step), start, time.monotonic_ns(), None, refusal)]

    def call(self, step: Step) -> Event:
        """Make one call, and take down when it began and returned."""
        self._asked = step, time.monotonic_ns()
        event = made(self.name, self.perform, step)
        self.answered.append(event)
        self._asked = None
        return event


@dataclass
class Client(Caller):
    """Somebody who makes calls as they come to mind.

    Attributes:
        random: Where its ideas come from.
        known: Ids that clients have learned; all of them share the list.
    """

    random: random.Random
    known: list[str]

    def call(self, step: Step) -> Event:
        """Make one call, and learn the ids that it shows."""
        event = super().call(step)
        if isinstance(event.result, list):
            self.known.extend(r.request_id for r in event.result if isinstance(r, Seen))
        return event

    def next_step(self) -> Step:
        """Make up the next call."""
        choice = self.random.random()
        if choice < 0.3 and self.known:  # noqa: PLR2004 - a third of the calls, or so
            status = self.random.choice(("labeled", "skipped"))
            return {"do": "mark_done", "request_id": self.random.choice(self.known), "status": status}
        if choice < 0.6:  # noqa: PLR2004 - as above
            return {"do": "enqueue_drift", "buckets": [self._bucket() for _ in range(self.random.choice((1, 2)))]}
        if choice < 0.7:  # noqa: PLR2004 - as above
            row = self._bucket() | {"confidence": self.random.choice((0.2, 0.4, 0.9)), "predicted_label": "coding"}
            return {"do": "enqueue_low_confidence", "rows": [row]}
        if choice < 0.85:  # noqa: PLR2004 - as above
            return {"do": "all_items"}
        if choice < 0.95:  # noqa: PLR2004 - as above
            return {"do": "get_pending"}
        return {"do": "get_pending", "user_id": _USERS[0]}

    def _bucket(self) -> dict[str, Any]:
        minute = self.random.choice(_MINUTES)
        return {
            "user_id": self.random.choice(_USERS),
            "bucket_start_ts": f"2026-01-10T09:{minute:02}:00Z",
            "bucket_end_ts": f"2026-01-10T10:{minute:02}:00Z",
        }


def made(name: str, perform: Perform, step: Step, start: int | None = None) -> Event:
    """Make a call, or wait for one that began before, and return it with when it began and returned."""
    start = time.monotonic_ns() if start is None else start
    result, refusal = None, None
    try:
        result = perform(step)
    except (RefusedError, BrokenError) as error:
        refusal = error.refusal
    return Event(name, call_of(step), start, time.monotonic_ns(), result, refusal)


def all_at_once(clients: Sequence[Client], calls: int) -> tuple[Event, ...]:
    """Let every client make so many calls, all of them beginning at once.

    Returns:
        Every call, in the order in which they began; those that had no answer for as
        long as nobody had one, are refused.
    """
    barrier = threading.Barrier(len(clients))

    def work(client: Client) -> None:
        barrier.wait()
        for _ in range(calls):
            client.call(client.next_step())

    threads = [threading.Thread(target=work, args=(client,), daemon=True) for client in clients]
    for thread in threads:
        thread.start()
    await_all(threads, clients)
    return _in_order(clients)


def await_all(threads: Sequence[threading.Thread], callers: Collection[Caller]) -> None:
    """Wait until all threads have ended, as long as there are answers now and then.

    Args:
        threads: Daemons, since nobody can end one that hangs.
        callers: Who makes calls in them.
    """
    known, since = 0, time.monotonic()
    for thread in threads:
        while thread.is_alive():
            thread.join(_GLANCE_S)
            answers = sum(len(caller.answered) for caller in callers)
            if answers != known:
                known, since = answers, time.monotonic()
            elif time.monotonic() - since > LONGEST_S:
                return


def one_by_one(clients: Sequence[Client], calls: int) -> tuple[Event, ...]:
    """Let the clients take turns, so that nothing overlaps; returns as `all_at_once`."""
    for _ in range(calls):
        for client in clients:
            client.call(client.next_step())
    return _in_order(clients)


def clients_of(performs: Sequence[Perform], seed: int) -> list[Client]:
    """Give each way of making a call to a client of its own, whose ideas come from the seed."""
    known: list[str] = []
    # Chance has to be cheap and the same everywhere, not safe from adversaries.
    return [
        Client(name, perform, random.Random(f"{seed} {name}"), known)  # noqa: S311 - see above
        for name, perform in zip("ABCDEFGH", performs, strict=False)
    ]


def cap_of(seed: int) -> int:
    """Choose a cap that binds, for every other history."""
    return _CAP if seed % 2 else 20


def now_of(subject: Subject) -> datetime:
    """Return where the clients' clock is set, or what time it is where it cannot be."""
    return DEFAULT_NOW if subject.claims.clock else datetime.now(UTC)


def _in_order(clients: Sequence[Client]) -> tuple[Event, ...]:
    return tuple(sorted((event for client in clients for event in client.events), key=lambda event: event.start))
