"""The effect of a call: what the store may hold when the call took effect, whoever gave the ids.

Ids and the moment of making are the implementation's own, so that the state after
an enqueueing call cannot be foretold to the letter; whether a state is *an* effect
of the call can be told all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from labelqueue.spec.call import Call
from labelqueue.spec.enq import wrong_values
from labelqueue.spec.observation import Observation
from labelqueue.spec.seen import Seen

__all__ = ["difference", "is_effect"]

_ANY_MOMENT: Final = datetime(2026, 1, 1, tzinfo=UTC)


def difference(expected: Sequence[Seen], got: Sequence[Seen]) -> str | None:
    """Say how two states differ, or `None` where they are the same to the bit."""
    if len(expected) != len(got):
        return f"{len(got)} requests instead of {len(expected)}"
    for place, (one, other) in enumerate(zip(expected, got, strict=True)):
        changed = other.differs_from(one)
        if changed:
            return f"request {place}: {changed[0]} {other.value(changed[0])!s} instead of {one.value(changed[0])!s}"
    return None


def is_effect(call: Call, before: Sequence[Seen], state: Sequence[Seen]) -> bool:
    """Tell whether a state is what the call leaves behind once it took effect.

    Args:
        call: A valid call.
        before: The state before it.
        state: The state to look at.
    """
    if call.do == "mark_done":
        status = call.status_in_force
        return len(state) == len(before) and all(
            not new.differs_from(old, but=("status",) if old.request_id == call.request_id else ())
            and (old.request_id != call.request_id or new.status == status)
            for old, new in zip(before, state, strict=True)
        )
    if call.do not in ("enqueue_low_confidence", "enqueue_drift"):
        return difference(before, state) is None
    seen = Observation(
        call=call,
        now=_ANY_MOMENT,
        until=_ANY_MOMENT,
        max_asks_per_day=None,
        before=tuple(before),
        after=tuple(state),
    )
    reason = "drift" if call.do == "enqueue_drift" else "low_confidence"
    added = state[len(before) :]
    return (
        difference(before, state[: len(before)]) is None
        and len(added) == len(seen.expected)
        and not any(
            problem
            for bucket, request in zip(seen.expected, added, strict=True)
            for problem in wrong_values(bucket, request, reason)
        )
    )
