"""Mutants of IN that let bad arguments in: threshold, limit, cap, status."""

from __future__ import annotations

import math
import numbers
import re
import sys
from pathlib import Path
from typing import Any

from labelqueue.conformance.models.input import InputQueue
from labelqueue.conformance.mutants.mutant import mutant


@mutant("IN-6")
class NanIsAThreshold(InputQueue):
    """Under NaN nothing is below the threshold, and nobody notices."""

    def judge_threshold(self, threshold: object) -> None:
        if not (isinstance(threshold, float) and math.isnan(threshold)):
            super().judge_threshold(threshold)


@mutant("IN-6")
class InfinityIsAThreshold(InputQueue):
    """Under infinity everything is below the threshold."""

    def judge_threshold(self, threshold: object) -> None:
        if threshold not in (math.inf, -math.inf):
            super().judge_threshold(threshold)


@mutant("IN-6")
class FloatsOfALibraryAreFinite(InputQueue):
    """Whether a threshold is finite is asked of the language's own numbers alone."""

    def judge_threshold(self, threshold: object) -> None:
        if isinstance(threshold, int | float) or not isinstance(threshold, numbers.Real):
            super().judge_threshold(threshold)


@mutant("IN-6")
class BoolIsAThreshold(InputQueue):
    """A bool is taken for 0 or 1."""

    def judge_threshold(self, threshold: object) -> None:
        if not isinstance(threshold, bool):
            super().judge_threshold(threshold)


@mutant("IN-6")
class BoolOfALibraryIsAThreshold(InputQueue):
    """A bool is known by its class, and that of a library is another."""

    def judge_threshold(self, threshold: object) -> None:
        if isinstance(threshold, bool) or type(threshold).__name__ not in ("bool", "bool_"):
            super().judge_threshold(threshold)


@mutant("IN-6")
class ThresholdOverRowsAlone(InputQueue):
    """Over an empty frame the threshold is not looked at."""

    def enqueue_low_confidence(self, predictions_df: Any, threshold: Any = 0.55) -> int:
        return super().enqueue_low_confidence(predictions_df, threshold) if self.rows(predictions_df) else 0


@mutant("IN-8")
class NegativeLimitSlices(InputQueue):
    """A negative limit cuts from the end of everything that waits."""

    def judge_limit(self, limit: Any) -> None:
        if not (isinstance(limit, int) and limit < 0):
            super().judge_limit(limit)

    def cut(self, requests: list[Any], limit: int | None) -> list[Any]:
        return requests[:limit] if limit is not None and limit < 0 else super().cut(requests, limit)


@mutant("IN-8")
class BoolIsALimit(InputQueue):
    """A bool is taken for 0 or 1."""

    def judge_limit(self, limit: Any) -> None:
        if not isinstance(limit, bool):
            super().judge_limit(limit)


@mutant("IN-8")
class LimitIsCutToAnInteger(InputQueue):
    """A float or a text that reads as a number is taken for the integer in it."""

    def get_pending(self, user_id: str | None = None, limit: Any = None) -> list[Any]:
        return super().get_pending(user_id, int(float(limit)) if isinstance(limit, float | str) else limit)


@mutant("IN-8")
class OnlyPlainIntegers(InputQueue):
    """An integer that a library made is refused."""

    def judge_limit(self, limit: Any) -> None:
        super().judge_limit(limit if limit is None or type(limit) is int else -1)


@mutant("IN-9")
class AnyCap(InputQueue):
    """The cap is not looked at when the queue is opened."""

    def judge_cap(self, cap: object) -> None:
        pass


@mutant("IN-9")
class BoolIsACap(InputQueue):
    """A bool is taken for 0 or 1."""

    def judge_cap(self, cap: object) -> None:
        if not isinstance(cap, bool):
            super().judge_cap(cap)


@mutant("IN-9")
class NoneIsNoCap(InputQueue):
    """A cap of None is none at all."""

    def __init__(self, queue_path: Path | None, max_asks_per_day: Any = 20) -> None:
        super().__init__(queue_path, sys.maxsize if max_asks_per_day is None else max_asks_per_day)


@mutant("IN-9")
class InfiniteIsACap(InputQueue):
    """Whoever wants no cap hands in an infinite one."""

    def __init__(self, queue_path: Path | None, max_asks_per_day: Any = 20) -> None:
        super().__init__(queue_path, sys.maxsize if max_asks_per_day == math.inf else max_asks_per_day)


@mutant("IN-9")
class CapIsJudgedWhenAsking(InputQueue):
    """A bad cap shows only when somebody asks."""

    def judge_cap(self, cap: object) -> None:
        self.given = cap

    def get_pending(self, user_id: str | None = None, limit: Any = None) -> list[Any]:
        super().judge_cap(self.given)
        return super().get_pending(user_id, limit)


@mutant("IN-10")
class AnyStatus(InputQueue):
    """Any status is stored."""

    def judge_status(self, status: object) -> None:
        pass


@mutant("IN-10")
class StatusUpToTheEndOfTheLine(InputQueue):
    """A status is matched up to `$`, which stands before the last end of a line as well."""

    def judge_status(self, status: object) -> None:
        if not (isinstance(status, str) and re.match("(labeled|skipped)$", status)):
            super().judge_status(status)


@mutant("IN-10")
class PendingAgain(InputQueue):
    """A request may be opened again."""

    def judge_status(self, status: object) -> None:
        if status != "pending":
            super().judge_status(status)


@mutant("IN-10")
class StatusAfterTheId(InputQueue):
    """For an unknown id the status is not looked at."""

    def mark_done(self, request_id: str, status: Any = "labeled") -> Any:
        is_known = any(r.request_id == request_id for r in self.items)
        return super().mark_done(request_id, status) if is_known else None
