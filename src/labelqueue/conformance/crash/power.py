"""Power cuts: the system calls of a program replayed on a disk that forgets what was not flushed.

Every state that could be on the platter, after every system call, is laid out where it
was and opened: it must hold what was acknowledged by then, and may hold the call that
was in flight.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

from labelqueue.conformance.crash.disk import Disk
from labelqueue.conformance.crash.platters import lay_out, settled
from labelqueue.conformance.crash.program import Program
from labelqueue.conformance.crash.scenes import CORRECTION, NEXT, SCENES, Stage, linked
from labelqueue.conformance.crash.volatile_disk import Platter
from labelqueue.conformance.steps import Step, call_of, resolved
from labelqueue.conformance.tracing.points import MOST_POINTS, some_of
from labelqueue.conformance.tracing.strace import Record, attached
from labelqueue.spec import Call, Interruption, Seen, State

__all__ = ["power_cuts"]

_SCRIPT: Final[tuple[Step, ...]] = (
    SCENES[0].step,
    SCENES[1].step,
    {"do": "mark_done", "request_id": {"$place": 1}},
    {"do": "mark_done", "request_id": {"$place": 0}, "status": "skipped"},
    CORRECTION.step,
    SCENES[2].step,
    NEXT,
)
_FURTHER: Final[tuple[Step, ...]] = (CORRECTION.step, NEXT)
_STORE: Final = Path("live", "stores", "one", "queue.json")  # the first change makes both folders


def power_cuts(
    actor: Program, reader: Program, *, is_linked: bool = False, stage: Stage | None = None
) -> Iterator[Interruption]:
    """Cut the power at every moment of a few calls.

    Args:
        actor: The process that makes the calls.
        reader: Another process, which opens what was on the platter.
        is_linked: Whether the store is opened by the name of a symbolic link in another folder.
        stage: A prepared scene, whose call is then the first of them; else the first creates the store.

    Yields:
        What was found in each state that could be on the platter.

    Raises:
        InconclusiveError: The program writes in a way that the model disk does not know.
    """
    root = Path(tempfile.mkdtemp(prefix="labelqueue-")).resolve()
    try:
        name = store = root / _STORE if stage is None else stage.set_up().resolve()
        live = store.parents[1] if stage is not None else root / _STORE.parts[0]
        live.mkdir(exist_ok=True)
        if is_linked:
            name.parent.mkdir(parents=True)  # a link leads to nothing yet, but to a folder that is there
            name = linked(name)
        disk, rehearsed = Disk(live), Disk(live)
        before, steps = ((), _SCRIPT) if stage is None else (stage.before, (stage.step, *_FURTHER))
        rehearsal = root / "rehearsal" / "queue.json"
        script = _Script(actor, before, steps, name, rehearsal, live)
        answering = frozenset(script.record.answers(actor.answers))
        moments = _moments(rehearsed, script.record, answering)
        rehearsed.check(script.there)
        actor.open(rehearsal)  # it leaves the store alone from here on
        for answers, how, platter in _platters(disk, script.record, answering, moments):
            lay_out(platter, live)
            yield script.cut(answers, f"{how}, by a link" if is_linked else how, reader.state_of(store))
    finally:
        shutil.rmtree(root, ignore_errors=True)


class _Script:
    """A few calls, made and recorded, each followed by a reading."""

    def __init__(
        self, actor: Program, before: tuple[Seen, ...], steps: Sequence[Step], store: Path, rehearsal: Path, live: Path
    ) -> None:
        self._states = [before]
        self._calls: list[Call] = []
        for step in _SCRIPT[:2]:  # what a program loads late is loaded before it is watched
            actor.open(rehearsal)
            actor.perform(step)
        actor.open(store)
        with attached(actor.pid, is_full=True) as self.record:
            for step in steps:
                call = resolved(step, {}, self._states[-1])
                self._calls.append(call_of(call))
                actor.perform(call)
                self._states.append(tuple(actor.perform({"do": "all_items"})))
            self.there = settled(live)

    def cut(self, answers: int, how: str, stored: State) -> Interruption:
        """Say what was found after a cut before which so many answers had been given."""
        acknowledged = (answers + 1) // 2  # every second answer is that of a reading
        is_in_flight = answers % 2 == 0
        allowed = self._states[acknowledged : acknowledged + (2 if is_in_flight else 1)]
        return Interruption(
            kind="power cut",
            how=f"{how} ({acknowledged} calls were acknowledged)",
            call=self._calls[min(acknowledged, len(self._calls) - 1)],
            before=self._states[acknowledged],
            stored=stored,
            allowed=tuple(allowed),
        )


def _moments(disk: Disk, record: Record, answering: Collection[int]) -> set[int]:
    """Name the system calls after which the power goes: each that changes something or answers, some of a long row."""
    rows: list[list[int]] = [[]]
    for number, call in enumerate(record.calls):
        disk.replay(call)
        if disk.is_changed or number in answering:
            rows[-1].append(number)
        if number in answering:
            rows.append([])
    return {number for row in rows for number in some_of(row, MOST_POINTS)}


def _platters(
    disk: Disk, record: Record, answering: Collection[int], moments: Collection[int]
) -> Iterator[tuple[int, str, Platter]]:
    """Every state of the platter at some moments, once, with how many answers had been given by then."""
    answers, last = 0, "the beginning"
    known: set[tuple[int, bytes]] = set()
    numbers: Counter[str] = Counter()
    for number, call in enumerate(record.calls):
        numbers[call.name] += 1
        disk.replay(call)
        answers += number in answering
        if disk.is_changed:
            last = f"{call.name} number {numbers[call.name]}"
        if number not in moments:
            continue
        for how, platter in disk.platters():
            content = repr(sorted(platter.items())).encode("utf-8", "backslashreplace")
            state = answers, sha256(content).digest()
            if state not in known:
                known.add(state)
                yield answers, f"power cut after {last}, {how}", platter
