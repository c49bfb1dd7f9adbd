"""Bad input stopped at the door, for strangers that claim `input`."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from numbers import Integral, Real

import pandas as pd

COLUMNS = ("user_id", "bucket_start_ts", "bucket_end_ts", "confidence", "predicted_label")
ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?")


def is_missing(value):
    return value is None or value is pd.NaT or value is pd.NA or (isinstance(value, Real) and math.isnan(value))


def is_text(value):
    return isinstance(value, str) and not re.search("[\ud800-\udfff]", value)


def count(name, value):
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 0:
        raise ValueError(f"{name}={value!r} must be a whole number of 0 or more")
    return int(value)


def number(name, value):
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise ValueError(f"{name}={value!r} must be a finite number")
    return float(value)


def moment(name, value):
    if isinstance(value, str):
        if not ISO.fullmatch(value):
            raise ValueError(f"{name}={value!r} is no timestamp")
        try:
            value = datetime.fromisoformat(value)
        except ValueError as error:
            raise ValueError(f"{name}={value!r} is no timestamp: {error}") from error
    if type(value).__name__ == "datetime64" and not pd.isna(value):
        value = value.astype("datetime64[us]").item()
    if not isinstance(value, datetime) or is_missing(value):
        raise ValueError(f"{name}={value!r} is no timestamp")
    if isinstance(value, pd.Timestamp):
        value = value.to_pydatetime(warn=False)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def confidence(place, row):
    value = row.get("confidence")
    return None if is_missing(value) else number(f"row {place}: confidence", value)


def bucket(place, row, *, only_text):
    """Return a row's values as they are stored."""
    user, label = row["user_id"], row.get("predicted_label")
    if not is_text(user):
        raise ValueError(f"row {place}: user_id={user!r} must be text that UTF-8 can carry")
    start = moment(f"row {place}: bucket_start_ts", row["bucket_start_ts"])
    end = moment(f"row {place}: bucket_end_ts", row["bucket_end_ts"])
    if end <= start:
        raise ValueError(f"row {place}: bucket_end_ts={row['bucket_end_ts']!r} must be after bucket_start_ts")
    label = None if is_missing(label) else label
    if label is not None and not is_text(label if only_text else str(label)):
        raise ValueError(f"row {place}: predicted_label={label!r} must be text that UTF-8 can carry")
    return {
        "user_id": user,
        "bucket_start_ts": start,
        "bucket_end_ts": end,
        "confidence": confidence(place, row),
        "predicted_label": None if label is None else str(label),
    }


def selected(frame, threshold):
    """Return the rows of a frame that are selected, with their places."""
    threshold = number("threshold", threshold)
    rows = [dict(zip(frame.columns, values, strict=True)) for values in frame.itertuples(index=False, name=None)]
    missing = [name for name in COLUMNS if rows and name not in rows[0]]
    if missing:
        raise ValueError(f"the frame has no column {missing[0]!r}")
    sure = [confidence(place, row) for place, row in enumerate(rows)]
    return [(n, row) for n, row in enumerate(rows) if sure[n] is None or sure[n] < threshold]
