"""Processes: several clients share a store, and take turns, are stopped in the middle, or work at once.

What is the same whenever it is done comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final

from labelqueue.conformance.crash.program import Program
from labelqueue.conformance.crash.tidying import tidying_scene
from labelqueue.conformance.overlap.clients import (
    CALLS,
    CLIENTS,
    HISTORIES,
    Client,
    all_at_once,
    cap_of,
    clients_of,
    now_of,
    one_by_one,
)
from labelqueue.conformance.overlap.failing_lock import failing_lock
from labelqueue.conformance.overlap.many_changes import many_changes
from labelqueue.conformance.overlap.pairs import (
    LATE,
    LINKED,
    PAIRS,
    PARTS,
    PREPARED,
    SEEN_IN_ORDER,
    TIMED,
    while_tidying,
)
from labelqueue.conformance.overlap.paused import failing_meanwhile, long_pause, paused_histories
from labelqueue.conformance.overlap.ways import fresh_store, histories_in
from labelqueue.conformance.tracing.strace import why_not
from labelqueue.progress import Progress, unheard
from labelqueue.spec import Event, History

if TYPE_CHECKING:
    from labelqueue.conformance.subjects.subject import Subject

__all__ = ["PROCESS_WAYS", "of_processes"]

_Run = Callable[[Sequence[Client], int], tuple[Event, ...]]


def of_processes(
    subject: Subject,
    profiles: Collection[str],
    *,
    timeout_s: float = 10.0,
    seed: int,
    times: int = 1,
    ways: Collection[str] | None = None,
    progress: Progress = unheard,
) -> Iterator[History]:
    """Let several processes of a subject share a store.

    Args:
        subject: A subject that can be started as a program.
        profiles: The profiles that are examined: where `file` is among them, a link names the same store.
        timeout_s: How long an answer may take, in seconds.
        seed: Where the clients' ideas come from.
        times: How many times as many histories as usual.
        ways: In which of `PROCESS_WAYS`; `None` for all of them.
        progress: Told what is being done.

    Yields:
        What happened, each time.

    Raises:
        BrokenError: A process of it does not answer.
    """
    with ExitStack() as stack:
        company = _Company(subject, profiles, stack, timeout_s, range(seed, seed + HISTORIES * times))
        yield from histories_in(PROCESS_WAYS, ways, progress, company)


@dataclass
class _Company:
    """The processes that share a store, started when they are first needed."""

    subject: Subject
    profiles: Collection[str]
    stack: ExitStack
    timeout_s: float
    seeds: range

    @cached_property
    def timed(self) -> list[Program]:
        """Those that make calls, and behind them one that reads in the end."""
        return self.started(CLIENTS + 1, is_timed=True)

    @cached_property
    def untimed(self) -> list[Program]:
        """Two that make calls while the clock runs, and one that reads."""
        return self.started(3, is_timed=False)

    def can_be_stopped(self) -> bool:
        """Whether a call can be stopped where it touches the store."""
        return self.subject.claims.store == "path" and why_not() is None

    def started(self, count: int, *, is_timed: bool) -> list[Program]:
        """Start processes, all of them at the same time; those that start are ended with the stack.

        Every other process hashes in another way, as processes of Python do, but for forks of one.
        """

        def start(number: int) -> Program:
            environment = {"PYTHONHASHSEED": "1"} if number % 2 else {}
            program = Program(self.subject, self.timeout_s, is_timed=is_timed, environment=environment)
            self.stack.callback(program.end)
            return program

        with ThreadPoolExecutor(count) as threads:
            return list(threads.map(start, range(count)))


def _in_turns(company: _Company) -> Iterator[History]:
    for seed in company.seeds:
        yield _together(company, f"{CLIENTS} processes taking turns", one_by_one, seed)


def _at_once(company: _Company) -> Iterator[History]:
    for seed in company.seeds:
        yield _together(company, f"{CLIENTS} processes all at once", all_at_once, seed)


def _together(company: _Company, how: str, run: _Run, seed: int) -> History:
    *actors, reader = company.timed
    cap = cap_of(seed)
    with fresh_store() as store:
        for actor in actors:
            actor.open(store, cap)
        events = run(clients_of([actor.perform for actor in actors], seed), CALLS)
        return History(how, events, reader.state_of(store), now_of(company.subject), cap)


def _paused(company: _Company) -> Iterator[History]:
    if company.can_be_stopped():
        first, second, *_, reader = company.timed
        pairs = (*PAIRS, LATE, LINKED) if "file" in company.profiles else (*PAIRS, LATE)
        tidying = tidying_scene(first, PREPARED)
        if tidying is not None:
            pairs = (*pairs, while_tidying(tidying))
        yield from paused_histories(first, second, reader, now_of(company.subject), pairs)


def _paused_while_the_clock_runs(company: _Company) -> Iterator[History]:
    if company.can_be_stopped():
        first, second, reader = company.untimed
        yield from paused_histories(first, second, reader, datetime.now(UTC), [TIMED, PARTS, *SEEN_IN_ORDER])


def _paused_long(company: _Company) -> Iterator[History]:
    if company.can_be_stopped():
        first, second, reader = company.untimed
        yield from long_pause(first, second, reader, datetime.now(UTC))


def _failing_meanwhile(company: _Company) -> Iterator[History]:
    # Who does not claim that a call that fails leaves nothing may leave something to the others as well.
    if "durable" in company.subject.claims.profiles and company.can_be_stopped():
        first, second, reader = company.untimed
        yield from failing_meanwhile(first, second, reader, datetime.now(UTC))


def _without_a_lock(company: _Company) -> Iterator[History]:
    if company.can_be_stopped():
        # Who could not lock may have died of it; so may one whose call failed.
        first, second, reader = company.started(3, is_timed=False)
        yield from failing_lock(first, second, reader, datetime.now(UTC))


def _very_often(company: _Company) -> Iterator[History]:
    first, second, *_, reader = company.timed
    with fresh_store() as store:
        yield many_changes(first, second, reader, store, now_of(company.subject))


PROCESS_WAYS: Final[Mapping[str, Callable[[_Company], Iterator[History]]]] = {
    "in turns": _in_turns,
    "paused": _paused,
    "paused while the clock runs": _paused_while_the_clock_runs,
    "paused long": _paused_long,
    "failing meanwhile": _failing_meanwhile,
    "without a lock": _without_a_lock,
    "at once": _at_once,
    "very often": _very_often,
}
"""The ways in which processes share a store, by their names."""
