"""The command `labelqueue skip`: the human will not label the bucket of a request."""

from __future__ import annotations

from labelqueue.cli.marking import IdArgument, mark
from labelqueue.cli.queue_argument import JsonOption, QueueArgument

__all__ = ["skip"]


def skip(queue: QueueArgument, request_id: IdArgument, *, as_json: JsonOption = False) -> None:
    """Mark a request as skipped."""
    mark(queue, request_id, "skipped", as_json=as_json)
