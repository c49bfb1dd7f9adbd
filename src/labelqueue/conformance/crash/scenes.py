"""Scenes: a prepared store, and one call on it that is going to be interrupted."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from labelqueue.conformance.steps import Step, call_of, resolved
from labelqueue.conformance.subjects.subject import RefusedError
from labelqueue.conformance.tracing.strace import attached
from labelqueue.spec import Call, Seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labelqueue.conformance.crash.program import Program
    from labelqueue.conformance.tracing.strace import Record

__all__ = [
    "CORRECTION",
    "CROWD",
    "FILLED",
    "LINKED",
    "NEXT",
    "SCENES",
    "SETTLED_S",
    "STORE",
    "Scene",
    "Stage",
    "folders_of",
    "is_one_file",
    "leftovers",
    "linked",
    "target_of",
]

_NO_LEFTOVERS: Final = (".lock", "-journal", "-wal", "-shm")


def _bucket(minute: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - values of a bucket
    start, end = f"2026-01-10T09:{minute:02}:00Z", f"2026-01-10T10:{minute:02}:00Z"
    # Who counts characters where bytes are meant is right about ASCII.
    return {"user_id": "Ada Łoś", "bucket_start_ts": start, "bucket_end_ts": end} | more


_LOW: Final[Step] = {
    "do": "enqueue_low_confidence",
    "rows": [_bucket(n, confidence=n / 100, predicted_label="coding") for n in (10, 11)],
}
_MANY: Final = 300  # so that who writes them by hundreds, or so many bytes, can be interrupted between
CROWD: Final = [_bucket(20, user_id=f"ada {n}") for n in range(_MANY)]
"""The buckets of a large batch."""

FILLED: Final[tuple[Step, ...]] = ({"do": "enqueue_drift", "buckets": [_bucket(n) for n in range(3)]},)

"""What makes three requests."""

GROWN: Final[tuple[Step, ...]] = tuple({"do": "enqueue_drift", "buckets": [_bucket(n)]} for n in range(3))
"""What makes them one by one: a store may write its first changes in another way than all that follow."""

SETTLED_S: Final = 0.1
"""How many seconds behind a change even those remember a file who wait for a tick of the clock."""

STORE: Final = "queue[1].json"
"""The name of a store that was there: the brackets are for who looks for temporaries by a pattern."""

_PLAIN: Final = "queue.json"  # that of one for whom a pattern does find, as of every one that is new

NEXT: Final[Step] = {"do": "enqueue_drift", "buckets": [_bucket(59)]}
"""The change that somebody else makes afterwards."""


@dataclass(frozen=True)
class Scene:
    """A prepared store, and one call on it.

    Attributes:
        before: The steps that prepare the store.
        step: The call.
        own: What the process of a call that fails has changed itself before, and so may remember: marks alone.
        is_interrupted: Whether an interrupt may come in the middle: what is only tidied up may be left as it is.
        is_linked: Whether the path is that of a link to the store.
        is_plain: Whether what finds files by a pattern finds those of the store.
    """

    before: tuple[Step, ...]
    step: Step
    own: tuple[Step, ...] = ()
    is_interrupted: bool = True
    is_linked: bool = False
    is_plain: bool = False

    @property
    def name(self) -> str:
        """The name of the store."""
        return _PLAIN if self.is_plain or not self.before else STORE


SCENES: Final = (
    Scene((), {"do": "enqueue_drift", "buckets": [_bucket(0)]}),
    Scene(FILLED, _LOW, is_plain=True),
    # One of them waits already.
    Scene(GROWN, {"do": "enqueue_drift", "buckets": [_bucket(1), *CROWD]}),
    Scene(GROWN, {"do": "mark_done", "request_id": {"$place": 1}, "status": "skipped"}),
)
"""Every changing call, on a store that is there, or has grown; and the first change, which creates it."""

CORRECTION: Final = Scene(
    GROWN,
    {"do": "mark_done", "request_id": {"$place": 1}, "status": "skipped"},
    own=({"do": "mark_done", "request_id": {"$place": 1}},),
)
"""A mark of what the process has marked before: who takes back a mark that failed must know what was there."""


LINKED: Final = replace(SCENES[-1], is_interrupted=False, is_linked=True)
"""A store that is a link: temporary files lie beside its target, and who may not replace a link may write over that."""


@dataclass
class Stage:
    """A scene set up: the prepared store, copied for each performance.

    Use it as a context manager; the folder is removed with it.
    """

    scene: Scene
    before: tuple[Seen, ...] = ()
    step: Step = field(default_factory=dict)
    _folder: Path = field(init=False)
    # Threads that start processes ahead set up stages, too; a counter gives each number once.
    _performances: Iterator[int] = field(default_factory=itertools.count)

    def __enter__(self) -> Self:
        """Make the folder."""
        self._folder = Path(tempfile.mkdtemp(prefix="labelqueue-"))
        return self

    def __exit__(self, *_: object) -> None:
        """Remove it."""
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def call(self) -> Call:
        """The call, as requirements read it."""
        return call_of(self.step)

    @property
    def prepared(self) -> Path:
        """The path of the store that every performance begins with."""
        return self._store_in("prepared")

    def prepare(self, program: Program) -> None:
        """Make the store that every performance begins with."""
        prepared = self.prepared
        program.open(prepared)
        for step in self.scene.before:
            program.perform(resolved(step, {}, self.before))
            self.before = tuple(program.perform({"do": "all_items"}))
        program.state_of(prepared)  # which closes it
        if self.scene.own:
            self.open(program, self.set_up())
            self.before = tuple(program.perform({"do": "all_items"}))
        if self.scene.is_linked and prepared.exists():  # a queue may lie beside its path
            target = prepared.parents[1] / "behind" / prepared.name
            target.parent.mkdir()
            prepared.replace(target)
            prepared.symlink_to(os.path.relpath(target, prepared.parent))
        self.step = resolved(self.scene.step, {}, self.before)

    def set_up(self) -> Path:
        """Copy the prepared store, and return the path of the copy."""
        number = next(self._performances)
        prepared = self._store_in("prepared")
        store = self._store_in(f"{number}" if self.scene.name == _PLAIN else f"[{number}]")
        if prepared.parent.exists():
            shutil.copytree(prepared.parents[1], store.parents[1], symlinks=True)
        else:
            store.parent.parent.mkdir()
        return store

    def open(self, program: Program, store: Path) -> None:
        """Open a store that was set up, and make the changes that are the program's own."""
        program.open(store)
        for step in self.scene.own:
            program.perform(resolved(step, {}, self.before))
        if self.scene.own:
            time.sleep(SETTLED_S)

    def rehearse(self, program: Program) -> None:
        """Make the call once with nobody watching, so that what a program loads late is loaded."""
        self.open(program, self.set_up())
        program.perform(self.step)

    def recorded(self, program: Program, store: Path) -> Record:
        """Make the call once with nobody watching, and then recorded, on a store that was set up."""
        self.rehearse(program)
        self.open(program, store)
        with attached(program.pid) as record:
            program.perform(self.step)
        return record

    def _store_in(self, name: str) -> Path:
        return self._folder / name / "store" / self.scene.name


def is_one_file(store: Path, program: Program) -> bool:
    """Tell whether the store alone is in its folder, now and after the next change: some begin with one file."""
    if leftovers(store):
        return False
    with suppress(RefusedError):
        program.perform(NEXT)
    return not leftovers(store)


def target_of(store: Path) -> Path:
    """Return what a store is: the target of a link, or its path itself."""
    return store.resolve() if store.is_symlink() else store


def folders_of(store: Path) -> set[Path]:
    """The folders in which something may lie beside a store: its own, and that of the target of a link."""
    return {folder for folder in (store.parent, target_of(store).parent) if folder.exists()}


def leftovers(store: Path) -> tuple[str, ...]:
    """Name the files beside the store, but for a lock's sidecar and what SQLite takes for a part of its database."""
    names = {path.name for folder in folders_of(store) for path in folder.iterdir()}
    return tuple(sorted(names - {store.name, *(f"{store.name}{ending}" for ending in _NO_LEFTOVERS)}))


def linked(store: Path) -> Path:
    """Make a link to a store, in a folder of its own."""
    link = store.parents[1] / "link" / store.name
    link.parent.mkdir()
    link.symlink_to(store)
    return link
