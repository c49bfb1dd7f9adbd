"""A store on a server: connections that are cut, and what the server says of its commits.

Nobody sees the disk of a server; but what lies between a queue and its server can be
cut at every moment: after every sending, when the server has done its part and the
answer is lost, and after every receiving.  Before the change took effect the call has
to fail and leave nothing, and after it the error has to say that the change may stand.
Whether a commit is flushed only the server can say.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import select
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from labelqueue.conformance.crash.aftermath import afterwards, attempt
from labelqueue.conformance.crash.program import Program
from labelqueue.conformance.crash.scenes import NEXT, SCENES, Scene, Stage
from labelqueue.conformance.steps import call_of, resolved
from labelqueue.conformance.tracing.points import Point, points_on_connections
from labelqueue.conformance.tracing.strace import Record, attached
from labelqueue.spec import Interruption

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from labelqueue.conformance.steps import Step
    from labelqueue.conformance.subjects.subject import Subject

__all__ = ["commits_of", "cuts_of"]

_PIDFD_GETFD: Final = 438
"""The number of the system call that copies a descriptor out of another process, on every kind of machine."""

_CHUNK: Final = 1 << 16
_UNTIL_ANSWERED_S: Final = 0.2
"""How long an answer is waited for at most; not everything that is sent is answered."""
_UNTIL_DONE_S: Final = 0.02
"""How long it is left alone once it begins to arrive: the server has done its part by then."""


def cuts_of(scene: Scene, living: Callable[[], Program], reader: Program) -> Iterator[tuple[Stage, Interruption]]:
    """Cut the connection of a call at every point.

    Args:
        scene: The scene; its store is prepared anew for every cut.
        living: Returns a process that can make the call.
        reader: Another process, which reads the store.

    Yields:
        The stage, and what was found on it; nothing where no connection was seen.
    """
    then = itertools.cycle((True, False))
    for point in _points(scene, living(), reader):
        with Stage(scene) as stage:
            stage.prepare(reader)
            interruption = _cut_at(stage, living(), reader, point, stage.step if next(then) else NEXT)
            if interruption is not None:
                yield stage, interruption


def _points(scene: Scene, actor: Program, reader: Program) -> list[Point]:
    """Make the call twice, and watch it the second time: what is loaded late is loaded then."""
    for is_watched in (False, True):
        with Stage(scene) as stage:
            stage.prepare(reader)
            actor.open(stage.prepared)
            if not is_watched:
                actor.perform(stage.step)
                continue
            with attached(actor.pid) as record:
                actor.perform(stage.step)
    return points_on_connections(record.calls)


def _cut_at(stage: Stage, actor: Program, reader: Program, point: Point, then: Step) -> Interruption | None:
    actor.open(stage.prepared)
    with attached(actor.pid, f"{point.name}:signal=STOP:when={point.number}") as record:
        actor.send(stage.step)
        is_cut = actor.is_stopped(record) and _cut(actor.pid, record)
        actor.go_on()
        outcome = attempt(lambda: actor.receive(stage.step))
    if not is_cut:
        return None  # the program took another way this time
    how = f"the connection was cut after {point.name} number {point.number}"
    return afterwards(stage, actor, reader, stage.prepared, how, "ECONNRESET", outcome, then=then, is_alone=False)


def _cut(pid: int, record: Record) -> bool:
    """Cut the connection that a stopped process used last, and throw away what it has not received yet."""
    used = [call for call in record.so_far() if call.connection is not None]
    if not used:
        return False
    process = os.pidfd_open(pid)
    try:
        descriptor = ctypes.CDLL(None).syscall(_PIDFD_GETFD, process, used[-1].connection, 0)
    finally:
        os.close(process)
    if descriptor < 0:
        return False
    with socket.socket(fileno=descriptor) as connection, suppress(OSError):
        if used[-1].sends:
            select.select([connection], [], [], _UNTIL_ANSWERED_S)
            time.sleep(_UNTIL_DONE_S)
        with suppress(BlockingIOError):
            while connection.recv(_CHUNK, socket.MSG_DONTWAIT):
                pass
        connection.shutdown(socket.SHUT_RDWR)
    return True


def commits_of(subject: Subject, unflushed: Callable[[], str | None]) -> Iterator[Interruption]:
    """Make every changing call, and ask each time whether its change was flushed.

    Args:
        subject: The subject.
        unflushed: As in `Subject`.

    Yields:
        What its server said, as a power cut that leaves what was flushed.
    """
    for number, scene in enumerate(SCENES):
        queue = subject.open(Path(f"commits-{number}") / "queue.json", None)
        for step in scene.before:
            queue.perform(step)
        before = tuple(queue.all_items().value)
        step = resolved(scene.step, {}, before)
        unflushed()
        queue.perform(step)
        after = tuple(queue.all_items().value)
        queue.close()
        yield Interruption(
            kind="power cut",
            how="power cut after the answer, as its server says",
            call=call_of(step),
            before=before,
            stored=after,
            allowed=(after,),
            unflushed=unflushed(),
        )
