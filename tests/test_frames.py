"""Frames of the ecosystem: the same rows are the same requests, whatever library holds them."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelqueue import ActiveLabelingQueue, InvalidRowsError

EPOCH = datetime(2026, 1, 10, 9, tzinfo=UTC)
COLUMNS = ["user_id", "bucket_start_ts", "bucket_end_ts", "confidence", "predicted_label"]
TIMES = ["bucket_start_ts", "bucket_end_ts"]


@st.composite
def rows(draw):
    # Whole seconds, so that the coarsest unit below can hold them.
    start = EPOCH + timedelta(seconds=draw(st.integers(0, 5)) * 900)
    return {
        "user_id": draw(st.sampled_from(["ada", "grace", "日本"])),
        "bucket_start_ts": start,
        "bucket_end_ts": start + timedelta(seconds=draw(st.integers(1, 3600))),
        "confidence": draw(st.one_of(st.none(), st.floats(-1, 1), st.sampled_from([0.55, 0.3]))),
        "predicted_label": draw(st.sampled_from([None, "coding", "", "nan"])),
    }


def text_at(offset):
    zone = datetime.fromisoformat("2026-01-01T00:00:00" + offset).tzinfo
    return lambda moment: moment.astimezone(zone).isoformat()


def with_times(rows, written):
    return [{**row, **{name: written(row[name]) for name in TIMES}} for row in rows]


def pandas_frame(rows):
    return pd.DataFrame(rows, columns=COLUMNS)


def pandas_in(unit, zone=None):
    def make(rows):
        frame = pandas_frame(rows)
        for name in TIMES:
            times = pd.to_datetime(frame[name], utc=True).dt.as_unit(unit)
            frame[name] = times.dt.tz_convert(zone) if zone else times.dt.tz_localize(None)
        return frame

    return make


def pandas_of_arrow(rows):
    return pandas_frame(rows).convert_dtypes(dtype_backend="pyarrow")


def pandas_nullable(rows):
    frame = pandas_frame(rows).convert_dtypes(dtype_backend="numpy_nullable")
    return frame.assign(confidence=pd.array([row["confidence"] for row in rows], dtype="Float64"))


def pandas_categorical(rows):
    return pandas_frame(rows).astype({"user_id": "category", "predicted_label": "category"})


def pandas_of_objects(rows):
    return pandas_frame(rows).astype(object)


SCHEMA = {"user_id": pl.String, "confidence": pl.Float64, "predicted_label": pl.String}


def polars_in(unit, zone):
    times = dict.fromkeys(TIMES, pl.Datetime(unit, zone))
    return lambda rows: pl.DataFrame(
        rows if zone else with_times(rows, lambda moment: moment.replace(tzinfo=None)),
        schema={name: (SCHEMA | times)[name] for name in COLUMNS},
    )


def polars_categorical(rows):
    return polars_in("us", "UTC")(rows).cast({"user_id": pl.Categorical, "predicted_label": pl.Categorical})


def arrow_in(unit, zone):
    kinds = {"user_id": pa.string(), "confidence": pa.float64(), "predicted_label": pa.string()}
    kinds |= dict.fromkeys(TIMES, pa.timestamp(unit, zone))
    return lambda rows: pa.Table.from_pylist(rows, schema=pa.schema([(name, kinds[name]) for name in COLUMNS]))


def arrow_dictionary(rows):
    table = arrow_in("us", "UTC")(rows)
    return table.set_column(0, "user_id", table["user_id"].dictionary_encode())


FRAMES = {
    "pandas": pandas_frame,
    **{f"pandas-{unit}": pandas_in(unit) for unit in ("s", "ms", "us", "ns")},
    "pandas-zone": pandas_in("ns", "Asia/Kathmandu"),
    "pandas-zone-info": pandas_in("us", ZoneInfo("America/St_Johns")),
    "pandas-arrow": pandas_of_arrow,
    "pandas-nullable": pandas_nullable,
    "pandas-categorical": pandas_categorical,
    "pandas-objects": pandas_of_objects,
    "pandas-text": lambda rows: pandas_frame(with_times(rows, text_at("+05:45"))),
    "pandas-naive-text": lambda rows: pandas_frame(with_times(rows, lambda m: m.replace(tzinfo=None).isoformat())),
    **{f"polars-{unit}": polars_in(unit, "UTC") for unit in ("ms", "us", "ns")},
    "polars-naive": polars_in("us", None),
    "polars-zone": polars_in("us", "Asia/Kathmandu"),
    "polars-categorical": polars_categorical,
    "polars-text": lambda rows: pl.DataFrame(with_times(rows, text_at("-03:30")), schema_overrides=SCHEMA),
    **{f"pyarrow-{unit}": arrow_in(unit, "UTC") for unit in ("s", "ms", "us", "ns")},
    "pyarrow-zone": arrow_in("us", "America/St_Johns"),
    "pyarrow-dictionary": arrow_dictionary,
}


def requests_of(frame, threshold=0.55):
    with tempfile.TemporaryDirectory() as folder:
        queue = ActiveLabelingQueue(Path(folder) / "queue.json")
        queue.enqueue_low_confidence(frame, threshold)
        return [
            (r.user_id, r.bucket_start_ts, r.bucket_end_ts, r.confidence, r.predicted_label, r.reason)
            for r in queue.all_items
        ]


def expected_of(rows, threshold=0.55):
    first = {}
    for row in rows:
        if row["confidence"] is None or row["confidence"] < threshold:
            first.setdefault(
                (row["user_id"], row["bucket_start_ts"]), (*(row[name] for name in COLUMNS), "low_confidence")
            )
    return list(first.values())


@pytest.mark.parametrize("make", FRAMES.values(), ids=list(FRAMES))
@given(rows=st.lists(rows(), min_size=1, max_size=5))
@settings(max_examples=15)
def test_the_same_rows_are_the_same_requests(make, rows):
    """Every library, every unit, every zone and every kind of column gives the same requests."""
    assert requests_of(make(rows)) == expected_of(rows)


@pytest.mark.parametrize("make", [FRAMES["pandas-arrow"], FRAMES["polars-us"], FRAMES["pyarrow-us"]])
def test_no_rows_are_no_requests(make):
    """A frame with columns and no rows adds nothing, whatever library it is of."""
    one = {**dict.fromkeys(COLUMNS), "user_id": "ada", "bucket_start_ts": EPOCH, "bucket_end_ts": EPOCH}

    assert requests_of(make([one])[:0]) == []


@pytest.mark.parametrize("make", [FRAMES["pandas"], FRAMES["pandas-arrow"], FRAMES["polars-us"], FRAMES["pyarrow-us"]])
def test_a_bad_row_is_named_alike(make, path):
    """The error names place, column and value, whatever library the frame is of."""
    good = {
        "user_id": "ada",
        "bucket_start_ts": EPOCH,
        "bucket_end_ts": EPOCH + timedelta(hours=1),
        "confidence": 0.9,
        "predicted_label": "x",
    }

    with pytest.raises(InvalidRowsError) as caught:
        ActiveLabelingQueue(path).enqueue_low_confidence(make([good, {**good, "confidence": float("inf")}]))

    assert str(caught.value) == (
        "predictions_df row 1: confidence=inf is not a finite number; "
        "nothing was added; mend or drop these rows and call again."
    )
    assert not path.exists()


def test_nothing_is_loaded_before_a_frame_is_handed_in(tmp_path):
    """Importing the queue and using it without a frame loads no data library at all."""
    program = """
import sys
from labelqueue import ActiveLabelingQueue
queue = ActiveLabelingQueue(sys.argv[1])
bucket = {"user_id": "ada", "bucket_start_ts": "2026-01-01T09:00:00", "bucket_end_ts": "2026-01-01T10:00:00"}
queue.enqueue_drift([bucket])
queue.mark_done(queue.get_pending()[0].request_id)
print(sorted({"numpy", "pandas", "polars", "pyarrow", "narwhals"} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "queue.json")], capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_a_frame_loads_only_its_own_library(tmp_path):
    """A pandas frame loads neither polars nor pyarrow."""
    program = """
import sys
import pandas as pd
before = {"polars", "pyarrow"} & set(sys.modules)
from labelqueue import ActiveLabelingQueue
ActiveLabelingQueue(sys.argv[1]).enqueue_low_confidence(pd.DataFrame({
    "user_id": ["ada"], "bucket_start_ts": ["2026-01-01T09:00:00"], "bucket_end_ts": ["2026-01-01T10:00:00"],
    "confidence": [0.3], "predicted_label": ["x"],
}))
print(sorted({"polars", "pyarrow"} & set(sys.modules) - before))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "queue.json")], capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.stderr) == ("[]\n", "")
