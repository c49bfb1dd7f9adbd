"""Dying: the process is killed before every system call that changes something, in turn.

A process that is killed does not come back, so that each kill takes a new one.  What is
written into a file that was there may be torn: a kill can come in the middle of a write.
Where the store cannot be replaced and the program takes another way, it dies on that, too.
"""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from labelqueue.conformance.crash.aftermath import attempt, marking_of, next_change
from labelqueue.conformance.crash.elsewhere import folders_of_temporaries, take_away
from labelqueue.conformance.crash.program import Program
from labelqueue.conformance.crash.scenes import NEXT, SCENES, Stage, is_one_file, leftovers
from labelqueue.conformance.crash.spares import Actors
from labelqueue.conformance.steps import call_of
from labelqueue.conformance.subjects.subject import BrokenError, RefusedError
from labelqueue.conformance.tracing.strace import Record, attached
from labelqueue.conformance.tracing.system_calls import Point, points_in, points_to_hit
from labelqueue.spec import Interruption

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterator, Sequence
    from pathlib import Path


__all__ = ["kills_of"]

_EVERY: Final = 3
# Of the store before the call, where it is a file that others use: not what new files get.
_BITS: Final = 0o604
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

    stage.rehearse(recorded)
    store = _set_up(stage, is_file=is_file)
    recorded.open(store)
    with attached(recorded.pid) as record:
        recorded.perform(stage.step)
    is_alone = is_one_file(store, recorded)
    points = points_to_hit(points_in(record.calls, store.parents[1]))
    kills = _Kills(stage, witness, folders_of_temporaries(record.calls, store), is_alone, is_file, is_shared)
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


@dataclass
class _Kills:
    """Kills of one call, each over a fresh store."""

    stage: Stage
    witness: Program
    elsewhere: Collection[Path]
    is_alone: bool
    is_file: bool
    is_shared: bool
    # Of the store, and of the files that were there before the call, as the last kill left them.
    sizes: dict[str, int] = field(default_factory=dict)
    has_bits: bool = False

    def at(
        self,
        actor: Program,
        point: Point,
        *,
        torn: tuple[str, int] | None = None,
        refused: str = "",
        is_unread: bool = False,
    ) -> Iterator[Interruption]:
        """Kill at a point; yields nothing where the program took another way this time.

        Args:
            actor: The process.
            point: The point.
            torn: A file whose last write came no further than this size, if that is so.
            refused: What else strace is told to do, at a replacement that is refused.
            is_unread: Whether the witness makes the next change before anybody reads, and, where the
                store may be shared, had it open meanwhile.
        """
        store = _set_up(self.stage, is_file=self.is_file)
        self.has_bits = self.is_file and store.is_file()
        files = {store, *store.parent.glob("*")}
        actor.open(store)
        if is_unread and self.is_shared:
            self.witness.open(store)
        injections = [f"{point.name}:signal=KILL:when={point.number}", *([refused] if refused else [])]
        try:
            with attached(actor.pid, *injections) as record:
                actor.perform(self.stage.step)
        except BrokenError:
            actor.kill()
        except RefusedError:
            return
        else:
            return
        how = f"killed before {point}"
        if is_unread:
            yield self._found_unread(store, how)
            return
        if torn is not None:
            name, size = torn
            if not (store.parent / name).is_file():
                return
            os.truncate(store.parent / name, size)
            how = f"killed when {name} was written up to byte {size}"
        elif refused:
            how += f", after the store could not be replaced ({refused.split(':')[1]})"
        else:
            how += ", where the path is a link's" if self.stage.scene.is_linked else ""
            self.sizes = {file.name: file.stat().st_size for file in files if file.is_file()}
        yield self._found(store, how, record)

    def _found_unread(self, store: Path, how: str) -> Interruption:
        """Have the next change made before anybody reads; what it is made upon is what the store held."""
        is_refused, after = next_change(self.witness, store, is_open=self.is_shared)
        by_whom = "had the store open" if self.is_shared else "made the next change before anybody read"
        return Interruption(
            kind="kill",
            how=f"{how}; another process {by_whom}",
            call=self.stage.call,
            before=self.stage.before,
            stored=after[:-1] if isinstance(after, tuple) else self.witness.state_of(store),
            next=after,
            next_call=call_of(NEXT),
            is_ruined=isinstance(after, str) and not is_refused,
        )

    def _found(self, store: Path, how: str, record: Record) -> Interruption:
        names = leftovers(store) if self.is_alone else ()
        alone = _without(names, store) if self.is_file and names else None
        bits = stat.S_IMODE(store.stat().st_mode) if self.has_bits and store.is_file() else _BITS
        stored = self.witness.state_of(store)
        mistaken = names if alone is not None and self.witness.state_of(alone) != stored else ()
        is_alone = self.is_alone and not store.is_dir()
        names = leftovers(store) if is_alone else self._left_behind(store)
        is_refused, after = next_change(self.witness, store)
        stumbled_over: tuple[str, ...] = ()
        if is_refused and self.witness.is_alive and names:
            # Was it the lock that kept the next one away, or what lies about?
            for name in names:
                (store.parent / name).unlink(missing_ok=True)
            is_refused_again, again = next_change(self.witness, store)
            if isinstance(again, tuple) and not is_refused_again:
                stumbled_over = names
                # What was removed may have been a lock, where it is not known what else there is.
                is_refused, after = (False, again) if is_alone else (True, after)
        # What was torn off in the middle shows up at what is written behind it.
        marking = marking_of(after)
        marked = None if marking is None else next_change(self.witness, store, marking)[1]
        strays = take_away(self.elsewhere, record.calls)
        return Interruption(
            kind="kill",
            how=how,
            call=self.stage.call,
            before=self.stage.before,
            stored=stored,
            next=after,
            next_call=call_of(NEXT),
            marked=marked,
            marking=None if marking is None else call_of(marking),
            is_ruined=isinstance(after, str) and not is_refused,
            stumbled_over=stumbled_over,
            mistaken=mistaken,
            other_bits=None if bits == _BITS else f"the permission bits {bits:o} and had {_BITS:o}",
            leftovers=(*leftovers(store), *strays) if self.is_alone else None,
        )

    def _left_behind(self, store: Path) -> tuple[str, ...]:
        """Name the files that were not there before the call, but for locks."""
        there, now = (
            {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"}
            for folder in (self.stage.prepared.parent, store.parent)
        )
        return tuple(sorted(now - there))


def _set_up(stage: Stage, *, is_file: bool) -> Path:
    store = stage.set_up()
    if is_file and store.is_file():
        store.chmod(_BITS)
    return store


def _without(names: Collection[str], store: Path) -> Path:
    """Copy a store, but not those files beside it."""
    copy = store.parent.with_name("alone")
    shutil.copytree(store.parent, copy, symlinks=True, ignore=lambda *_: names)
    return copy / store.name
