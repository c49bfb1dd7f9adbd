"""Dying: the process is killed before every system call that changes something, in turn.

What is written into a file that was there may be torn: a kill can come in the middle of
a write.  Where the store cannot be replaced and the program takes another way, it dies
on that, too.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from labelqueue.conformance.crash.aftermath import attempt
from labelqueue.conformance.crash.elsewhere import folders_of_temporaries
from labelqueue.conformance.crash.kills import Kills, set_up
from labelqueue.conformance.crash.scenes import SCENES, Stage, is_one_file, target_of
from labelqueue.conformance.crash.spares import Actors
from labelqueue.conformance.tracing.points import Point, points_in, points_to_hit
from labelqueue.conformance.tracing.strace import attached

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from labelqueue.conformance.crash.program import Program
    from labelqueue.spec import Interruption

__all__ = ["kills_of"]

_EVERY: Final = 3
_MOST_ON_ANOTHER_WAY: Final = 3
_WHY_NOT_REPLACED: Final = ("EBUSY", "EACCES", "EXDEV")


def kills_of(
    stage: Stage,
    start: Callable[[], Program],
    recorded: Program,
    witness: Program,
    *,
    is_file: bool,
    is_shared: bool,
) -> Generator[Interruption, None, None]:
    """Kill the process of a call at every point.

    Args:
        stage: The prepared scene.
        start: Starts a new process.
        recorded: A process whose call is recorded, and which lives on.
        witness: Another process, which reads the store and makes the next change.
        is_file: Whether all data is in the one file.
        is_shared: Whether somebody else may have the store open when the process dies.

    Yields:
        What was found after each kill.
    """

    def rehearsed() -> Program:
        program = start()
        try:
            stage.rehearse(program)
        except BaseException:
            program.end()
            raise
        return program

    store = set_up(stage, is_file=is_file)
    record = stage.recorded(recorded, store)
    is_alone = is_one_file(store, recorded)
    points = points_to_hit(points_in(record.calls, store.parents[1]))
    kills = Kills(stage, witness, folders_of_temporaries(record.calls, target_of(store)), is_alone, is_file, is_shared)
    # Who tidies up behind the dead, or waits for them, does so whatever they did; a large batch may be half there.
    unread = points[::_EVERY] if stage.scene in SCENES[2:] else []
    on_another_way = _points_on_another_way(stage, recorded, points)
    with ExitStack() as stack:
        actors = Actors(rehearsed, stack, most=len(points) + len(unread) + len(on_another_way))
        before: Point | None = None
        for point in points:
            if not witness.is_alive:
                return  # it waited in vain, and was ended: nobody is left to say what is stored
            last = kills.sizes
            yield from kills.at(actors.living(), point)
            if before is not None and before.writes:
                small, large = (sizes.get(before.file, 0) for sizes in (last, kills.sizes))
                # In the middle, and behind all but what may be the end of a line.
                for size in sorted({(small + large) // 2, large - 1}) if small < large else ():
                    yield from kills.at(actors.living(), point, torn=(before.file, size))
            before = point
        for point in unread:
            yield from kills.at(actors.living(), point, is_unread=True)
        for point, refused in on_another_way:
            yield from kills.at(actors.living(), point, refused=refused)


def _points_on_another_way(stage: Stage, program: Program, points: Sequence[Point]) -> list[tuple[Point, str]]:
    """Where to kill a program that cannot put its new file in place, and writes into the store itself instead.

    Returns:
        The points, each with what strace is told of the replacement.
    """
    replacing = next((point for point in points if point.name.startswith("rename")), None)
    if replacing is None:
        return []
    for error in _WHY_NOT_REPLACED:
        refused = f"{replacing.name}:error={error}:when={replacing.number}"
        store = stage.set_up()
        program.open(store)
        with attached(program.pid, refused) as record:
            outcome = attempt(lambda: program.perform(stage.step))
        if "refusal" in outcome or not record.injected():
            continue
        place = record.calls.index(record.injected()[0])
        known = points_in(record.calls[: place + 1], store.parents[1])
        later = points_in(record.calls, store.parents[1])[len(known) :]
        there = {path.name for path in stage.prepared.parent.rglob("*") if path.suffix != ".lock"}
        writing = [point for point in later if point.file in there][:_MOST_ON_ANOTHER_WAY]
        if writing:
            return [(point, refused) for point in writing]
    return []
