"""Rows: what callers hand in, validated whole before anything happens.

The one place that knows data frames.  They go through narwhals, which is loaded
when the first frame comes.  A batch is all or nothing (IN-1): either every row
comes out as a `Bucket`, or one error names every bad row.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from labelqueue.errors import InvalidInputError, InvalidRowsError, RowProblem, shown
from labelqueue.instant import instant_from, is_missing
from labelqueue.ledger import Bucket

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

__all__ = ["buckets_from_frame", "buckets_from_mappings", "is_finite_number", "is_storable_text"]

_BUCKET_KEYS: Final = ("user_id", "bucket_start_ts", "bucket_end_ts")
_COLUMNS: Final = (*_BUCKET_KEYS, "confidence", "predicted_label")


class _Row(NamedTuple):
    place: int
    values: Mapping[str, Any]


def is_finite_number(value: object) -> bool:
    """Tell whether a value is a finite real number; a bool is none."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond every float
        return False


def is_storable_text(value: object) -> bool:
    """Tell whether a value is text that UTF-8 can carry (IN-12)."""
    if not isinstance(value, str):
        return False
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def buckets_from_frame(predictions_df: object, threshold: float) -> list[Bucket]:
    """Select the rows whose confidence is below the threshold, or unknown.

    Args:
        predictions_df: Any frame that narwhals reads eagerly; see
            `LabelingQueue.enqueue_low_confidence`.  Not modified.
        threshold: Finite; strictly below it is selected (ENQ-1).

    Returns:
        One bucket per selected row, in row order.

    Raises:
        InvalidInputError: The threshold, the frame or its columns break a rule.
        InvalidRowsError: Rows do; all of them are named.
    """
    if not is_finite_number(threshold):
        raise InvalidInputError("threshold", shown(threshold), "is not a finite number", "hand in a float such as 0.55")
    columns, height = _columns_of(predictions_df)
    if not height:
        return []
    problems: list[RowProblem] = []
    confidences = [_confidence(place, value, problems) for place, value in enumerate(columns("confidence"))]
    selected = [place for place, c in enumerate(confidences) if c is None or c < threshold]
    others = {name: columns(name) for name in _COLUMNS if name != "confidence"}
    rows = (_Row(place, {name: values[place] for name, values in others.items()}) for place in selected)
    buckets = [_bucket(row, confidences[row.place], problems, label_as_text=True) for row in rows]
    return _all_or_nothing("predictions_df", buckets, problems)


def buckets_from_mappings(buckets: object) -> list[Bucket]:
    """Take every mapping as a bucket.

    Args:
        buckets: A sequence of mappings; see `LabelingQueue.enqueue_drift`.  Not
            modified.

    Returns:
        One bucket per mapping, in order.

    Raises:
        InvalidInputError: It is no sequence of mappings, or a key is missing.
        InvalidRowsError: Mappings hold bad values; all of them are named.
    """
    if not isinstance(buckets, Sequence) or isinstance(buckets, str | bytes):
        raise InvalidInputError("buckets", shown(buckets), "is not a sequence of mappings", "hand in a list of dicts")
    problems: list[RowProblem] = []
    rows: list[_Row] = []
    for place, values in enumerate(buckets):
        if not isinstance(values, Mapping):
            raise InvalidInputError(f"buckets[{place}]", shown(values), "is not a mapping", "hand in a list of dicts")
        for key in _BUCKET_KEYS:
            if key not in values:
                raise InvalidInputError(
                    f"buckets[{place}]", shown(sorted(map(str, values))), f"has no key {key!r}", "add it"
                )
        rows.append(_Row(place, values))
    taken = [
        _bucket(
            row,
            _confidence(row.place, row.values.get("confidence"), problems),
            problems,
            label_as_text=False,
        )
        for row in rows
    ]
    return _all_or_nothing("buckets", taken, problems)


def _columns_of(frame: Any) -> tuple[Callable[[str], list[Any]], int]:  # noqa: ANN401 - any library's frame
    # Loading narwhals takes longer than loading all of labelqueue.
    import narwhals.stable.v2 as nw  # noqa: PLC0415

    try:
        table = nw.from_native(frame, eager_only=True)
    except (TypeError, ValueError) as error:
        rule = "is not a data frame" if isinstance(error, TypeError) else "is not a plain data frame"
        raise InvalidInputError(
            "predictions_df", shown(frame), rule, "hand in a pandas, polars or pyarrow table with unique columns"
        ) from error
    if len(table) == 0:
        return lambda _name: [], 0
    for name in _COLUMNS:
        if name not in table.columns:
            raise InvalidInputError(
                "predictions_df", f"columns {shown(list(table.columns))}", f"has no column {name!r}", "add it"
            )
    return lambda name: table.get_column(name).to_list(), len(table)


def _confidence(place: int, value: object, problems: list[RowProblem]) -> float | None:
    if type(value) is float and math.isfinite(value):
        return value
    if is_missing(value):
        return None
    if is_finite_number(value):
        return float(value)  # type: ignore[arg-type]
    problems.append(RowProblem(place, "confidence", shown(value), "is not a finite number"))
    return None


def _bucket(row: _Row, confidence: float | None, problems: list[RowProblem], *, label_as_text: bool) -> Bucket | None:
    def refuse(column: str, rule: str) -> None:
        problems.append(RowProblem(row.place, column, shown(row.values.get(column)), rule))

    known = len(problems)
    user_id = row.values["user_id"]
    if not isinstance(user_id, str):
        refuse("user_id", "is missing" if is_missing(user_id) else "is not text")
    elif not is_storable_text(user_id):
        refuse("user_id", "holds a lone surrogate, which UTF-8 cannot carry")
    start_ts = _instant(row, "bucket_start_ts", refuse)
    end_ts = _instant(row, "bucket_end_ts", refuse)
    if start_ts and end_ts and end_ts <= start_ts:
        refuse("bucket_end_ts", "is not after bucket_start_ts")
    label = row.values.get("predicted_label")
    if is_missing(label):
        label = None
    elif not isinstance(label, str) and not label_as_text:
        refuse("predicted_label", "is not text")
    elif not is_storable_text(label := str(label)):
        refuse("predicted_label", "holds a lone surrogate, which UTF-8 cannot carry")
    if len(problems) > known or start_ts is None or end_ts is None:
        return None
    return Bucket(str(user_id), start_ts, end_ts, confidence, label)


def _instant(row: _Row, column: str, refuse: Callable[[str, str], None]) -> datetime | None:
    try:
        return instant_from(row.values[column])
    except ValueError as error:
        refuse(column, str(error))
        return None


def _all_or_nothing(argument: str, buckets: Sequence[Bucket | None], problems: list[RowProblem]) -> list[Bucket]:
    if problems:
        raise InvalidRowsError(argument, tuple(sorted(problems, key=lambda problem: problem.row)))
    return [bucket for bucket in buckets if bucket is not None]
