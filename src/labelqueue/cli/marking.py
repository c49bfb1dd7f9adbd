"""Marking: what the commands `done` and `skip` share.

The beginning of an id is enough where no other id begins the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from labelqueue.cli.queue_argument import named, opened
from labelqueue.cli.request_text import heading, length_of_short_ids
from labelqueue.cli.screen import USAGE, console, errors_in_one_line, fail, say_json
from labelqueue.contract import DEFAULT_LABEL_MAX_ASKS_PER_DAY, DoneStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labelqueue.request import LabelRequest

__all__ = ["NOT_THERE", "IdArgument", "mark"]

NOT_THERE = 1
_MOST_IDS_NAMED = 5

IdArgument = Annotated[
    str,
    typer.Argument(metavar="ID", help="The request's id, or enough of its beginning.", show_default=False),
]


def mark(queue: str, beginning: str, status: DoneStatus, *, as_json: bool) -> None:
    """Mark the one request whose id begins so, and say what it was before."""
    with errors_in_one_line():
        # Marking works beyond the cap (CAP-8), so whichever it is does not matter.
        instance = opened(queue, DEFAULT_LABEL_MAX_ASKS_PER_DAY)
        before = _the_one(instance.all_items, beginning, named(queue))
        after = instance.mark_done(before.request_id, status)
        if after is None:
            _refuse_unknown(beginning, named(queue))
    # An error from here on is one of the output, and the mark stands.
    if as_json:
        say_json({"request": after.model_dump(mode="json"), "was": before.status})
    elif before.status == status:
        console().print(f"{heading(after)}: was {status} already")
    else:
        console().print(f"{heading(after)}: {before.status} -> {status}")


def _the_one(requests: Sequence[LabelRequest], beginning: str, queue: str) -> LabelRequest:
    found = [request for request in requests if beginning and request.request_id.startswith(beginning)]
    exact = [request for request in found if request.request_id == beginning]
    if not found:
        _refuse_unknown(beginning, queue)
    if len(exact or found) > 1:
        _refuse_ambiguous(beginning, [request.request_id for request in found], queue)
    return (exact or found)[0]


def _refuse_ambiguous(beginning: str, ids: Sequence[str], queue: str) -> NoReturn:
    length = length_of_short_ids(ids)
    names = [each[:length] for each in ids[:_MOST_IDS_NAMED]]
    if len(ids) > _MOST_IDS_NAMED:
        names.append(f"{len(ids) - _MOST_IDS_NAMED} more")
    fail(f"{queue}: {len(ids)} ids begin with {beginning}: {', '.join(names)}; write more of it", USAGE)


def _refuse_unknown(beginning: str, queue: str) -> NoReturn:
    fail(f"{queue}: no request has an id that begins with {beginning!r}; nothing was changed", NOT_THERE)
