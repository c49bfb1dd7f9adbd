"""Paused: one client is stopped in the middle of a call, and another makes calls meanwhile.

Chance rarely puts one call into the narrowest gap of another.  So the process of one
client is stopped at every point of its call at which it touches the store, in turn, or
at some where there are many; the other client makes a call and looks, and waits where
a lock makes it wait; then the first goes on.

The relay is for locks on a file that is replaced: who waited for the old file holds a
lock that the next one does not see.

A call that fails takes back what it did; meanwhile somebody may have seen that, or have
added something of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from labelqueue.conformance.crash.errors_of_calls import errors_of
from labelqueue.conformance.crash.scenes import STORE
from labelqueue.conformance.overlap.failing_call import FailingCall
from labelqueue.conformance.overlap.pairs import FAILING, LOOK, LOOKED_AT, PAIRS, Pair
from labelqueue.conformance.overlap.paused_scene import prepared
from labelqueue.conformance.tracing.points import Point, points_to_hit, some_of
from labelqueue.conformance.tracing.system_calls import FLUSHES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from labelqueue.conformance.crash.program import Program
    from labelqueue.spec import History

__all__ = ["before_the_replacement", "failing_meanwhile", "long_pause", "paused_histories"]

_PlaceToHold = Callable[[Sequence[Point], Sequence[Point]], Point | None]
# In a call that fails, where one makes many system calls.
_MOST_STOPS: Final = 24
_MOST_FAILURES: Final = 12
# As long as a lock is held once, for whoever does not wait for it so long and goes on without:
# longer than the five seconds that many libraries wait.
_LONG_S: Final = 5.5


def paused_histories(
    first: Program, second: Program, reader: Program, now: datetime, pairs: Iterable[Pair]
) -> Iterator[History]:
    """Stop one process at every point of a call while another makes one.

    Args:
        first: The process that is stopped.
        second: The other one.
        reader: A third one, which reads the store at the end.
        now: Where the clock stands, or what time it is.
        pairs: The calls.

    Yields:
        The history of each pair where neither is stopped, and of each pause.
    """
    for pair in pairs:
        with prepared(pair, first, second, reader, now) as scene:
            points, all_points = scene.rehearsed()
            yield scene.rehearsal
            # Whoever opens the store takes away what it takes for a dead process's: where nothing of that
            # is there yet, a lock that is taken away loses a change.
            earlier = [before_the_replacement(points, all_points)] if pair.is_late else []
            # Whoever has seen that there is no folder may find one when it makes it.
            earlier += [_before_the_first_folder(all_points)] if pair.is_first else []
            for point in dict.fromkeys((*filter(None, earlier), *points_to_hit(points))):
                history = scene.paused_at(point)
                if history is not None:
                    yield history
            replaced = _place_of_replacement(points)
            if replaced and pair is PAIRS[0]:
                # Where each has a new file by then, the one may lose it to the other; before that, a change.
                last = points[replaced - 1]
                first_of_file = next(point for point in points if point.file == last.file)
                for point in dict.fromkeys((first_of_file, last)):
                    yield scene.relay(point)


def long_pause(first: Program, second: Program, reader: Program, now: datetime) -> Iterator[History]:
    """Stop one process in a change, and in a reading, for longer than another may be willing to wait.

    Args:
        first: The process that is stopped.
        second: The other one.
        reader: As in `paused_histories`.
        now: What time it is; the clock of none of them is set, so that a lock's age is its age.

    Yields:
        The histories, where the store is a path.
    """
    # Where one change is written behind the other, or beside it, both stand, but not where they are the same.
    of_changes = ((PAIRS[0], _before_the_store_is_replaced), (PAIRS[2], _before_the_first_write))
    for places_to_hold in (of_changes, ((LOOK, _at_the_last_write),), ((LOOKED_AT, _at_the_last_reading),)):
        histories = (_held(pair, place, first, second, reader, now) for pair, place in places_to_hold)
        history = next((found for found in histories if found is not None), None)
        if history is not None:
            yield history


def _held(
    pair: Pair,
    place_to_hold: _PlaceToHold,
    first: Program,
    second: Program,
    reader: Program,
    now: datetime,
) -> History | None:
    with prepared(pair, first, second, reader, now) as scene:
        point = place_to_hold(*scene.rehearsed())
        return None if point is None else scene.paused_at(point, patience_s=_LONG_S)


def failing_meanwhile(first: Program, second: Program, reader: Program, now: datetime) -> Iterator[History]:
    """Let a call fail, and another client make one behind it; as it flushes what it wrote, also while it is stopped.

    What a failed call takes back, somebody else may have seen, or have written something behind it;
    and who has failed may not keep others away.

    Args:
        first: The process whose call fails.
        second: As in `paused_histories`.
        reader: As in `paused_histories`.
        now: As in `paused_histories`.

    Yields:
        The history of each pause.
    """
    for pair in FAILING:
        with prepared(pair, first, second, reader, now) as scene:
            _, all_points = scene.rehearsed()
            for point in some_of(scene.changes, _MOST_FAILURES) if pair is FAILING[0] else ():
                history = scene.failed(FailingCall(point, errors_of(point)[0]))
                if history is not None:
                    yield history
                if not (first.is_alive and second.is_alive):
                    return
            written = {point.file for point in all_points if point.writes}
            flush = next((point for point in all_points if point.name in FLUSHES and point.file in written), None)
            if flush is None:
                continue
            failure = FailingCall(flush, "EIO")
            for point in some_of(scene.points_where(failure), _MOST_STOPS):
                history = scene.paused_at(point, failure=failure)
                if history is not None:
                    yield history
                if not (first.is_alive and second.is_alive):
                    return


def before_the_replacement(points: Sequence[Point], all_points: Sequence[Point]) -> Point | None:
    """Find where the store is read before it is replaced: then there is no file yet that somebody could take away.

    Args:
        points: The system calls of a call that change something.
        all_points: All of them.

    Returns:
        The last of these before the new file is begun; `None` where the store is not replaced.
    """
    replaced = _place_of_replacement(points)
    if not replaced:
        return None
    new = points[replaced - 1].file
    begun = next(place for place, point in enumerate(all_points) if point.file == new)
    earlier = all_points[: begun or all_points.index(points[replaced])]
    of_store = [point for point in earlier if point.file == points[replaced].file]
    return (of_store or earlier)[-1]


def _before_the_first_folder(all_points: Sequence[Point]) -> Point | None:
    made = next((place for place, point in enumerate(all_points) if point.name.startswith("mkdir")), 0)
    return all_points[made - 1] if made else None


def _before_the_store_is_replaced(points: Sequence[Point], all_points: Sequence[Point]) -> Point | None:
    replaced = _place_of_replacement(points)
    is_of_store = bool(replaced) and points[replaced].file == STORE
    return before_the_replacement(points, all_points) if is_of_store else None


def _before_the_first_write(points: Sequence[Point], all_points: Sequence[Point]) -> Point | None:
    written = next((point for point in points if point.writes), None)
    return None if written is None else next(iter(all_points[: all_points.index(written)][-1:]), None)


def _at_the_last_write(points: Sequence[Point], _: Sequence[Point]) -> Point | None:
    return next((point for point in reversed(points) if point.writes), None)


def _at_the_last_reading(points: Sequence[Point], _: Sequence[Point]) -> Point | None:
    return next((point for point in reversed(points) if point.name in ("read", "pread64")), None)


def _place_of_replacement(points: Sequence[Point]) -> int:
    return next((n for n, point in enumerate(points) if point.name.startswith("rename")), 0)
