"""A request in words: what people read of it in the terminal."""

from __future__ import annotations

from itertools import pairwise
from os.path import commonprefix
from typing import TYPE_CHECKING

from labelqueue.cli.screen import visible

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from labelqueue.request import LabelRequest

__all__ = ["confidence", "heading", "length_of_short_ids", "predicted", "when", "why"]

_SHORTEST_ID = 8


def when(request: LabelRequest) -> str:
    """Write the span of the bucket, in UTC.

    Examples:
        >>> from labelqueue import LabelRequest
        >>> when(LabelRequest(
        ...     request_id="8404cad7-47d4-4b22-b364-a726a3573615", user_id="ada", reason="drift",
        ...     bucket_start_ts="2026-01-15T09:00Z", bucket_end_ts="2026-01-15T09:15Z",
        ...     created_at="2026-01-15T12:00Z"))
        '2026-01-15 09:00-09:15'
    """
    start, end = request.bucket_start_ts, request.bucket_end_ts
    day = "" if start.date() == end.date() else f"{end.date()} "
    return f"{start.date()} {_time_of_day(start)}-{day}{_time_of_day(end)}"


def why(request: LabelRequest) -> str:
    """Write the reason."""
    return request.reason.replace("_", " ")


def predicted(request: LabelRequest) -> str:
    """Write the predicted label, or a hyphen where there is none."""
    return "-" if request.predicted_label is None else visible(request.predicted_label)


def confidence(request: LabelRequest) -> str:
    """Write the confidence to three digits, or a hyphen where it is unknown."""
    return "-" if request.confidence is None else format(request.confidence, ".3g")


def heading(request: LabelRequest) -> str:
    """Write whose bucket it is and when."""
    return f"{visible(request.user_id)}, {when(request)} UTC"


def length_of_short_ids(ids: Iterable[str]) -> int:
    """Return how many characters tell every id from all others, 8 or more.

    Examples:
        >>> length_of_short_ids(["8404cad7-47d4", "8404cad7-4666"])
        11
    """
    # Characters are what is meant here, and not the parts of a path.
    return max([_SHORTEST_ID, *(len(commonprefix(pair)) + 1 for pair in pairwise(sorted(ids)))])  # noqa: RUF071


def _time_of_day(moment: datetime) -> str:
    if moment.microsecond:
        return f"{moment:%H:%M:%S.%f}"
    return f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"
