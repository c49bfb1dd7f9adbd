"""The interruption: one call during which something went wrong, and what was found afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from labelqueue.spec.call import Call
from labelqueue.spec.effect import difference, is_effect
from labelqueue.spec.refusal import Refusal
from labelqueue.spec.seen import ABSENT, Seen

__all__ = ["Interruption", "State"]

State = tuple[Seen, ...] | str
"""What was found in a store or in memory: requests, or a clause that says why it could not be read."""


@dataclass(frozen=True, kw_only=True)
class Interruption:
    """One call during which something went wrong.

    Attributes:
        kind: `failure` of a system call, `kill` of the process, or `power cut`.
        how: What went wrong, in words.
        call: The call that was cut off.
        before: What the store held before it.
        cause: The name of the error that was injected, such as `ENOSPC`, or `SIGINT`; empty for others.
        result: What the call returned all the same, or `ABSENT`.
        refusal: The error that it raised, or `None`.
        unflushed: What the call left unflushed, since flushing it failed, or, for a
            power cut, since its server does not flush; `None` for nothing.
        memory: What the same instance said afterwards; `None` where it is gone.
        offered: What `get_pending` of the same instance returned then; `None` where it is gone.
        stored: What another process then read from the store.
        offered_elsewhere: What its `get_pending` returned, with the same cap, or `None`.
        after_retry: What the store held after the same call was made again, where it was.
        next: What the store held after the next change, made by somebody else or,
            where the process lives, by the same instance; `None` where nobody made one.
        next_call: That change.
        marked: What the store held when the same instance had marked the last request behind
            the next change, where it did.
        marking: That call.
        is_ruined: Whether the store could not be read after the next change, though
            that was answered as if all were well.
        stumbled_over: Files of the dead process without which that change could be made.
        mistaken: Files of the dead process without which the store held something else.
        other_bits: The permission bits that the store has after a kill, in octal, and those that it had,
            as a clause; `None` where they are the same, or the store is not a file that others use.
        leftovers: Files beside the store that were not there before and should not
            be, after the failed call or after the next change; `None` where the
            store is not one file.
        allowed: For a power cut, the states that the store may hold, by what was
            acknowledged.
    """

    kind: Literal["failure", "kill", "power cut"]
    how: str
    call: Call
    before: tuple[Seen, ...]
    cause: str = ""
    result: Any = ABSENT
    refusal: Refusal | None = None
    unflushed: str | None = None
    memory: State | None = None
    offered: State | None = None
    stored: State = ()
    offered_elsewhere: State | None = None
    after_retry: State | None = None
    next: State | None = None
    next_call: Call | None = None
    marked: State | None = None
    marking: Call | None = None
    is_ruined: bool = False
    stumbled_over: tuple[str, ...] = ()
    mistaken: tuple[str, ...] = ()
    other_bits: str | None = None
    leftovers: tuple[str, ...] | None = None
    allowed: tuple[tuple[Seen, ...], ...] = ()

    @cached_property
    def is_before(self) -> bool:
        """Whether the store holds what it held before the call."""
        return isinstance(self.stored, tuple) and difference(self.before, self.stored) is None

    @cached_property
    def is_after(self) -> bool:
        """Whether the store holds the whole effect of the call."""
        return isinstance(self.stored, tuple) and is_effect(self.call, self.before, self.stored)

    @cached_property
    def is_next_wrong(self) -> bool:
        """Whether the next change was made, and had another effect than its own."""
        return _is_another_effect(self.next_call, self.stored, self.next)

    @cached_property
    def is_marking_wrong(self) -> bool:
        """Whether the last request was marked behind the next change, with another effect than its own."""
        return _is_another_effect(self.marking, self.next, self.marked)

    def differs_from_both(self) -> str:
        """Say what the store holds, where it does not hold what it must."""
        if isinstance(self.stored, str):
            return f"the store {self.stored}"
        held = difference(self.before, self.stored)
        if held is None:
            return "the store is as before the call"
        return f"the store holds {held}, and not the effect of the call"


def _is_another_effect(call: Call | None, before: State | None, after: State | None) -> bool:
    """Whether a call was made, both states were seen, and they differ by more or less than its effect."""
    if call is None or not isinstance(before, tuple) or not isinstance(after, tuple):
        return False
    return not is_effect(call, before, after)
