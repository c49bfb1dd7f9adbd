"""Orphaned: the power goes when a store's maker is dead and somebody else has changed it.

Whoever flushes the folder of a new store, and that alone, leaves it to the first call.
Where that one died before, the name of the file is nowhere but in memory, and what
others write into the file, and flush, goes with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from labelqueue.conformance.crash.disk import Disk
from labelqueue.conformance.crash.kills import killed_at
from labelqueue.conformance.crash.platters import lay_out, settled
from labelqueue.conformance.crash.scenes import NEXT, Stage
from labelqueue.conformance.steps import Step, call_of
from labelqueue.conformance.subjects.subject import BrokenError, RefusedError
from labelqueue.conformance.tracing.points import Point, points_in, some_of
from labelqueue.conformance.tracing.strace import attached
from labelqueue.conformance.tracing.system_calls import FLUSHES
from labelqueue.spec import Interruption

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labelqueue.conformance.crash.program import Program
    from labelqueue.conformance.crash.spares import Actors

__all__ = ["cuts_behind_the_dead"]

_MOST_DEATHS: Final = 2
_ALL: Final[Step] = {"do": "all_items"}


def cuts_behind_the_dead(stage: Stage, actors: Actors, reader: Program) -> Iterator[Interruption]:
    """Kill the process that makes a store before it flushes a folder; cut the power when another has made a change.

    Args:
        stage: The first change, which makes the store.
        actors: The processes that are killed, and those that make the next change.
        reader: Another process, which opens what was on the platter.

    Yields:
        What was found in each state that could be on the platter.

    Raises:
        InconclusiveError: The program writes in a way that the model disk does not know.
    """
    for point in some_of(_flushes_of_folders(stage, actors.living()), _MOST_DEATHS):
        yield from _cuts(stage, point, actors, reader)


def _flushes_of_folders(stage: Stage, program: Program) -> list[Point]:
    store = stage.set_up()
    record = stage.recorded(program, store)
    points = points_in(record.calls, store.parents[1])
    written = {point.file for point in points if point.writes}
    return [point for point in points if point.name in FLUSHES and point.file not in written]


def _cuts(stage: Stage, point: Point, actors: Actors, reader: Program) -> Iterator[Interruption]:
    maker = actors.living()
    stage.rehearse(maker)
    store = stage.set_up().resolve()
    live = store.parents[1]
    disk = Disk(live)
    maker.open(store)
    record = killed_at(point, maker, stage.step, is_full=True)
    if record is None:
        return
    for call in record.calls:
        disk.replay(call)
    disk.begin_anew()
    other = actors.living()
    stage.rehearse(other)
    with attached(other.pid, is_full=True) as record:
        try:
            other.open(store)
            before = tuple(other.perform(_ALL))
            other.perform(NEXT)
            after = tuple(other.perform(_ALL))
        except (BrokenError, RefusedError):
            return  # what the dead leave to others is judged elsewhere
        there = settled(live)
    [changed, *_] = record.answers(other.answers)[-2:] or [len(record.calls)]  # the last answer is that of a reading
    for call in record.calls[: changed + 1]:
        disk.replay(call)
    platters = list(disk.platters())
    for call in record.calls[changed + 1 :]:
        disk.replay(call)
    disk.check(there)
    other.open(stage.set_up())  # it leaves the store alone from here on
    for how, platter in platters:
        lay_out(platter, live)
        yield Interruption(
            kind="power cut",
            how=f"power cut when another process had made a change, and the maker of the store"
            f" had been killed before {point}, {how}",
            call=call_of(NEXT),
            before=before,
            stored=reader.state_of(store),
            allowed=(after,),
        )
