"""Rows: what callers hand in, validated whole before anything happens.

The one place that knows data frames.  They go through narwhals, which is loaded
when the first frame comes.  A batch is all or nothing (IN-1): either every row
comes out as a `Bucket`, or one error names every bad row.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from labelqueue.errors import InvalidInputError, InvalidRowsError, RowProblem, shown
from labelqueue.instant import instant_from, is_missing
from labelqueue.ledger import Bucket

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "buckets_from_frame",
    "buckets_from_mappings",
    "columns_of_frame",
    "finite",
    "is_finite_number",
    "is_storable_text",
]

_BUCKET_KEYS: Final = ("user_id", "bucket_start_ts", "bucket_end_ts")
_COLUMNS: Final = (*_BUCKET_KEYS, "confidence", "predicted_label")

_T = TypeVar("_T")


class _Unreadable(NamedTuple):
    """A value of a frame that its library cannot hand out, such as a year 10000."""

    text: str
    rule: str


def is_finite_number(value: object) -> bool:
    """Tell whether a value is a finite real number; a bool is none."""
    return finite(value) is not None


def is_storable_text(value: object) -> bool:
    """Tell whether a value is text that UTF-8 can carry (IN-12)."""
    if not isinstance(value, str):
        return False
    try:
        str.encode(value, "utf-8")
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
    columns = columns_of_frame(predictions_df)
    # As a float: beside a numpy.float32, numpy would compare in half the digits.
    least = finite(threshold)
    if least is None:
        raise InvalidInputError("threshold", shown(threshold), "is not a finite number", "hand in a float such as 0.55")
    if not columns:
        return []
    problems: list[RowProblem] = []
    given = _values_of(columns["confidence"], range(len(columns["confidence"])))
    confidences = [_read(place, "confidence", each, _confidence_from, problems) for place, each in enumerate(given)]
    selected = [place for place, c in enumerate(confidences) if c is None or c < least]
    values = [_values_of(columns[name], selected) for name in _COLUMNS]
    buckets = [
        _bucket(place, dict(zip(_COLUMNS, row, strict=True)), confidences[place], _label_from_any, problems)
        for place, *row in zip(selected, *values, strict=True)
    ]
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
    rows = None
    try:
        if isinstance(buckets, Sequence) and not isinstance(buckets, str | bytes | bytearray | memoryview):
            rows = [_values_in(each, f"buckets[{place}]") for place, each in enumerate(buckets)]
    except InvalidInputError:
        raise
    except Exception as error:  # whatever a caller's own sequence or mapping raises
        raise InvalidInputError("buckets", shown(buckets), "cannot be read", "hand in a list of dicts") from error
    if rows is None:
        raise InvalidInputError("buckets", shown(buckets), "is not a sequence of mappings", "hand in a list of dicts")
    problems: list[RowProblem] = []
    taken = []
    for place, values in enumerate(rows):
        confidence = _read(place, "confidence", values.get("confidence"), _confidence_from, problems)
        taken.append(_bucket(place, values, confidence, _label_from, problems))
    return _all_or_nothing("buckets", taken, problems)


def columns_of_frame(frame: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any library's frame
    """Return the columns that are read, by name, or none where the frame has no rows.

    Raises:
        InvalidInputError: It is no frame, or a column is missing.
    """
    # Loading narwhals takes longer than loading all of labelqueue.
    import narwhals.stable.v2 as nw  # noqa: PLC0415
    from narwhals.exceptions import DuplicateError  # noqa: PLC0415

    def refused(rule: str, mend: str, value: str = f"<{type(frame).__name__}>") -> InvalidInputError:
        return InvalidInputError("predictions_df", value, rule, mend)

    try:
        table = nw.from_native(frame)
    except DuplicateError as error:
        if len(frame) == 0:
            return {}
        raise refused("has two columns of one name", "rename or drop one of them") from error
    except Exception as error:  # whatever an object raises that only resembles a frame
        raise refused("is not a data frame", "hand in a pandas, polars or pyarrow table", shown(frame)) from error
    if not isinstance(table, nw.DataFrame):
        raise refused("is a lazy frame", "collect it first")
    if len(table) == 0:
        return {}
    names = table.columns
    for name in _COLUMNS:
        if name not in names:
            raise refused(f"has no column {name!r}", "add it", f"columns {shown(names)}")
    return {name: table.get_column(name) for name in _COLUMNS}


def _values_of(column: Any, places: Sequence[int]) -> list[Any]:  # noqa: ANN401 - narwhals is loaded late
    try:
        values: list[Any] = column[places].to_list()
    except Exception:  # noqa: BLE001 - one value that Python cannot hold stops the whole list
        return [_value_of(column, place) for place in places]
    return values


def _value_of(column: Any, place: int) -> object:  # noqa: ANN401 - as above
    try:
        return column.item(place)
    except Exception as error:  # noqa: BLE001 - every library raises its own
        return _Unreadable(f"<{column.dtype}>", f"cannot be read: {error}")


def _values_in(mapping: object, argument: str) -> Mapping[str, Any]:
    if not isinstance(mapping, Mapping):
        raise InvalidInputError(argument, shown(mapping), "is not a mapping", "hand in a list of dicts")
    values = {name: mapping[name] for name in _COLUMNS if name in mapping}
    for key in _BUCKET_KEYS:
        if key not in values:
            raise InvalidInputError(argument, shown(sorted(map(str, mapping))), f"has no key {key!r}", "add it")
    return values


def _bucket(
    place: int,
    values: Mapping[str, Any],
    confidence: float | None,
    label_from: Callable[[object], str | None],
    problems: list[RowProblem],
) -> Bucket | None:
    def read(column: str, reader: Callable[[object], _T]) -> _T | None:
        return _read(place, column, values.get(column), reader, problems)

    known = len(problems)
    user_id = read("user_id", _user_from)
    start_ts = read("bucket_start_ts", instant_from)
    end_ts = read("bucket_end_ts", instant_from)
    if start_ts and end_ts and end_ts <= start_ts:
        end = shown(values["bucket_end_ts"])
        problems.append(RowProblem(place, "bucket_end_ts", end, "is not after bucket_start_ts"))
    label = read("predicted_label", label_from)
    if len(problems) > known or user_id is None or start_ts is None or end_ts is None:
        return None
    return Bucket(user_id, start_ts, end_ts, confidence, label)


def _read(
    place: int, column: str, value: object, reader: Callable[[object], _T], problems: list[RowProblem]
) -> _T | None:
    if type(value) is _Unreadable:
        problems.append(RowProblem(place, column, value.text, value.rule))
        return None
    try:
        return reader(value)
    except ValueError as error:
        rule = str(error)
    except Exception:  # noqa: BLE001 - a caller's object may raise anything when it is looked at
        rule = "cannot be read"
    problems.append(RowProblem(place, column, shown(value), rule))
    return None


def _confidence_from(value: object) -> float | None:
    if type(value) is float and math.isfinite(value):
        return value
    if is_missing(value):
        return None
    number = finite(value)
    if number is None:
        raise ValueError("is not a finite number")
    return number


def finite(value: object) -> float | None:
    """Return a finite real number as a float, and `None` for everything else; a bool is none."""
    try:
        # numpy counts its durations among the integers.
        if isinstance(value, bool) or type(value).__name__ == "timedelta64":
            return None
        number = float(value) if isinstance(value, numbers.Real | Decimal) else math.nan
    except Exception:  # noqa: BLE001 - an integer beyond every float, or an object that only claims to be a number
        return None
    return number if math.isfinite(number) else None


def _user_from(value: object) -> str:
    if is_missing(value):
        raise ValueError("is missing")
    return _text_from(value)


def _label_from(value: object) -> str | None:
    return None if is_missing(value) else _text_from(value)


def _label_from_any(value: object) -> str | None:
    return _label_from(value if is_missing(value) or isinstance(value, str) else str(value))


def _text_from(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("is not text")  # noqa: TRY004 - every refusal of a value is a ValueError
    if not is_storable_text(value):
        raise ValueError("holds a lone surrogate, which UTF-8 cannot carry")
    # The text itself, plain: the `str` of an enum's member would be its name.
    return str.__str__(value)


def _all_or_nothing(argument: str, buckets: Sequence[Bucket | None], problems: list[RowProblem]) -> list[Bucket]:
    if problems:
        raise InvalidRowsError(argument, tuple(sorted(problems, key=lambda problem: problem.row)))
    return [bucket for bucket in buckets if bucket is not None]
