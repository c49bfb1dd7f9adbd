"""A frame read column by column gives what it gives row by row: the same buckets, or the same error."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelqueue import InvalidInputError
from labelqueue.batch import batch_of
from labelqueue.frame import batch_from_frame
from labelqueue.rows import buckets_from_frame

# In nanoseconds: around 1970, finer than a microsecond, missing, and the last that 64 bits hold.
MOMENTS = [-(10**9), -1, 0, 1, 999, 1000, 1_767_225_600_000_000_000, 1_767_225_600_000_000_001, 2**63 - 1, None]
moments = st.sampled_from(MOMENTS) | st.integers(10**18, 10**18 + 2000)
TEXTS = ["ada", "", "é", "\ud800", None]
CONFIDENCES = [0.1, 0.3, 0.55, -0.0, 1e-5, float("inf"), float("nan")]

plain_tables = st.lists(
    st.builds(
        lambda user_id, start, length, confidence, label: (user_id, start, start + length, confidence, label),
        st.sampled_from(["ada", "", "é"]),
        st.integers(10**18, 10**18 + 2000)
        | st.just(10**9 + 1000)
        | st.integers(1_767_225_600, 1_767_225_700).map(lambda second: second * 10**9),
        st.integers(1, 9).map(lambda seconds: seconds * 10**9),
        st.sampled_from([0.1, 0.3, 0.55, -0.0, 1e-5, float("nan")]),
        st.sampled_from(["ada", "", "é", None]),
    ),
    min_size=1,
    max_size=4,
)
tables = plain_tables | st.lists(
    st.tuples(
        st.sampled_from(TEXTS), moments, moments, st.sampled_from(CONFIDENCES), st.sampled_from([*TEXTS, float("nan")])
    ),
    min_size=1,
    max_size=4,
)


def pandas_frame(unit, zone, floats):
    def make(rows):
        users, starts, ends, confidences, labels = zip(*rows, strict=True)
        times = [pd.Series(np.array([_NAT if each is None else each for each in column], dtype="M8[ns]"))
                 for column in (starts, ends)]  # fmt: skip
        starts, ends = [(each.dt.tz_localize("UTC").dt.tz_convert(zone) if zone else each) for each in times]
        return pd.DataFrame({
            "user_id": pd.Series(users, dtype=object),
            "bucket_start_ts": starts.dt.as_unit(unit),
            "bucket_end_ts": ends.dt.as_unit(unit),
            "confidence": np.array(confidences, dtype=floats),
            "predicted_label": pd.Series(labels, dtype=object),
        })  # fmt: skip

    return make


_NAT = np.datetime64("NaT").astype("int64")


def texts_in(column):
    """Texts that a library can hold: no lone surrogates, nothing but text."""
    return [each if isinstance(each, str) and each != "\ud800" else None for each in column]


def polars_frame(rows):
    users, starts, ends, confidences, labels = zip(*rows, strict=True)
    times = [pl.Series(each, dtype=pl.Int64).cast(pl.Datetime("ns", "UTC")) for each in (starts, ends)]
    return pl.DataFrame({
        "user_id": pl.Series(texts_in(users), dtype=pl.String),
        "bucket_start_ts": times[0],
        "bucket_end_ts": times[1],
        "confidence": pl.Series(confidences, dtype=pl.Float32),
        "predicted_label": pl.Series(texts_in(labels), dtype=pl.String),
    })  # fmt: skip


def arrow_frame(rows):
    users, starts, ends, confidences, labels = zip(*rows, strict=True)
    return pa.table({
        "user_id": pa.array(texts_in(users), pa.string()),
        "bucket_start_ts": pa.array(starts, pa.timestamp("ns", "UTC")),
        "bucket_end_ts": pa.array(ends, pa.timestamp("ns", "UTC")),
        "confidence": pa.array(confidences, pa.float64()),
        "predicted_label": pa.array(texts_in(labels), pa.string()),
    })  # fmt: skip


FRAMES = {
    "pandas-ns": pandas_frame("ns", None, "float64"),
    "pandas-us-zone": pandas_frame("us", "Europe/Berlin", "float32"),
    "pandas-s": pandas_frame("s", "UTC", "float64"),
    "polars": polars_frame,
    "pyarrow": arrow_frame,
}


def answered(read):
    """The columns that a reading gives, or the words of its error."""
    try:
        return [list(map(repr, column)) for column in read()]
    except InvalidInputError as error:
        return str(error)


@pytest.mark.parametrize("make", FRAMES.values(), ids=list(FRAMES))
@given(rows=tables, threshold=st.sampled_from([0.55, 0.3, -1, float("nan")]))
def test_columns_and_rows_say_the_same(make, rows, threshold):
    """Values to the bit, order, and the whole text of an error are those of the reading row by row."""
    frame = make(rows)

    assert answered(lambda: batch_from_frame(frame, threshold)) == answered(
        lambda: batch_of(buckets_from_frame(frame, threshold))
    )


@pytest.mark.parametrize("make", FRAMES.values(), ids=list(FRAMES))
@given(rows=plain_tables)
def test_plain_columns_are_read_as_such(make, rows):
    """Floats, datetimes and texts need no look at each row."""
    with patch("labelqueue.frame.buckets_from_frame", None):
        batch_from_frame(make(rows), 0.55)
