"""The overlap phase of a run: clients take turns, work at once, and are stopped in the middle."""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from labelqueue.conformance.cases import Case
from labelqueue.conformance.crash.program import Program
from labelqueue.conformance.crash.strace import why_not
from labelqueue.conformance.judging import Failure, Findings, judge_observation
from labelqueue.conformance.overlap.clients import Client, Perform, all_at_once, one_by_one
from labelqueue.conformance.overlap.many_changes import many_changes
from labelqueue.conformance.overlap.pairs import LATE, LINKED, PAIRS, PARTS, TIMED
from labelqueue.conformance.overlap.paused import long_pause, paused_histories
from labelqueue.conformance.overlap.paused_threads import paused_threads
from labelqueue.conformance.overlap.timeline import shortened, to_json
from labelqueue.conformance.subjects.python_subject import PythonSubject
from labelqueue.conformance.subjects.subject import BrokenError, RefusedError
from labelqueue.errors import SubjectError
from labelqueue.spec import REQUIREMENTS, Event, History, Seen

if TYPE_CHECKING:
    from labelqueue.conformance.subjects.subject import Handle, Subject

__all__ = ["CONCERNED", "Way", "of_processes", "of_threads", "overlap"]

CONCERNED: Final = ("SHARE-1", "SHARE-2", "SHARE-3")
"""The requirements that are judged by histories."""

_NOW: Final = datetime(2026, 1, 15, 12, 0, 0, 123457, tzinfo=UTC)
_HISTORIES: Final = 12
_CALLS: Final = 8
_CLIENTS: Final = 4
_CAP: Final = 3
_SWITCH_S: Final = 1e-5

_Progress = Callable[[str, int, int], None]
Way = Callable[..., Iterator[History]]
"""Makes histories of a subject: `of_processes`, `of_threads`."""
_Run = Callable[[Sequence[Client], int], tuple[Event, ...]]


def overlap(subject: Subject, findings: Findings, way: Way, **how: Any) -> None:  # noqa: ANN401 - as the way takes it
    """Let several clients share a store, and note what their histories show.

    Args:
        subject: The subject.
        findings: Where to note.
        way: `of_processes` or `of_threads`.
        how: What that takes beside the subject.
    """
    if not subject.command:
        reason = "it has no name by which it could be started as a program"
        findings.skips |= dict.fromkeys(CONCERNED, reason)
        return
    try:
        for history in way(subject, findings.profiles, **how):
            _note(history, findings)
    except (BrokenError, RefusedError, SubjectError, OSError) as error:
        for name in CONCERNED:
            findings.errors.setdefault(name, f"overlap: {error}")


def of_processes(
    subject: Subject,
    profiles: Collection[str],
    *,
    timeout_s: float = 10.0,
    seed: int,
    times: int = 1,
    progress: _Progress = lambda *_: None,
) -> Iterator[History]:
    """Let several processes of a subject share a store, in every way.

    What is the same whenever it is done comes first: clients that take turns, and
    clients that are stopped in the middle.

    Args:
        subject: A subject that can be started as a program.
        profiles: The profiles that are examined: where `file` is among them, a link names the same store.
        timeout_s: How long an answer may take, in seconds.
        seed: Where the clients' ideas come from.
        times: How many times as many histories as usual.
        progress: Told what is being done.

    Yields:
        What happened, each time.

    Raises:
        BrokenError: A process of it does not answer.
    """
    seeds = range(seed, seed + _HISTORIES * times)
    total = 2 * len(seeds) + 1
    done = iter(range(total))
    now = _now_of(subject)
    with ExitStack() as stack:
        *actors, reader = _started(subject, timeout_s, stack, _CLIENTS + 1)
        for each in seeds:
            progress("overlap", next(done), total)
            yield _of_processes(f"{_CLIENTS} processes taking turns", one_by_one, actors, reader, each, now)
        progress("overlap", next(done), total)
        if subject.claims.store == "path" and why_not() is None:
            pairs = (*PAIRS, LATE, LINKED) if "file" in profiles else (*PAIRS, LATE)
            yield from paused_histories(actors[0], actors[1], reader, now, pairs)
            first, second, third = _started(subject, timeout_s, stack, 3, is_timed=False)
            yield from paused_histories(first, second, third, datetime.now(UTC), [TIMED, PARTS])
            yield from long_pause(first, second, third, datetime.now(UTC))
        for each in seeds:
            progress("overlap", next(done), total)
            yield _of_processes(f"{_CLIENTS} processes all at once", all_at_once, actors, reader, each, now)
        with _store() as store:
            yield many_changes(actors[0], actors[1], reader, store, now)
    progress("overlap", total, total)


def of_threads(
    subject: Subject,
    profiles: Collection[str],
    *,
    timeout_s: float = 10.0,
    seed: int,
    times: int = 1,
    progress: _Progress = lambda *_: None,
) -> Iterator[History]:
    """Let threads of this process share a store, where the subject is in it; as `of_processes`.

    Nothing else may need the clock of this process meanwhile.
    """
    if not isinstance(subject, PythonSubject):
        return
    seeds = range(seed, seed + _HISTORIES * times)
    now = _now_of(subject)
    progress("overlap", 0, len(seeds))
    with ExitStack() as stack:
        process = Program(subject, timeout_s)
        stack.callback(process.end)
        yield from paused_threads(subject, process, now, is_file="file" in profiles)
    for number, each in enumerate(seeds):
        progress("overlap", number, len(seeds))
        yield _of_threads(subject, each, now)
    progress("overlap", len(seeds), len(seeds))


def _now_of(subject: Subject) -> datetime:
    return _NOW if subject.claims.clock else datetime.now(UTC)


def _started(
    subject: Subject, timeout_s: float, stack: ExitStack, count: int, *, is_timed: bool = True
) -> list[Program]:
    """Start processes, all of them at the same time; those that start are ended with the stack."""

    def start(_: int) -> None:
        program = Program(subject, timeout_s, is_timed=is_timed)
        stack.callback(program.end)
        programs.append(program)

    programs: list[Program] = []
    with ThreadPoolExecutor(count) as threads:
        list(threads.map(start, range(count)))
    return programs


@contextmanager
def _store() -> Iterator[Path]:
    root = Path(tempfile.mkdtemp(prefix="labelqueue-"))
    try:
        yield root / "store" / "queue.json"
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _of_processes(how: str, run: _Run, actors: Sequence[Program], reader: Program, seed: int, now: datetime) -> History:
    cap = _CAP if seed % 2 else 20
    with _store() as store:
        for actor in actors:
            actor.open(store, cap)
        events = run(_clients([actor.perform for actor in actors], seed), _CALLS)
        return History(how, events, reader.state_of(store), now, cap)


def _of_threads(subject: PythonSubject, seed: int, now: datetime) -> History:
    """Threads of this process, by twos on one instance."""
    cap = _CAP if seed % 2 else 20
    clock = subject.clock(now, runs=False)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_S)
    try:
        with _store() as store:
            handles = [subject.open(store, cap) for _ in range(2)]
            performs = [_performing(handles[n % 2]) for n in range(_CLIENTS)]
            events = all_at_once(_clients(performs, seed), _CALLS)
            final = subject.open(store, cap).all_items().value
            return History(f"{_CLIENTS} threads on two instances", events, tuple(final), now, cap)
    finally:
        sys.setswitchinterval(interval)
        clock.stop()


def _performing(handle: Handle) -> Perform:
    def perform(step: Any) -> Any:  # noqa: ANN401 - a step, any result
        return handle.perform(step).value

    return perform


def _clients(performs: Sequence[Perform], seed: int) -> list[Client]:
    known: list[str] = []
    # Chance has to be cheap and the same everywhere, not safe from adversaries.
    return [
        Client(name, perform, random.Random(f"{seed} {name}"), known)  # noqa: S311 - see above
        for name, perform in zip("ABCDEFGH", performs, strict=False)
    ]


def _note(history: History, findings: Findings) -> None:
    for name, _ in judge_observation(history, findings):
        requirement = REQUIREMENTS[name]
        short = shortened(history, requirement)
        [message, *_] = requirement.judge(short) or [""]
        case = Case(
            id="overlap",
            requirements=(name,),
            why="Found by clients that share a store.",
            steps=({"do": "overlap", "how": history.how, "clients": len({e.client for e in history.events})},),
        )
        final = history.final if isinstance(history.final, str) else [_word(request) for request in history.final]
        findings.add(Failure(name, message, case, 0, None, final, found_by="overlap", history=to_json(short)))


def _word(request: Seen) -> str:
    return f"{request.user_id} at {request.key[1].strftime('%H:%M')} {request.status}"
