"""Bad input for the search: mistakes at random places of good batches, and bad arguments.

Serves IN-1 to IN-12.  Its rules join those of the search where the `input` profile
is examined.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import rule

from labelqueue.conformance.search.buckets import buckets
from labelqueue.conformance.search.rules import Rules

__all__ = ["HandsInBadInput"]

_NAN: Final = {"$float": "nan"}
_NONE: Final = {"$missing": "None"}  # handed in, where a cap that is left out is none
_INFINITE: Final = ({"$float": "inf"}, {"$float": "-inf"})
_MISSING: Final = (None, _NAN, {"$float": "nan", "of": "numpy"}, {"$missing": "NaT"}, {"$missing": "NA"})
_SURROGATES: Final = ("\ud800", "cut \udc00 here")
_INSTEAD_OF_ONE: Final = ("\ufffd", "?")  # what decoders make of them

# One mistake each: the column, and what stands there instead.
_MISTAKES: Final = (
    *(("user_id", value) for value in (4711, *_MISSING, True, *_SURROGATES)),
    *(
        (name, value)
        for name in ("bucket_start_ts", "bucket_end_ts")
        for value in (
            1768035600,
            0.5,
            True,
            "now",
            "",
            "2026-01-10",
            "10/1/2026 09:00",
            "2026-02-30T09:00:00Z",
            *_MISSING,
        )
    ),
    ("bucket_end_ts", "2026-01-01T00:00:00Z"),  # before every start
    *(("confidence", value) for value in (*_INFINITE, "0.3", "", True, False, {"$bytes": "0.3"})),
    ("predicted_label", "\udfff"),
)
_MISTAKES_OF_MAPPINGS: Final = (*_MISTAKES, *(("predicted_label", value) for value in (7, 0.5, True, ["coding"])))

# What is valid, though `core` says nothing about it.
_ODD: Final = (
    *(("confidence", value) for value in _MISSING),
    *(("predicted_label", value) for value in _MISSING),
    ("confidence", {"$float": 0.25, "of": "numpy"}),
    ("bucket_start_ts", "2026-01-10T09:00:00.000000999Z"),
    ("bucket_start_ts", {"$datetime": "2026-01-10T09:00:00.000000999", "of": "pandas"}),
    ("bucket_start_ts", {"$datetime": "1969-12-31T23:59:59.999999999Z", "of": "numpy"}),
)
# Valid in a row of a frame alone.
_ODD_OF_ROWS: Final = (*_ODD, *(("predicted_label", value) for value in (1000000, 0.5, True)))
_ODD_IN_PYTHON: Final = (*_ODD_OF_ROWS, *(("predicted_label", value) for value in (7.0, 0.30000000000000004)))
# An end after its start by less than a microsecond.
_WITHIN_THE_MICROSECOND: Final = {
    "bucket_start_ts": "2026-01-10T09:00:00.000000100Z",
    "bucket_end_ts": "2026-01-10T09:00:00.000000900Z",
}
_BEFORE_BUT_FOR_THE_OFFSET: Final = {
    "bucket_start_ts": "2026-01-13T08:00:00Z",
    "bucket_end_ts": "2026-01-13T09:00:00+14:00",
}
_BAD_ARGUMENTS: Final = (
    *({"do": "get_pending", "limit": value} for value in (-1, -20, 1.0, True, "3", _NAN)),
    *({"do": "get_pending", "limit": {"$int": value, "of": "numpy"}} for value in (0, 2, -1)),
    *(
        {"do": "mark_done", "request_id": {"$place": place}, "status": value}
        for place in (0, 40)
        for value in ("pending", "done", "Labeled", "labeled\n", "", None, True, 1)
    ),
    *({"do": "reopen", "max_asks_per_day": value} for value in (-1, 2.0, True, "20", _NAN)),
    *({"do": "get_pending", "user_id": value} for value in _SURROGATES),
    *({"do": "mark_done", "request_id": value} for value in _SURROGATES),
)
_AT_A_TIME: Final = 5
_FREE: Final = {"user_id": "ada", "bucket_end_ts": "2026-01-20T00:00:00Z"}
_PLACES: Final = st.integers(0, 900)
_UNKNOWN_IN: Final = (
    {"confidence": "Float64"},
    {"predicted_label": "category"},
    {"predicted_label": "string"},
    {"confidence": "Float64", "predicted_label": "category"},
)
_KEYS: Final = ("user_id", "bucket_start_ts", "bucket_end_ts")
_COLUMNS: Final = (*_KEYS, "confidence", "predicted_label")
_THRESHOLDS: Final = st.sampled_from((None, None, 0.0, -0.5, 2.0))
_BAD_THRESHOLDS: Final = (
    _NAN,
    *_INFINITE,
    {"$float": "inf", "of": "numpy"},
    True,
    {"$bool": True, "of": "numpy"},
    "0.5",
    None,
)


def _free_start(place: int) -> str:
    return f"2026-01-13T08:00:00.{place:03}Z"


class HandsInBadInput(Rules):
    """The rules of the search that hand in what must be refused, or read with care."""

    # Two rules only, so that most steps stay those that `core` speaks about.
    @rule(
        data=st.data(),
        is_row=st.booleans(),
        kind=st.sampled_from(("bad", "bad", "odd", "odd", "column", "threshold", "within", "types")),
    )
    def hand_in_a_bad_batch(self, data: st.DataObject, is_row: bool, kind: str) -> None:  # noqa: FBT001 - drawn
        """A batch with a mistake or two, with what is odd but valid, without a column, or under no threshold."""
        if kind == "bad":
            self._hand_in(data, _MISTAKES if is_row else _MISTAKES_OF_MAPPINGS, is_row=is_row)
        elif kind == "odd":
            odd_of_rows = _ODD_IN_PYTHON if self.is_python else _ODD_OF_ROWS
            self._hand_in_what_is_odd(data, odd_of_rows if is_row else _ODD, is_row=is_row)
        elif kind == "within":
            batch = self._batch(data, is_row=is_row)
            batch[-1] |= {"confidence": 0.1} if is_row else {}
            self._enqueue([*batch[:-1], batch[-1] | _WITHIN_THE_MICROSECOND], is_row=is_row)
            start = _free_start(data.draw(_PLACES)).removesuffix("Z")
            twins = [batch[-1] | _FREE | {"bucket_start_ts": f"{start}000{nanoseconds}Z"} for nanoseconds in (100, 900)]
            self._enqueue(twins, is_row=is_row)
            self._enqueue([batch[-1] | _FREE | _BEFORE_BUT_FOR_THE_OFFSET], is_row=is_row)
        elif kind == "types":
            self._hand_in_columns(data)
            self._hand_in_what_is_not_selected(data)
        elif kind == "column":
            self._leave_out_a_column(data, is_row=is_row)
        else:
            rows = self._batch(data, is_row=True) if is_row else []
            for threshold in _BAD_THRESHOLDS:
                self.take({"do": "enqueue_low_confidence", "rows": rows, "threshold": threshold})

    @rule(step=st.sampled_from(_BAD_ARGUMENTS))
    def hand_in_a_bad_argument(self, step: dict[str, Any]) -> None:
        """A limit, a status or a cap that is none, or a text that nothing can match."""
        if "user_id" in step:
            names = [re.sub("[\ud800-\udfff]", each, step["user_id"]) for each in _INSTEAD_OF_ONE]
            self._enqueue(
                [_FREE | {"user_id": name, "bucket_start_ts": _free_start(0)} for name in names], is_row=False
            )
        self.take(dict(step))
        if step["do"] == "reopen":
            self.take(step | {"max_asks_per_day": _INFINITE[0]})
            if self.is_python:
                self.take(step | {"max_asks_per_day": _NONE})

    def _leave_out_a_column(self, data: st.DataObject, *, is_row: bool) -> None:
        """Hand in a batch without a column, or with one like it, and again; or a mapping without a key."""
        batch = self._batch(data, is_row=is_row)
        one = data.draw(st.sampled_from(batch))
        for name in data.draw(st.permutations(_COLUMNS if is_row else _KEYS))[:3]:
            instead = data.draw(st.sampled_from(({}, {}, {name: name.upper()}, {name: f"{name} "})))
            without = [
                {instead.get(column, column): value for column, value in bucket.items() if column != name or instead}
                if is_row or bucket is one
                else bucket
                for bucket in batch
            ]
            self._enqueue(without, is_row=is_row, threshold=data.draw(st.sampled_from((None, -1.0, 2.0))))
            # What is missing is told before what is bad.
            bad = "bucket_start_ts" if name == "bucket_end_ts" else "bucket_end_ts"
            self._enqueue([{**without[0], bad: "later"}, *without], is_row=is_row, threshold=2.0 if is_row else None)

    def _hand_in(self, data: st.DataObject, mistakes: Sequence[tuple[str, Any]], *, is_row: bool) -> None:
        """Hand in a batch again and again, each time with another mistake; at last it is mended."""
        batch = self._batch(data, is_row=is_row)
        if data.draw(st.booleans()):  # mistakes about buckets that are pending already
            self._enqueue([dict(bucket) for bucket in batch], is_row=is_row)
        else:  # among one that is free
            batch.append(batch[-1] | _FREE | {"bucket_start_ts": _free_start(data.draw(_PLACES))})
        columns = data.draw(st.permutations(_COLUMNS))[:2]
        for column, value in [each for each in mistakes if each[0] in columns]:
            changed = [dict(bucket) for bucket in batch]
            data.draw(st.sampled_from(changed))[column] = value
            self._enqueue(changed, is_row=is_row, threshold=data.draw(_THRESHOLDS) if is_row else None)
        self._enqueue(batch, is_row=is_row)

    def _hand_in_what_is_odd(self, data: st.DataObject, values: Sequence[tuple[str, Any]], *, is_row: bool) -> None:
        """Hand in what is odd but valid, each about a bucket that is free."""
        place = data.draw(_PLACES)
        [batch] = self._batch(data, is_row=is_row)[:1]
        for number, (column, value) in enumerate(data.draw(st.permutations(values))[:_AT_A_TIME]):
            bucket = batch | _FREE | {"bucket_start_ts": _free_start(place + number)}
            bucket |= {"confidence": 0.1} if is_row else {}
            threshold = data.draw(_THRESHOLDS) if is_row and column == "confidence" else None
            self._enqueue([bucket | {column: value}], is_row=is_row, threshold=threshold)

    def _hand_in_columns(self, data: st.DataObject) -> None:
        """Hand in what is missing in a column that has its own way to say so."""
        [row] = self._batch(data, is_row=True)[:1]
        place = data.draw(_PLACES)
        rows = [row | _FREE | {"bucket_start_ts": _free_start(place + number), "confidence": 0.1} for number in (0, 1)]
        kinds = data.draw(st.sampled_from(_UNKNOWN_IN))
        rows[data.draw(st.integers(0, 1))] |= dict.fromkeys(kinds)
        self.take({"do": "enqueue_low_confidence", "rows": rows, "types": kinds})

    def _hand_in_what_is_not_selected(self, data: st.DataObject) -> None:
        """Hand in times of one type, of which those of a row that is not selected are upside down."""
        [row] = self._batch(data, is_row=True)[:1]
        start, end = (
            {"$datetime": text, "of": "pandas"} for text in (_free_start(data.draw(_PLACES)), _FREE["bucket_end_ts"])
        )
        selected = row | {"bucket_start_ts": start, "bucket_end_ts": end, "confidence": 0.1}
        other = row | {"bucket_start_ts": end, "bucket_end_ts": start, "confidence": 0.9}
        self._enqueue(data.draw(st.permutations([selected, other])), is_row=True)

    def _batch(self, data: st.DataObject, *, is_row: bool) -> list[dict[str, Any]]:
        drawn = data.draw(buckets(self.users, is_row=is_row, most=4).filter(bool))
        return [dict(bucket) for bucket in drawn]

    def _enqueue(self, batch: list[dict[str, Any]], *, is_row: bool, threshold: float | None = None) -> None:
        if is_row:
            given = {} if threshold is None else {"threshold": threshold}
            self.take({"do": "enqueue_low_confidence", "rows": batch} | given)
        else:
            self.take({"do": "enqueue_drift", "buckets": batch})
