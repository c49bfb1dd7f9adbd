"""Threads: several clients in this process share a store, by twos on one instance."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from labelqueue.conformance.crash.program import Program
from labelqueue.conformance.crash.scenes import NEXT
from labelqueue.conformance.overlap.clients import (
    CALLS,
    CLIENTS,
    HISTORIES,
    all_at_once,
    cap_of,
    clients_of,
    now_of,
)
from labelqueue.conformance.overlap.paused_threads import paused_threads
from labelqueue.conformance.overlap.ways import fresh_store, histories_in, performing, state_of
from labelqueue.conformance.subjects.python_subject import PythonSubject
from labelqueue.conformance.subjects.subject import BrokenError, RefusedError
from labelqueue.progress import Progress, unheard
from labelqueue.spec import History

if TYPE_CHECKING:
    from labelqueue.conformance.subjects.subject import Subject

__all__ = ["THREAD_WAYS", "of_threads"]

_SWITCH_S: Final = 1e-5


def of_threads(
    subject: Subject,
    profiles: Collection[str],
    *,
    timeout_s: float = 10.0,
    seed: int,
    times: int = 1,
    ways: Collection[str] | None = None,
    progress: Progress = unheard,
) -> Iterator[History]:
    """Let threads of this process share a store, where the subject is in it.

    Nothing else may need the clock of this process meanwhile.

    Args:
        subject: As in `of_processes`.
        profiles: As in `of_processes`.
        timeout_s: As in `of_processes`.
        seed: As in `of_processes`.
        times: As in `of_processes`.
        ways: In which of `THREAD_WAYS`; `None` for all of them.
        progress: As in `of_processes`.

    Yields:
        What happened, each time.
    """
    if not isinstance(subject, PythonSubject):
        return
    subject = replace(subject, is_live=_has_live_requests(subject))
    seeds = range(seed, seed + HISTORIES * times)
    yield from histories_in(THREAD_WAYS, ways, progress, subject, profiles, timeout_s, seeds)


def _has_live_requests(subject: PythonSubject) -> bool:
    """Whether a request that was returned as pending says by itself that it was marked."""
    with fresh_store() as store:
        try:
            handle = subject.open(store, 1)
            handle.perform(NEXT)
            [request] = handle.perform({"do": "get_pending"}).raw
            handle.perform({"do": "mark_done", "request_id": request.request_id})
            return bool(request.status != "pending")
        except (RefusedError, BrokenError, TypeError, ValueError, AttributeError):
            return False  # what is wrong with it is found elsewhere


def _paused(subject: PythonSubject, profiles: Collection[str], timeout_s: float, _: range) -> Iterator[History]:
    with ExitStack() as stack:
        process = Program(subject, timeout_s)
        stack.callback(process.end)
        yield from paused_threads(subject, process, now_of(subject), is_file="file" in profiles)


def _at_once(subject: PythonSubject, _profiles: Collection[str], _s: float, seeds: range) -> Iterator[History]:
    for seed in seeds:
        yield _together(subject, seed)


THREAD_WAYS: Final[Mapping[str, Callable[[PythonSubject, Collection[str], float, range], Iterator[History]]]] = {
    "threads paused": _paused,
    "threads at once": _at_once,
}
"""The ways in which threads share a store, by their names."""


def _together(subject: PythonSubject, seed: int) -> History:
    cap = cap_of(seed)
    now = now_of(subject)
    clock = subject.clock(now, runs=False)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_S)
    try:
        with fresh_store() as store:
            handles = [subject.open(store, cap) for _ in range(2)]
            performs = [performing(handles[n % 2]) for n in range(CLIENTS)]
            events = all_at_once(clients_of(performs, seed), CALLS)
            return History(f"{CLIENTS} threads on two instances", events, state_of(subject, store, cap), now, cap)
    finally:
        sys.setswitchinterval(interval)
        clock.stop()
