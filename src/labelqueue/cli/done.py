"""The command `labelqueue done`: the bucket of a request was labeled."""

from __future__ import annotations

from labelqueue.cli.marking import IdArgument, mark
from labelqueue.cli.queue_argument import JsonOption, QueueArgument

__all__ = ["done"]


def done(queue: QueueArgument, request_id: IdArgument, *, as_json: JsonOption = False) -> None:
    """Mark a request as labeled."""
    mark(queue, request_id, "labeled", as_json=as_json)
