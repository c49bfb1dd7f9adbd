"""Many changes in turn: one client changes a store so often that it may be tidied up, another only looks now and then.

Who appends every change has to make the store anew now and then; whoever reads on from
where it stopped must notice.
"""

from __future__ import annotations

from itertools import cycle, islice
from typing import TYPE_CHECKING, Final

from labelqueue.conformance.crash.scenes import FILLED, NEXT
from labelqueue.conformance.overlap.clients import made
from labelqueue.conformance.overlap.pairs import MANY, PREPARED
from labelqueue.spec import History, Seen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from labelqueue.conformance.crash.program import Program
    from labelqueue.conformance.steps import Step
    from labelqueue.spec import Event

__all__ = ["many_changes"]

_MANY: Final = 256  # and who counts changes in one byte begins anew
_ALL: Final[Step] = {"do": "all_items"}
_ASK: Final[Step] = {"do": "get_pending"}
_ASK_OF_ONE: Final[Step] = {**_ASK, "user_id": NEXT["buckets"][0]["user_id"]}


def many_changes(first: Program, second: Program, reader: Program, store: Path, now: datetime) -> History:
    """Let two processes change a store in turn, one of them very often.

    Args:
        first: The one that changes it often.
        second: The one that looks before and afterwards.
        reader: Another, which reads what is there in the end.
        store: Where nothing is yet.
        now: What their clocks say.
    """
    for program in (first, second):
        program.open(store, 20)
    events = tuple(_events(first, second))
    return History(f"{_MANY} changes in turn", events, reader.state_of(store), now, 20)


def _events(first: Program, second: Program) -> Iterator[Event]:
    for step in PREPARED:
        yield made("A", first.perform, step)
    seen = made("B", second.perform, _ALL)
    yield seen
    ids = _ids_in(seen)
    marks = [(request_id, status) for status in ("skipped", "labeled") for request_id in ids]
    # An odd number of them, so that the last ones differ from those long ago.
    for request_id, status in islice(cycle(marks[1:]), _MANY):
        yield made("A", first.perform, {"do": "mark_done", "request_id": request_id, "status": status})
    # In the end a request that is done is put right, which changes no number.
    correction: Step = {"do": "mark_done", "request_id": ids[0] if ids else "", "status": "skipped"}
    for name, perform, step in (
        ("B", second.perform, _ALL),
        ("A", first.perform, {**correction, "status": "labeled"}),
        ("B", second.perform, _ALL),
        ("A", first.perform, correction),
        ("B", second.perform, _ALL),
        ("A", first.perform, _ASK_OF_ONE),
        ("B", second.perform, NEXT),
        ("A", first.perform, _ASK),
        ("A", first.perform, _ASK_OF_ONE),
        ("A", first.perform, _ALL),
        ("B", second.perform, _ASK),
        # Who remembers which ids there are has now asked for them.
        ("B", second.perform, {"do": "mark_done", "request_id": "none of them"}),
        ("A", first.perform, FILLED[0]),
    ):
        yield made(name, perform, step)
    last = made("A", first.perform, _ALL)
    yield last
    ids = _ids_in(last)
    yield made("B", second.perform, {"do": "mark_done", "request_id": ids[-1] if ids else ""})
    # What changes at the end of a store that has grown large is as long as it was.
    yield made("A", first.perform, MANY)
    seen = made("B", second.perform, _ALL)
    yield seen
    for request_id in _ids_in(seen)[-1:]:
        yield made("A", first.perform, {"do": "mark_done", "request_id": request_id})
    yield made("B", second.perform, _ALL)


def _ids_in(event: Event) -> list[str]:
    return [request.request_id for request in event.result or () if isinstance(request, Seen)]
