"""Dying in flight: the process is killed at some moment of a call, at no system call in particular."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from labelqueue.conformance.crash.aftermath import next_change
from labelqueue.conformance.crash.scenes import NEXT, Stage
from labelqueue.conformance.crash.spares import Spares
from labelqueue.conformance.steps import call_of
from labelqueue.spec import Interruption

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from labelqueue.conformance.crash.program import Program
    from labelqueue.conformance.crash.scenes import Scene

__all__ = ["kills_in_flight"]


def kills_in_flight(
    scene: Scene, start: Callable[[], Program], witness: Program, moments: Collection[float]
) -> Iterator[Interruption]:
    """Kill the process of a call while it is in flight, at no point in particular.

    Args:
        scene: The scene; its store is prepared anew for every kill.
        start: Starts a new process.
        witness: Another process, which reads the store and makes the next change.
        moments: When to kill, as parts of the time that the call takes alone.

    Yields:
        What was found after each kill.
    """
    takes_s = 0.0
    # Once it is let finish, to learn how long it takes.
    with Spares(start, most=1 + len(moments)) as spares:
        for part in (None, *moments):
            with Stage(scene) as stage:
                stage.prepare(witness)
                actor = spares.take()
                try:
                    actor.open(stage.prepared)
                    begun = time.perf_counter()
                    actor.send(stage.step)
                    if part is None:
                        actor.receive(stage.step)
                        takes_s = time.perf_counter() - begun
                        continue
                    time.sleep(takes_s * part)
                    actor.kill()
                finally:
                    actor.end()
                stored = witness.state_of(stage.prepared)
                is_refused, after = next_change(witness, stage.prepared)
                yield Interruption(
                    kind="kill",
                    how=f"killed {1000 * takes_s * part:.1f} ms after it was asked",
                    call=stage.call,
                    before=stage.before,
                    stored=stored,
                    next=after,
                    next_call=call_of(NEXT),
                    is_ruined=isinstance(after, str) and not is_refused,
                )
