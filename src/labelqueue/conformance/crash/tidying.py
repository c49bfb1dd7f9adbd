"""Tidying up: the change behind which a store is made anew, as a journal is that has grown.

Whoever appends every change does something else now and then, where other mistakes
can be made.  Nobody says when; so one change after another is watched, until one
makes system calls that those before did not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from labelqueue.conformance.crash.scenes import GROWN, Scene, Stage
from labelqueue.conformance.steps import Step, resolved
from labelqueue.conformance.tracing.strace import attached

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from labelqueue.conformance.crash.program import Program
    from labelqueue.conformance.tracing.system_calls import SystemCall

__all__ = ["tidying_scene"]

_MARKS: Final[tuple[Step, ...]] = tuple(
    {"do": "mark_done", "request_id": {"$place": place}, "status": status}
    for _ in range(36)
    for status in ("labeled", "skipped")
    for place in range(2)
)
"""So many that who tidies up at the hundredth change, or at the 128th, does so."""


def tidying_scene(program: Program, before: Sequence[Step] = GROWN) -> Scene | None:
    """Find the first of many changes that does something else on the disk than those before.

    Args:
        program: A process that makes the changes.
        before: The changes that come first, and make two requests or more.

    Returns:
        The changes before and that one; `None` where all are alike.
    """
    with Stage(Scene((), before[0])) as stage:
        store = stage.set_up()
        program.open(store)
        for step in before:
            program.perform(step)
        there = tuple(program.perform({"do": "all_items"}))
        with attached(program.pid) as record:
            for step in _MARKS:
                program.perform(resolved(step, {}, there))
        kinds = _kinds(record.calls, store)
    # The first may do what the first one alone has to.
    usual = kinds[1] if len(kinds) > 1 else frozenset()
    place = next((place for place, kind in enumerate(kinds) if place > 1 and not kind <= usual | kinds[0]), None)
    return None if place is None else Scene((*before, *_MARKS[:place]), _MARKS[place], is_interrupted=False)


def _kinds(calls: Sequence[SystemCall], store: Path) -> list[frozenset[tuple[str, bool]]]:
    """What each change did, in turn: the names of its system calls, and whether each was about the store itself."""
    found: list[frozenset[tuple[str, bool]]] = []
    since: set[tuple[str, bool]] = set()
    for call in calls:
        if call.begins_answer:
            found.append(frozenset(since))
            since.clear()
        elif call.changes and str(store.parent) in call.arguments:
            since.add((call.name, f"{store}>" in call.arguments or f'{store}"' in call.arguments))
    return found
