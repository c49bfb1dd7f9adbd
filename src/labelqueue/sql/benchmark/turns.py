"""The turns: two or more do the same work call by call, so that all see the same machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

__all__ = ["Figure", "bucket", "medians_in_turns"]

_START: Final = datetime(2026, 1, 1, tzinfo=UTC)
_USERS: Final = 50


class Figure(NamedTuple):
    """One thing that was measured.

    Attributes:
        what: What was done.
        ours_s: How long it took us, in seconds; the median where it was done often.
        other_s: How long it took the other.
        other: Who the other is.
        ours: Which of ours it was, where there are several.
    """

    what: str
    ours_s: float
    other_s: float
    other: str
    ours: str = "ours"

    @property
    def ratio(self) -> float:
        """How many times as long it took us; below 1 we are ahead."""
        return self.ours_s / self.other_s


def medians_in_turns(*callers: Iterable[Callable[[], Any]]) -> list[float]:
    """Call what each of several has to do, in rounds, and return the median time of each in seconds.

    Each round begins with another, so that nobody always comes after the same one.

    Args:
        callers: For each, a call for every round; what it needs may be made right before.
    """
    taken: list[list[float]] = [[] for _ in callers]
    for number, calls in enumerate(zip(*callers, strict=True)):
        places = list(range(len(calls)))
        first = number % len(calls)
        for place in places[first:] + places[:first]:
            begun = time.perf_counter()
            calls[place]()
            taken[place].append(time.perf_counter() - begun)
    return [statistics.median(times) for times in taken]


def bucket(number: int) -> dict[str, Any]:
    """Return the bucket of a number: fifty users, and a thousand confidences that follow no order."""
    start = _START + timedelta(minutes=number)
    return {
        "user_id": f"user {number % _USERS}",
        "bucket_start_ts": start,
        "bucket_end_ts": start + timedelta(minutes=1),
        "confidence": number * 7919 % 1000 / 1000,
        "predicted_label": "coding",
    }
