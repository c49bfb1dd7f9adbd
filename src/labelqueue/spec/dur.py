"""Nothing acknowledged is lost: what a failed write, a kill and a power cut leave behind.

A call has one moment at which it takes effect.  Before it, the store holds the old
state, after it the new one, and there is no third:

```text
        the caller waits …                          the caller knows
  call ────┬──────────────┬───────────────┬─────────────▶ answer
           │ old state    │ takes effect  │ new state, and flushed
           ▼              ▼               ▼
        a kill or a failed write leaves the old state … or the new one, whole
```

Three things can go wrong on the way.  A *system call fails*: then the caller must
learn the real cause, and memory must not be ahead of the store.  The *process dies*:
then whoever comes next must find a whole state, and not stumble over what the dead
one left.  The *power goes*: then everything that was not flushed may be gone, in any
order.  A kill cannot show a missing flush, because the operating system keeps what a
dead process wrote; only a model of the disk can.

Where the store is on a server, the first of them is a connection that is cut, before
the change or after it.  Nobody sees the server's disk from outside: what the server
itself says of how it commits stands for the third.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from typing import Final

from labelqueue.errors import shown
from labelqueue.spec.effect import difference, is_effect
from labelqueue.spec.interruption import Interruption
from labelqueue.spec.requirement import requirement
from labelqueue.spec.seen import Seen

__all__ = [
    "acknowledged_survives_a_power_cut",
    "dead_processes_leave_a_whole_state",
    "failed_calls_leave_no_temporary",
    "failed_writes_change_nothing",
]

_CHANGING: Final = ("enqueue_low_confidence", "enqueue_drift", "mark_done")
# A library may say it in words of its own, such as "database or disk is full".
_TELLS_A_CAUSE: Final = re.compile(
    r"errno|os error|i/o|input|disk|device|drive|space|full|quota|large|big|limit|permi|denied|allow|access|read-?\s?only|"
    r"interrupt|signal|unable to|cannot|can't|could not (open|create|write|flush|sync|rename|replace|remove|make)",
    re.IGNORECASE,
)
_TELLS_OF_A_CONNECTION: Final = re.compile(r"connect|socket|network|server", re.IGNORECASE)
_NAMES: Final = {name for name in errno.errorcode.values() if not name.startswith("EWOULD")}


@requirement(
    "DUR-1",
    profile="durable",
    source="decided",
    on=_CHANGING,
    sees=Interruption,
    when=lambda seen: seen.kind == "failure",
)
def failed_writes_change_nothing(seen: Interruption) -> Iterator[str]:
    """A call whose write fails MUST raise the real cause; the queue in memory and the store MUST be as before the call, and the same call may be tried again with full effect; where the failure comes after the change took effect, the change MUST stand in both and the error MUST say that it may have; memory and store MUST NOT disagree.

    A full disk is not rare.  Usual mistakes: the change is made in memory first and
    stays there, or is written with the next one, the clean-up raises and hides the cause, a write that wrote less
    than it was given is taken for a whole one, and the call returns as if all were
    well.  So it does when flushing failed and the error was passed over, or when the
    whole call is made once more and finds its own rows there.  A program that ends
    over it raises nothing.
    """
    if seen.refusal is None:
        if not seen.is_after:
            yield f"{seen.how}: {seen.call.do} returned {shown(seen.result)} as if all were well, but {seen.differs_from_both()}"
        elif seen.unflushed is not None:
            yield f"{seen.how}: {seen.call.do} returned {shown(seen.result)} as if all were well, but {seen.unflushed} was never flushed"
        elif wrong := _wrong_answer(seen):
            yield f"{seen.how}: {wrong}"
    elif not seen.is_before and not seen.is_after:
        yield f"{seen.how}: {seen.differs_from_both()}"
    elif seen.refusal.kind == "no_answer":
        yield f"{seen.how}: {seen.call.do} {seen.refusal.message}"
    elif masked := _masked(seen):
        yield f"{seen.how}: the error hides the cause: {seen.call.do} {masked}"
    elif seen.is_after and not seen.is_before and not seen.refusal.says_that_it_may_stand:
        yield f"{seen.how}: the change stands, and the error does not say that it may: {seen.call.do} {seen.refusal.message}"
    yield from _disagreement(seen)
    yield from _wrong_retry(seen)
    yield from _wrong_next(seen)


def _wrong_answer(seen: Interruption) -> str | None:
    """Tell what a call answered that took effect and raised no error, where it is not what the effect gives."""
    assert isinstance(seen.stored, tuple)
    if seen.call.do == "mark_done":
        marked = next((request for request in seen.stored if request.request_id == seen.call.request_id), None)
        if marked is None or (isinstance(seen.result, Seen) and not seen.result.differs_from(marked)):
            return None
        return f"mark_done returned {shown(seen.result)}, and the store holds the request marked"
    added = len(seen.stored) - len(seen.before)
    return None if seen.result == added else f"{seen.call.do} returned {shown(seen.result)}, and added {added}"


def _masked(seen: Interruption) -> str | None:
    """Tell the error where it blames the caller, or names another cause than the real one."""
    assert seen.refusal is not None
    message = seen.refusal.message
    real = getattr(errno, seen.cause, None)
    if seen.refusal.kind == "invalid_input":
        return message
    if real is None or seen.cause in message or os.strerror(real).lower() in message.lower():
        return None
    named = {
        name for name in _NAMES if re.search(rf"\b{name}\b|{re.escape(os.strerror(getattr(errno, name)))}", message)
    }
    is_told = _TELLS_A_CAUSE.search(message) or (seen.cause == "ECONNRESET" and _TELLS_OF_A_CONNECTION.search(message))
    return message if named or not is_told else None


def _disagreement(seen: Interruption) -> Iterator[str]:
    """Tell where memory and store differ: in what they hold, or only in what is offered by them."""
    if isinstance(seen.memory, str):
        yield f"{seen.how}: afterwards the same instance {seen.memory}"
    elif seen.memory is not None and isinstance(seen.stored, tuple) and (other := difference(seen.stored, seen.memory)):
        yield f"{seen.how}: memory and store disagree: memory holds {other}"
    elif isinstance(seen.offered, str):
        yield f"{seen.how}: afterwards the same instance {seen.offered}"
    elif (
        seen.offered is not None
        and isinstance(seen.offered_elsewhere, tuple)
        and (other := difference(seen.offered_elsewhere, seen.offered))
    ):
        yield f"{seen.how}: memory and store disagree: get_pending of the same instance returns {other}"


def _wrong_retry(seen: Interruption) -> Iterator[str]:
    if isinstance(seen.after_retry, str):
        yield f"{seen.how}: tried again, the store {seen.after_retry}"
    elif seen.after_retry is not None and not is_effect(seen.call, seen.before, seen.after_retry):
        yield f"{seen.how}: tried again, the call had not its full effect: the store holds {len(seen.after_retry)} requests"


def _wrong_next(seen: Interruption) -> Iterator[str]:
    if isinstance(seen.next, str):
        yield f"{seen.how}: at the next change the store {seen.next}"
    elif seen.next is not None and seen.is_next_wrong:
        yield f"{seen.how}: the next change had another effect than its own: the store holds {len(seen.next)} requests"
    elif isinstance(seen.marked, str):
        yield f"{seen.how}: when the last request was marked behind the next change the store {seen.marked}"
    elif seen.is_marking_wrong:
        yield f"{seen.how}: marking the last request behind the next change had another effect than its own"


@requirement(
    "DUR-2",
    profile="durable",
    source="decided",
    on=_CHANGING,
    sees=Interruption,
    when=lambda seen: seen.kind == "failure" and seen.leftovers is not None,
)
def failed_calls_leave_no_temporary(seen: Interruption) -> Iterator[str]:
    """A failed call MUST NOT leave a temporary file behind (checked where the store is one file; a lock's sidecar, the file's name with `.lock`, MAY stay).

    A disk that is full stays full when every try leaves another copy of the queue.
    """
    if seen.leftovers:
        yield f"{seen.how}: {seen.call.do} left {', '.join(seen.leftovers)} behind"


@requirement(
    "DUR-3", profile="durable", source="decided", on=_CHANGING, sees=Interruption, when=lambda seen: seen.kind == "kill"
)
def dead_processes_leave_a_whole_state(seen: Interruption) -> Iterator[str]:
    """A process killed at any moment MUST leave the store as it was before or after the call that it was in, whole, with every acknowledged call; a temporary file that it left MUST be cleaned up by a later writer and MUST NOT be mistaken for data.

    Whoever deploys a new version kills the old one in the middle of something.  Of a
    file that others use, the permission bits belong to the state: those that are given
    to the new file when it is in its place are lost when the process dies before.
    """
    if not seen.is_before and not seen.is_after:
        yield f"{seen.how}: {seen.differs_from_both()}"
        return
    if seen.other_bits is not None:
        yield f"{seen.how}: the store has {seen.other_bits}"
    if seen.mistaken:
        yield f"{seen.how}: {', '.join(seen.mistaken)} was mistaken for data"
    if seen.is_ruined:
        yield f"{seen.how}: after the next change of another process the store {seen.next}"
    if seen.stumbled_over:
        yield f"{seen.how}: the next change of another process stumbled over {', '.join(seen.stumbled_over)}"
    if isinstance(seen.next, tuple) and isinstance(seen.stored, tuple) and seen.next_call is not None:
        if seen.is_next_wrong:
            yield f"{seen.how}: the next change of another process had not its full effect"
        elif isinstance(seen.marked, str) or seen.is_marking_wrong:
            yield f"{seen.how}: marking the last request behind the next change had not its full effect"
        if seen.leftovers:
            yield f"{seen.how}: after the next change {', '.join(seen.leftovers)} is still there"


@requirement(
    "DUR-4",
    profile="durable",
    source="decided",
    on=_CHANGING,
    sees=Interruption,
    when=lambda seen: seen.kind == "power cut" or _is_acknowledged_unflushed(seen),
)
def acknowledged_survives_a_power_cut(seen: Interruption) -> Iterator[str]:
    """Acknowledged changes MUST survive a power cut: content is flushed before it replaces the old, and the replacement is flushed too.

    A rename without a flush of the content before it leaves an empty file; without
    a flush of the folder after it, the old one.  Neither can be seen by killing a
    process.  Of a file that is only added to, the folder is flushed before the first
    line, or by every change: whoever makes the file may die before it flushes the name.
    A folder has its name in the one above it: where the first change makes folders, it
    flushes those above them, too, or the store may go with them.
    Who passes over a flush that failed acknowledges what is on no disk.
    """
    if _is_acknowledged_unflushed(seen):
        yield f"{seen.how}: {seen.call.do} was acknowledged, and {seen.unflushed} was never flushed"
        return
    if seen.unflushed is not None:
        yield f"{seen.how}: {seen.unflushed}"
    if isinstance(seen.stored, str):
        yield f"{seen.how}: the store {seen.stored}"
    elif all(difference(state, seen.stored) is not None for state in seen.allowed):
        yield f"{seen.how}: the store holds {difference(seen.allowed[0], seen.stored)}"


def _is_acknowledged_unflushed(seen: Interruption) -> bool:
    return seen.kind == "failure" and seen.refusal is None and seen.unflushed is not None
