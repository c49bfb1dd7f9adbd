"""The kit's model with the rules for input: naive, one rule per method.

It stands beside `labelqueue.conformance.models.core` as the `input` profile does beside
`core`: it cross-checks the cases of that profile, and the mutants of IN are a few
lines on top of it.
"""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Never

from labelqueue.conformance.models.core import ModelQueue

__all__ = ["BadInputError", "InputQueue"]

_KEYS: Final = ("user_id", "bucket_start_ts", "bucket_end_ts")
_COLUMNS: Final = (*_KEYS, "confidence", "predicted_label")
_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?")

Row = Mapping[str, Any]


class BadInputError(ValueError):
    """What was handed in breaks a rule."""


class InputQueue(ModelQueue):
    """A queue that judges all that is handed in before it does anything."""

    def __init__(self, queue_path: Path | None, max_asks_per_day: Any = 20) -> None:  # noqa: ANN401
        """Judge the cap and read the file, if there is one."""
        self.judge_cap(max_asks_per_day)
        super().__init__(queue_path, max_asks_per_day)

    def enqueue_low_confidence(self, predictions_df: Any, threshold: Any = 0.55) -> int:  # noqa: ANN401
        """Judge the threshold, the columns and the rows, then add those that are selected."""
        self.judge_threshold(threshold)
        rows = self.rows(predictions_df)
        self.judge_columns(rows)
        for place, row in enumerate(rows):
            self.judge_confidence(place, row)
        selected = [(place, row) for place, row in enumerate(rows) if self.is_below(row, threshold)]
        for place, row in selected:
            self.judge_row(place, row)
        return self.enqueue([row for _, row in selected], "low_confidence")

    def enqueue_drift(self, buckets: Sequence[Row]) -> int:
        """Judge the keys and the mappings, then add all."""
        for row in buckets:
            self.judge_keys(row)
        for place, row in enumerate(buckets):
            self.judge_confidence(place, row)
            self.judge_row(place, row)
            self.judge_label(place, row)
        return self.enqueue(list(buckets), "drift")

    def get_pending(self, user_id: str | None = None, limit: Any = None) -> list[Any]:  # noqa: ANN401
        """Judge the limit, then ask."""
        self.judge_limit(limit)
        return super().get_pending(user_id, limit)

    def mark_done(self, request_id: str, status: Any = "labeled") -> Any:  # noqa: ANN401
        """Judge the status, then mark."""
        self.judge_status(status)
        return super().mark_done(request_id, status)

    # The rules, one by one.

    def refuse(self, place: int, column: str, value: object, rule: str) -> Never:
        """Name the row, the column and the value."""
        raise BadInputError(f"row {place}: {column}={value!r} {rule}")

    def judge_threshold(self, threshold: object) -> None:
        """A threshold is a finite number."""
        if not self.is_number(threshold):
            raise BadInputError(f"threshold={threshold!r} is no finite number")

    def judge_limit(self, limit: object) -> None:
        """A limit is None or a count."""
        if limit is not None and not self.is_count(limit):
            raise BadInputError(f"limit={limit!r} is no integer of 0 or more")

    def judge_cap(self, cap: object) -> None:
        """A cap is a count."""
        if not self.is_count(cap):
            raise BadInputError(f"max_asks_per_day={cap!r} is no integer of 0 or more")

    def judge_status(self, status: object) -> None:
        """A status is one of two texts."""
        if status not in ("labeled", "skipped"):
            raise BadInputError(f"status={status!r} is neither labeled nor skipped")

    def judge_columns(self, rows: Sequence[Row]) -> None:
        """A frame with rows has all its columns."""
        for name in _COLUMNS if rows else ():
            if name not in rows[0]:
                raise BadInputError(f"there is no column {name!r}")

    def judge_keys(self, row: Row) -> None:
        """A mapping has its keys."""
        for name in _KEYS:
            if name not in row:
                raise BadInputError(f"there is no key {name!r}")

    def judge_confidence(self, place: int, row: Row) -> None:
        """A confidence is missing or a finite number."""
        value = row.get("confidence")
        if not self.is_missing(value) and not self.is_number(value):
            self.refuse(place, "confidence", value, "is no finite number")

    def judge_row(self, place: int, row: Row) -> None:
        """Users, times and texts are what they must be."""
        self.judge_user(place, row)
        self.judge_times(place, row)
        self.judge_texts(place, row)

    def judge_user(self, place: int, row: Row) -> None:
        """A user is text."""
        if not isinstance(row["user_id"], str):
            self.refuse(place, "user_id", row["user_id"], "is no text")

    def judge_times(self, place: int, row: Row) -> None:
        """Start and end are timestamps, one after the other."""
        for name in ("bucket_start_ts", "bucket_end_ts"):
            if not self.is_time(row[name]):
                self.refuse(place, name, row[name], "is no timestamp")
        if self.instant(row["bucket_end_ts"]) <= self.instant(row["bucket_start_ts"]):
            self.refuse(place, "bucket_end_ts", row["bucket_end_ts"], "is not after bucket_start_ts")

    def judge_texts(self, place: int, row: Row) -> None:
        """UTF-8 carries the user and the label."""
        for name in ("user_id", "predicted_label"):
            value = row.get(name)
            if isinstance(value, str) and re.search("[\ud800-\udfff]", value):
                self.refuse(place, name, value, "holds a lone surrogate")

    def judge_label(self, place: int, row: Row) -> None:
        """The label of a mapping is missing or text."""
        value = row.get("predicted_label")
        if not self.is_missing(value) and not isinstance(value, str):
            self.refuse(place, "predicted_label", value, "is no text")

    def is_count(self, value: Any) -> bool:  # noqa: ANN401
        """Whether a value is an integer of 0 or more."""
        return not isinstance(value, bool) and isinstance(value, numbers.Integral) and int(value) >= 0

    def is_number(self, value: Any) -> bool:  # noqa: ANN401
        """Whether a value is a finite number."""
        return not isinstance(value, bool) and isinstance(value, numbers.Real) and math.isfinite(value)

    def is_missing(self, value: Any) -> bool:  # noqa: ANN401
        """Whether a value stands for "there is none"."""
        return (
            value is None
            or type(value).__name__ in ("NaTType", "NAType")
            or (type(value).__name__ == "datetime64" and str(value) == "NaT")
            or (isinstance(value, numbers.Real) and math.isnan(value))
        )

    def is_time(self, value: Any) -> bool:  # noqa: ANN401
        """Whether a value is a timestamp."""
        if isinstance(value, str):
            if not _ISO.fullmatch(value):
                return False
            try:
                datetime.fromisoformat(value)
            except ValueError:
                return False
            return True
        is_datetime = isinstance(value, datetime) or type(value).__name__ == "datetime64"
        return is_datetime and not self.is_missing(value)

    def is_below(self, row: Row, threshold: Any) -> bool:  # noqa: ANN401
        """Whether a row is selected: it is below the threshold, or its confidence unknown."""
        return self.is_missing(row["confidence"]) or super().is_below(row, threshold)

    def confidence(self, row: Row) -> float | None:
        """The confidence of a row; `None` where it is missing."""
        value: Any = row.get("confidence")
        return None if self.is_missing(value) else float(value)

    def label(self, row: Row) -> str | None:
        """The label of a row as text; `None` where it is missing."""
        value = row.get("predicted_label")
        return None if self.is_missing(value) else str(value)

    def instant(self, value: Any) -> datetime:  # noqa: ANN401
        """Read a timestamp as aware UTC, cut to the microsecond."""
        return super().instant(value.to_pydatetime(warn=False) if hasattr(value, "to_pydatetime") else value)
