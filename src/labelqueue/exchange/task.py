"""The task: what another tool gets of a request, and the answer that comes back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from labelqueue.contract import DoneStatus
    from labelqueue.request import LabelRequest

__all__ = ["Answer", "objects_in", "question", "values_of"]

_CARRIED = ("request_id", "user_id", "bucket_start_ts", "bucket_end_ts", "reason", "confidence", "predicted_label")


class Answer(NamedTuple):
    """What a tool says about one task.

    Attributes:
        request_id: The id that the task carries, or `None` when it carries none.
        status: `None` as long as nobody has answered.
        label: The label that was given, where the tool says it.
    """

    request_id: str | None
    status: DoneStatus | None
    label: str | None


def values_of(request: LabelRequest) -> dict[str, Any]:
    """Return what a task carries of its request, as JSON can say it."""
    values = request.model_dump(mode="json")
    return {name: values[name] for name in _CARRIED}


def question(request: LabelRequest) -> str:
    """Write the text that the human reads in the tool.

    Examples:
        >>> from labelqueue import LabelRequest
        >>> question(LabelRequest(
        ...     request_id="8404cad7-47d4-4b22-b364-a726a3573615", user_id="ada", reason="drift",
        ...     bucket_start_ts="2026-01-15T09:00Z", bucket_end_ts="2026-01-15T09:15Z",
        ...     created_at="2026-01-15T12:00Z"))
        'ada, 2026-01-15 09:00:00 to 2026-01-15 09:15:00 UTC'
    """
    start, end = (f"{ts:%Y-%m-%d %H:%M:%S}" for ts in (request.bucket_start_ts, request.bucket_end_ts))
    return f"{request.user_id}, {start} to {end} UTC"


def objects_in(text: str) -> list[dict[str, Any]]:
    """Read a JSON array of objects.

    Raises:
        ValueError: It is none; the message is a clause that continues the file's name.
    """
    try:
        items = json.loads(text)
    except ValueError as error:
        raise ValueError(f"is not JSON: {error}") from error
    if not isinstance(items, list):
        raise ValueError("is not a JSON array of tasks")  # noqa: TRY004 - one kind for the caller
    for place, item in enumerate(items):
        if not isinstance(item, dict):
            raise ValueError(f"item {place} is not a JSON object")  # noqa: TRY004 - as above
    return items
