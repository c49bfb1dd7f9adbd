"""The aftermath: what a call left behind during which something failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labelqueue.conformance.crash.program import Program
from labelqueue.conformance.crash.scenes import NEXT, Stage, leftovers
from labelqueue.conformance.steps import Step, call_of
from labelqueue.conformance.subjects.subject import BrokenError, RefusedError
from labelqueue.spec import ABSENT, Interruption

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from labelqueue.spec.interruption import State

__all__ = ["afterwards", "attempt", "marking_of", "next_change"]


def attempt(call: Callable[[], Any]) -> dict[str, Any]:
    """Make a call, and return its result or its refusal, by name."""
    try:
        return {"result": call()}
    except (RefusedError, BrokenError) as error:
        return {"refusal": error.refusal}


def afterwards(  # noqa: PLR0913 - named at its calls
    stage: Stage,
    actor: Program,
    reader: Program,
    store: Path,
    how: str,
    cause: str,
    outcome: dict[str, Any],
    *,
    then: Step,
    is_alone: bool,
) -> Interruption:
    """Look at what a call left behind during which something failed, and make the next one.

    Args:
        stage: The scene.
        actor: The process that made the call.
        reader: Another process, which reads the store.
        store: The store.
        how: What failed, in words.
        cause: The name of the error.
        outcome: What `attempt` returned.
        then: The call that the same instance makes next.
        is_alone: Whether nothing but the store should be in its folder.
    """
    found = leftovers(store) if is_alone else None
    memory = actor.state() if actor.is_alive else None
    offered = actor.offer() if actor.is_alive else None
    stored = reader.state_of(store)
    offered_elsewhere = reader.offer_of(store)
    if found is not None:
        # A journal from which the next reader restored the store was no rubbish; it is gone now.
        found = tuple(name for name in found if name in leftovers(store))
    is_retry = then is stage.step
    state = _changed(actor, reader, store, then) if actor.is_alive else None
    # What a failed call left in a table of places shows up at what is added behind it.
    marking = None if is_retry else marking_of(state)
    return Interruption(
        kind="failure",
        how=how,
        call=stage.call,
        before=stage.before,
        cause=cause,
        result=outcome.get("result", ABSENT),
        refusal=outcome.get("refusal"),
        memory=memory,
        offered=offered,
        stored=stored,
        offered_elsewhere=offered_elsewhere,
        after_retry=state if is_retry else None,
        next=None if is_retry else state,
        next_call=None if is_retry else call_of(then),
        marked=None if marking is None else _changed(actor, reader, store, marking),
        marking=None if marking is None else call_of(marking),
        leftovers=found,
    )


def marking_of(state: State | None) -> Step | None:
    """The mark of the last request, or `None` where there is none, or nothing could be read."""
    if not isinstance(state, tuple) or not state:
        return None
    return {"do": "mark_done", "request_id": state[-1].request_id, "status": "skipped"}


def next_change(witness: Program, store: Path, step: Step = NEXT, *, is_open: bool = False) -> tuple[bool, State]:
    """Make the next change by another process than the one that was interrupted.

    Args:
        witness: The other process.
        store: The store.
        step: The change.
        is_open: Whether it has the store open already.

    Returns:
        Whether the change was refused, and what the store holds then, or a clause where it did not work.
    """

    def change() -> None:
        if not is_open:
            witness.open(store)
        witness.perform(step)

    refusal = attempt(change).get("refusal")
    return (False, witness.state_of(store)) if refusal is None else (True, refusal.message)


def _changed(actor: Program, reader: Program, store: Path, step: Step) -> State:
    """Make a change, and return what the store holds then, or a clause where that does not work."""
    refusal = attempt(lambda: actor.perform(step)).get("refusal")
    return reader.state_of(store) if refusal is None else f"was not changed: the call {refusal.message}"
