"""Kills: a process is killed at a point of its call, and others see what it left.

A process that is killed does not come back, so that each kill takes a new one.
"""

from __future__ import annotations

import itertools
import os
import shutil
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from labelqueue.conformance.crash.aftermath import marking_of, next_change
from labelqueue.conformance.crash.elsewhere import take_away
from labelqueue.conformance.crash.scenes import NEXT, Stage, folders_of, leftovers
from labelqueue.conformance.steps import call_of
from labelqueue.conformance.subjects.subject import BrokenError, RefusedError
from labelqueue.conformance.tracing.strace import Record, attached
from labelqueue.spec import Interruption

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from labelqueue.conformance.crash.program import Program
    from labelqueue.conformance.steps import Step
    from labelqueue.conformance.tracing.points import Point

__all__ = ["Kills", "killed_at", "set_up"]

# Of the store before the call, where it is a file that others use: not what new files get.
_BITS: Final = 0o604


@dataclass
class Kills:
    """Kills of one call, each over a fresh store.

    Attributes:
        stage: The scene, prepared.
        witness: Another process, which reads the store and makes the next change.
        elsewhere: Where else than beside the store the call makes files.
        is_alone: Whether the store is one file, but for a lock.
        is_file: Whether all data is in the one file, which others use.
        is_shared: Whether the witness may have the store open meanwhile.
        sizes: How large the last kill left the store, and the files that were there before the call, or
            all of those in it where it is a folder; by the last parts of their paths, as points name them.
        has_bits: Whether the store had permission bits of its own before the last kill.
    """

    stage: Stage
    witness: Program
    elsewhere: Collection[Path]
    is_alone: bool
    is_file: bool
    is_shared: bool
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
        store = set_up(self.stage, is_file=self.is_file)
        self.has_bits = self.is_file and store.is_file()
        there = _files_by_name(store)
        actor.open(store)
        if is_unread and self.is_shared:
            self.witness.open(store)
        record = killed_at(point, actor, self.stage.step, *([refused] if refused else []))
        if record is None:
            return
        how = f"killed before {point}"
        if is_unread:
            yield self._found_unread(store, how)
            return
        if torn is not None:
            name, size = torn
            file = _files_by_name(store).get(name)
            if file is None:
                return
            os.truncate(file, size)
            how = f"killed when {name} was written up to byte {size}"
        elif refused:
            how += f", after the store could not be replaced ({refused.split(':')[1]})"
        else:
            how += ", where the path is a link's" if self.stage.scene.is_linked else ""
            # A new file beside a store is a temporary one; in a folder it may be read as it is.
            now = _files_by_name(store).items()
            self.sizes = {name: file.stat().st_size for name, file in now if name in there or store.is_dir()}
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
            for folder, name in itertools.product(folders_of(store), names):
                (folder / name).unlink(missing_ok=True)
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


def killed_at(point: Point, actor: Program, step: Step, *more: str, is_full: bool = False) -> Record | None:
    """Kill a process at a point of a call.

    Args:
        point: The point.
        actor: The process.
        step: The call.
        more: What else strace is told to do.
        is_full: Whether the record holds everything that is written.

    Returns:
        The record; `None` where it took another way this time, and answered.
    """
    try:
        with attached(actor.pid, f"{point.name}:signal=KILL:when={point.number}", *more, is_full=is_full) as record:
            actor.perform(step)
    except BrokenError:
        actor.kill()
        return record
    except RefusedError:
        pass
    return None


def set_up(stage: Stage, *, is_file: bool) -> Path:
    """Lay out the store of a scene; where it is a file that others use, with bits of its own."""
    store = stage.set_up()
    if is_file and store.is_file():
        store.chmod(_BITS)
    return store


def _files_by_name(store: Path) -> dict[str, Path]:
    """The files of a store, and those beside it."""
    return {path.name: path for path in store.parent.rglob("*") if path.is_file()}


def _without(names: Collection[str], store: Path) -> Path:
    """Copy a store, but not those files beside it."""
    copy = store.parent.with_name("alone")
    shutil.copytree(store.parent, copy, symlinks=True, ignore=lambda *_: names)
    return copy / store.name
