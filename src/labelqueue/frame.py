"""The frame: a data frame read column by column, where its columns are plain.

Plain are floats, datetimes of a library's own type and texts, which is how models
hand in what they predict.  Whatever else there is, good or bad, `labelqueue.rows`
reads row by row, and says what is wrong; this module refuses nothing by itself.
"""

from __future__ import annotations

import math
from types import NoneType
from typing import TYPE_CHECKING, Any, Final

from labelqueue.batch import Batch, batch_of
from labelqueue.rows import buckets_from_frame, columns_of_frame, finite

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["batch_from_frame"]

_YEAR_10000_US: Final = 253_402_300_800_000_000
_SECOND_US: Final = 1_000_000
_LINE: Final = b"0000-00-00T00:00:00\n"
_PAIRS: Final = "".join(f"{number:02}" for number in range(100)).encode()


class _NotPlainError(Exception):
    """The rows have to be looked at one by one."""


def batch_from_frame(predictions_df: object, threshold: float) -> Batch:
    """Select rows and read them, a column at a time where all is plain.

    Arguments, errors and what is returned are those of
    `labelqueue.rows.buckets_from_frame`.
    """
    try:
        return _plain_batch(predictions_df, threshold)
    except (_NotPlainError, UnicodeEncodeError):
        return batch_of(buckets_from_frame(predictions_df, threshold))


def _plain_batch(frame: object, threshold: float) -> Batch:
    columns = columns_of_frame(frame)
    least = finite(threshold)
    if least is None:
        raise _NotPlainError
    if not columns:
        return Batch()
    confidences = _floats(columns["confidence"])
    is_selected = ~(confidences >= least)  # NaN is neither, and is selected (IN-4)
    if not is_selected.any():
        return Batch()
    if not is_selected.all():
        places = is_selected.nonzero()[0].tolist()
        columns = {name: column[places] for name, column in columns.items()}
        confidences = confidences[is_selected]
    starts, ends = _microseconds(columns["bucket_start_ts"]), _microseconds(columns["bucket_end_ts"])
    if not (ends > starts).all():
        raise _NotPlainError
    return Batch(
        _texts(columns["user_id"].to_list(), {str}),
        _times(starts),
        _times(ends),
        _none_for_nan(confidences),
        _texts(columns["predicted_label"].to_list(), {str, NoneType, float}),
    )


def _floats(column: Any) -> Any:  # noqa: ANN401 - numpy and narwhals are loaded late
    import numpy as np  # noqa: PLC0415 - comes with pandas

    values = column.to_numpy() if column.dtype.is_float() else None
    if values is None or values.dtype.kind != "f" or np.isinf(values).any():
        raise _NotPlainError
    return values.astype(np.float64, copy=False)


def _microseconds(column: Any) -> Any:  # noqa: ANN401 - as above
    import narwhals.stable.v2 as nw  # noqa: PLC0415 - as above

    if column.dtype != nw.Datetime:
        raise _NotPlainError
    values = column.dt.timestamp("us").to_numpy()
    # A missing one makes floats of all.  Before 1970 not every library cuts towards the past (IN-11).
    if values.dtype != "int64" or values.min() <= 0 or values.max() >= _YEAR_10000_US:
        raise _NotPlainError
    return values


def _none_for_nan(confidences: Any) -> list[float | None]:  # noqa: ANN401 - as above
    values: list[float | None] = confidences.tolist()
    for place in (confidences != confidences).nonzero()[0].tolist():  # noqa: PLR0124 - only NaN is not itself
        values[place] = None
    return values


def _times(microseconds: Any) -> list[str]:  # noqa: ANN401 - as above
    import numpy as np  # noqa: PLC0415 - as above

    moments = microseconds.view("datetime64[us]")
    is_whole = microseconds % _SECOND_US == 0
    if not is_whole.all():
        seconds, fractions = (np.datetime_as_string(moments, unit=unit) for unit in ("s", "us"))
        mixed: list[str] = np.where(is_whole, seconds, fractions).tolist()
        return mixed
    # Two digits of all at once, which takes a third of the time that numpy takes for texts.
    lines, length = bytearray(_LINE * len(moments)), len(_LINE)
    pairs = np.frombuffer(_PAIRS, "u2")
    days, months = moments.astype("datetime64[D]"), moments.astype("datetime64[M]")
    years = months.astype("datetime64[Y]").astype(int) + 1970
    of_day = microseconds // _SECOND_US % 86_400
    for place, number in (
        (0, years // 100),
        (2, years % 100),
        (5, months.astype(int) % 12 + 1),
        (8, (days - months.astype("datetime64[D]")).astype(int) + 1),
        (11, of_day // 3600),
        (14, of_day // 60 % 60),
        (17, of_day % 60),
    ):
        np.ndarray(len(moments), "u2", lines, place, length)[:] = pairs[number]
    return lines.decode().splitlines()


def _texts(values: Sequence[Any], kinds: set[type]) -> list[Any]:
    """Return texts, with `None` for what is missing, if that is all there is."""
    found = set(map(type, values))
    if not found <= kinds:
        raise _NotPlainError
    if float in found:
        if not all(math.isnan(each) for each in values if type(each) is float):
            raise _NotPlainError
        values = [None if type(each) is float else each for each in values]
    "".join(filter(None, set(values))).encode()  # a lone surrogate cannot be
    return list(values)
