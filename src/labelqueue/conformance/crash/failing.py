"""Failing: every system call that changes something on the disk fails, in turn.

A call of the queue is recorded once; then it is made again and again on a fresh
copy of the same store, each time with another of its system calls failing.  Short
writes come from a limit on the size of files.

Afterwards the same instance makes the same call again, or, every other time, another
change: what a failed call left behind may show up in either.
"""

from __future__ import annotations

import itertools
import re
import resource
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from labelqueue.conformance.crash.scenes import NEXT, Program, Stage, is_one_file, leftovers
from labelqueue.conformance.crash.strace import Record, attached
from labelqueue.conformance.crash.system_calls import Point, SystemCall, points_in
from labelqueue.conformance.steps import Step, call_of
from labelqueue.conformance.subjects.process_state import has_thread
from labelqueue.conformance.subjects.subject import BrokenError, RefusedError
from labelqueue.spec import ABSENT, Interruption, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from labelqueue.spec.interruption import State

__all__ = ["CUT_SHORT", "afterwards", "attempt", "failures_of"]

CUT_SHORT: Final = "EFBIG"
"""The cause where no system call is made to fail, but files cannot grow."""

_SPACE: Final = ("ENOSPC",)
_WHILE_READING: Final = {"open": "EACCES", "openat": "EACCES", "read": "EIO"}
_MOST_READINGS: Final = 4
_FLUSHES: Final = ("fsync", "fdatasync")
_ERRORS: Final[dict[str, tuple[str, ...]]] = {
    "open": ("EACCES", "ENOSPC"),
    "openat": ("EACCES", "ENOSPC"),
    "rename": ("EACCES",),
    "renameat": ("EACCES",),
    "renameat2": ("EACCES",),
    "fsync": ("EIO",),
    "fdatasync": ("EIO",),
    "write": ("ENOSPC", "EINTR"),
    "chmod": ("EPERM",),
    "fchmod": ("EPERM",),
    "mkdir": ("EACCES",),
    "mkdirat": ("EACCES",),
    "unlink": ("EACCES",),
    "unlinkat": ("EACCES",),
}


def failures_of(stage: Stage, living: Callable[[], Program], reader: Program) -> Iterator[Interruption]:
    """Let a call fail at every point.

    Args:
        stage: The prepared scene.
        living: Returns a process that can make the call.
        reader: Another process, which reads the store.

    Yields:
        What was found, for every point at which something was made to fail.
    """
    actor = living()
    stage.rehearse(actor)
    store = stage.set_up()
    actor.open(store)
    with attached(actor.pid) as record:
        actor.perform(stage.step)
    size = store.stat().st_size if store.is_file() else None
    is_alone = is_one_file(store, actor)
    points = points_in(record.calls, store.parents[1])
    changing = [(point, error) for point in points for error in _ERRORS.get(point.name, _SPACE)]
    reading = [(point, _WHILE_READING[point.name]) for point in _readings(record, store, points)]
    then = itertools.cycle((stage.step, NEXT))
    for point, error in changing + reading:
        interruption = _failed_at(stage, actor, reader, point, error, next(then), is_alone=is_alone)
        if interruption is not None:
            yield interruption
            if not actor.is_alive:
                return
        elif not actor.is_alive:  # what failed was none of the queue's calls
            actor = living()
            stage.rehearse(actor)
    if size is not None:
        for most in sorted({size - 1, size // 2, 1}):
            yield _cut_short(stage, actor, reader, most, next(then), is_alone=is_alone)


def _readings(record: Record, store: Path, changing: list[Point]) -> list[Point]:
    """The first system calls that read the store: who takes a store that cannot be read for an empty one loses it."""
    points = points_in(record.calls, store.parents[1], of_reading=True)
    wanted = [p for p in points if p.name in _WHILE_READING and p.file == store.name and p not in changing]
    return wanted[:_MOST_READINGS]


def _failed_at(
    stage: Stage,
    actor: Program,
    reader: Program,
    point: Point,
    error: str,
    then: Step,
    *,
    is_alone: bool,
) -> Interruption | None:
    store = stage.set_up()
    actor.open(store)
    if point.whom is not None and not has_thread(actor.pid, point.whom):
        return None  # another thread makes the call this time
    with attached(actor.pid, f"{point.name}:error={error}:when={point.number}", thread=point.whom) as record:
        outcome = attempt(lambda: actor.perform(stage.step))
    hit = record.injected()
    if hit is None or str(store.parents[1]) not in hit.arguments:
        return None  # the program took another way this time
    # Whoever may not remove a file cannot be blamed for leaving it.
    is_alone = is_alone and not point.name.startswith("unlink")
    how = f"{point} failed with {error}"
    found = afterwards(stage, actor, reader, store, how, error, outcome, then=then, is_alone=is_alone)
    return replace(found, unflushed=_unflushed(record, hit, store))


def _unflushed(record: Record, hit: SystemCall, store: Path) -> str | None:
    """Name what was not flushed since that call failed: the content of the store, or its place in the folder.

    Nothing else counts: some libraries pass over what they cannot flush beside it.
    """
    if hit.name not in _FLUSHES:
        return None
    place = record.calls.index(hit)
    path = re.findall(r"<([^>]*)>", hit.arguments)[0]
    earlier, later = record.calls[:place], record.calls[place + 1 :]
    if path == str(store.parent):
        names = {path}
        what = "the replacement of the store" if any(call.puts_in_place(store) for call in earlier) else None
    else:
        names = {path, str(store)}
        becomes = any(call.puts_in_place(store) and f'"{path}"' in call.arguments for call in later)
        what = "its content" if becomes or path == str(store) else None
    return None if any(_flushes(call, names) for call in later) else what


def _flushes(call: SystemCall, names: set[str]) -> bool:
    if call.name in ("sync", "syncfs"):
        return True
    return call.name in _FLUSHES and call.result == "0" and any(f"<{name}>" in call.arguments for name in names)


def _cut_short(stage: Stage, actor: Program, reader: Program, most: int, then: Step, *, is_alone: bool) -> Interruption:
    store = stage.set_up()
    actor.open(store)
    _, hard = resource.prlimit(actor.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(actor.pid, resource.RLIMIT_FSIZE, (most, hard))
    outcome = attempt(lambda: actor.perform(stage.step))
    if actor.is_alive:
        resource.prlimit(actor.pid, resource.RLIMIT_FSIZE, (hard, hard))
    how = f"files could not grow beyond {most} bytes"
    return afterwards(stage, actor, reader, store, how, CUT_SHORT, outcome, then=then, is_alone=is_alone)


def attempt(call: Callable[[], Any]) -> dict[str, Any]:
    """Make a call, and return its result or its refusal, by name."""
    try:
        return {"result": call()}
    except RefusedError as refused:
        return {"refusal": refused.refusal}
    except BrokenError as error:
        return {"refusal": Refusal("other", f"got no answer: the program {error}")}


def afterwards(  # noqa: PLR0913 - named at its calls
    stage: Stage,
    actor: Program,
    reader: Program,
    store: Path,
    how: str,
    cause: str,
    outcome: dict[str, Any],
    *,
    then: Step,
    is_alone: bool,
) -> Interruption:
    """Look at what a call left behind during which something failed, and make the next one.

    Args:
        stage: The scene.
        actor: The process that made the call.
        reader: Another process, which reads the store.
        store: The store.
        how: What failed, in words.
        cause: The name of the error.
        outcome: What `attempt` returned.
        then: The call that the same instance makes next.
        is_alone: Whether nothing but the store should be in its folder.
    """
    found = leftovers(store) if is_alone else None
    memory = actor.state() if actor.is_alive else None
    offered = actor.offer() if actor.is_alive else None
    stored = reader.state_of(store)
    offered_elsewhere = reader.offer_of(store)
    if found is not None:
        # A journal from which the next reader restored the store was no rubbish; it is gone now.
        found = tuple(name for name in found if name in leftovers(store))
    state: State | None = None
    if actor.is_alive:
        refusal = attempt(lambda: actor.perform(then)).get("refusal")
        state = reader.state_of(store) if refusal is None else f"was not changed: the call {refusal.message}"
    is_retry = then is stage.step
    return Interruption(
        kind="failure",
        how=how,
        call=stage.call,
        before=stage.before,
        cause=cause,
        result=outcome.get("result", ABSENT),
        refusal=outcome.get("refusal"),
        memory=memory,
        offered=offered,
        stored=stored,
        offered_elsewhere=offered_elsewhere,
        after_retry=state if is_retry else None,
        next=None if is_retry else state,
        next_call=None if is_retry else call_of(then),
        leftovers=found,
    )
