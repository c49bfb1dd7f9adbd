"""Coming back: what was not flushed may be restored when the power goes, from a log that was."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from labelqueue.conformance.crash.aftermath import attempt
from labelqueue.conformance.crash.disk import Disk
from labelqueue.conformance.crash.platters import lay_out, settled
from labelqueue.conformance.tracing.strace import attached
from labelqueue.spec import InconclusiveError

if TYPE_CHECKING:
    from labelqueue.conformance.crash.program import Program
    from labelqueue.conformance.crash.scenes import Stage

__all__ = ["comes_back"]

_MOST_PLATTERS: Final = 200


def comes_back(stage: Stage, actor: Program, reader: Program, injection: str, thread: int | None) -> bool:
    """Make a call that fails once more, and cut the power behind it.

    Args:
        stage: The prepared scene.
        actor: The process that makes the call.
        reader: Another process, which opens what was on the platter.
        injection: What makes it fail, as for `attached`.
        thread: The only thread to watch, if any, as for `attached`.

    Returns:
        Whether each state that could be on the platter holds what the store held behind the
        call; of very many, those are asked of which the least was flushed.
    """
    store = stage.set_up().resolve()
    live = store.parents[1]
    disk = Disk(live)
    stage.open(actor, store)
    with attached(actor.pid, injection, is_full=True, thread=thread) as record:
        attempt(lambda: actor.perform(stage.step))
    there = settled(live)
    held = reader.state_of(store)
    if not record.injected() or not isinstance(held, tuple):
        return False
    try:
        for call in record.calls:
            disk.replay(call)
        disk.check(there)
    except InconclusiveError:
        return False
    for _, platter in itertools.islice(disk.platters(), _MOST_PLATTERS):
        lay_out(platter, live)
        if reader.state_of(store) != held:
            return False
    return True
