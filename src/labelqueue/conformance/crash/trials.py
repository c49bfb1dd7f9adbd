"""Trials: a call made again and again by one process, each time over a fresh store with something else that fails."""

from __future__ import annotations

import itertools
import resource
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from labelqueue.conformance.crash.aftermath import afterwards, attempt
from labelqueue.conformance.crash.coming_back import comes_back
from labelqueue.conformance.crash.elsewhere import take_away
from labelqueue.conformance.crash.errors_of_calls import is_half_open
from labelqueue.conformance.crash.scenes import NEXT, SETTLED_S, Stage, target_of
from labelqueue.conformance.crash.unflushed import A_MOVE, unflushed, written_alone
from labelqueue.conformance.subjects.subject import BrokenError
from labelqueue.conformance.tracing.strace import attached

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

    from labelqueue.conformance.crash.program import Program
    from labelqueue.conformance.steps import Step
    from labelqueue.conformance.tracing.points import Point
    from labelqueue.spec import Interruption

__all__ = ["CUT_SHORT", "FULL", "INTERRUPT", "REFUSED", "Trials"]

CUT_SHORT: Final = "EFBIG"
"""The cause where no system call is made to fail, but files cannot grow."""

FULL: Final = "a full disk"
REFUSED: Final = "a rename that is refused"
INTERRUPT: Final = "SIGINT"
_IN_PART: Final = "a short write"
_INJECTIONS: Final = {
    FULL: ("error=ENOSPC", "failed with ENOSPC, and no file could grow beyond 1 byte"),
    REFUSED: ("error=EACCES", "failed with EACCES, however often it was tried"),
    INTERRUPT: ("signal=INT", "was interrupted"),
}
"""What strace is told, and what is said, where the cause is not the name of an error."""


@dataclass
class Trials:
    """One call, made by one process again and again, each time over a fresh store with something else that fails."""

    stage: Stage
    actor: Program  # one that died may be replaced
    living: Callable[[], Program]
    reader: Program
    elsewhere: Collection[Path]
    is_alone: bool
    flushes: bool  # what it writes into the store itself, where nothing fails
    is_missed: bool = False

    def __post_init__(self) -> None:
        self.then = itertools.cycle((self.stage.step, NEXT))

    def take_another(self) -> None:
        """Go on with a new process."""
        self.actor = self.living()
        self.stage.rehearse(self.actor)

    def fail_at(self, point: Point, error: str) -> Interruption | None:
        """Let one system call fail, or interrupt the process right behind it."""
        store, then = self._begin()
        target = target_of(store)
        if point.is_gone_from(self.actor.pid):
            return None
        when = f"{point.number}+" if error == REFUSED else point.number
        kind, how = _INJECTIONS.get(error, (f"error={error}", f"failed with {error}"))
        injection = f"{point.name}:{kind}:when={when}"
        with (
            _limited(self.actor, 1 if error == FULL else None),
            attached(self.actor.pid, injection, thread=point.whom) as record,
        ):
            outcome = attempt(lambda: self.actor.perform(self.stage.step))
        hits = record.injected()
        if any(str(store.parents[1]) not in hit.arguments for hit in hits):
            self.actor.kill()  # its answer was hit as well, or instead: it may be about to die of that
            return None
        self.is_missed = not hits
        if not hits:
            return None  # the program took another way this time
        if point.file == target.parent.name and point.name.startswith("open") and "refusal" in outcome:
            return None  # nothing says what is to be said of a folder that cannot be opened, if only something is
        lost = unflushed(record, hits[0], target) or (written_alone(record.calls, target) if self.flushes else None)
        # Whoever may not remove a file cannot be blamed for leaving it.
        is_alone = self.is_alone and not point.name.startswith("unlink")
        strays = take_away(self.elsewhere, record.calls)
        found = self._afterwards(store, f"{point} {how}", error, outcome, then, is_alone=is_alone)
        if error == INTERRUPT and not self.actor.is_alive:
            return None  # nobody has to live through an interrupt
        if is_half_open(record.calls, hits[0]):
            # No disk fails so for a moment, and lets one write again.
            found = replace(found, after_retry=None, next=None, marked=None)
        if lost == A_MOVE and found.refusal is None:
            whole = comes_back(self.stage, self.actor, self.reader, injection, point.whom)
            lost = None if whole else lost
        leftovers = None if found.leftovers is None else (*found.leftovers, *strays)
        return replace(found, unflushed=lost, leftovers=leftovers)

    def cut_short(self, most: int) -> Interruption:
        """Let no file grow beyond so many bytes."""
        store, then = self._begin()
        time.sleep(SETTLED_S)
        with _limited(self.actor, most):
            outcome = attempt(lambda: self.actor.perform(self.stage.step))
        how = f"files could not grow beyond {most} bytes"
        return self._afterwards(store, how, CUT_SHORT, outcome, then, is_alone=self.is_alone)

    def write_in_part(self, point: Point, most: Sequence[int]) -> Interruption | None:
        """Let a write and those behind it take no more than some bytes of the file each, and the rest everything."""
        store, then = self._begin()
        if point.is_gone_from(self.actor.pid):
            return None
        injection = f"{point.name}:signal=STOP:when={point.number}..{point.number + len(most) - 1}"
        with attached(self.actor.pid, injection, thread=point.whom) as record:
            for times, size in enumerate(most, start=1):
                with _limited(self.actor, size):
                    if times == 1:
                        self.actor.send(self.stage.step)
                    else:
                        self.actor.wake()
                    if not self.actor.is_stopped(record, times):
                        break
            stops = record.stops
            self.actor.go_on()
            outcome = attempt(lambda: self.actor.receive(self.stage.step))
        if not stops or not self.actor.is_alive:
            return None  # the program took another way this time
        how = f"{point} was cut short at {most[0]} bytes{f', and the next at {most[1]}' if len(most) > 1 else ''}"
        return self._afterwards(store, how, _IN_PART, outcome, then, is_alone=self.is_alone)

    def _begin(self) -> tuple[Path, Step]:
        store = self.stage.set_up()
        try:
            self.stage.open(self.actor, store)
        except BrokenError:
            # The call that was missed may have been the reading of this request, right as strace let go.
            if not self.is_missed:
                raise
            self.take_another()
            self.stage.open(self.actor, store)
        self.is_missed = False
        return store, next(self.then)

    def _afterwards(
        self, store: Path, how: str, cause: str, outcome: dict[str, Any], then: Step, *, is_alone: bool
    ) -> Interruption:
        how += ", where the path is a link's" if self.stage.scene.is_linked else ""
        return afterwards(self.stage, self.actor, self.reader, store, how, cause, outcome, then=then, is_alone=is_alone)


@contextmanager
def _limited(actor: Program, most: int | None) -> Iterator[None]:
    """Let no file grow beyond so many bytes, if a number is given."""
    if most is None:
        yield
        return
    _, hard = resource.prlimit(actor.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(actor.pid, resource.RLIMIT_FSIZE, (most, hard))
    yield
    if actor.is_alive:
        resource.prlimit(actor.pid, resource.RLIMIT_FSIZE, (hard, hard))
