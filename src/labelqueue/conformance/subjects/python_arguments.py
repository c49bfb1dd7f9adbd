"""The arguments of a Python subject: what a step hands in, made of Python's and the libraries' own values."""

from __future__ import annotations

from collections import ChainMap, defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from labelqueue.conformance.steps import Step, value_of
from labelqueue.errors import shown
from labelqueue.spec.bucket import Other, has_lone_surrogate

__all__ = ["arguments_of", "change", "native"]


def arguments_of(step: Step) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments of the call that a resolved step asks for: those by place, and those by name."""
    names = ("threshold", "user_id", "limit", "status")
    keywords = {name: native(step[name]) for name in names if name in step}
    if step["do"] == "enqueue_low_confidence":
        return [_frame_of(step)], keywords
    if step["do"] == "enqueue_drift":
        buckets = [_row_of(bucket) for bucket in step["buckets"]]
        return [tuple(map(_view_of, buckets)) if step.get("views") else buckets], keywords
    if step["do"] == "mark_done":
        return [step["request_id"]], keywords
    return [], keywords


def _view_of(bucket: dict[str, Any]) -> Mapping[str, Any]:
    """Make a mapping that is no dict, and that has a key for good once it is asked for by brackets."""
    return ChainMap(defaultdict(_nothing, bucket))


def _nothing() -> None:
    """The value of a key that is not there."""


def _row_of(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: native(value) for name, value in row.items()}


def native(form: Any) -> Any:  # noqa: ANN401 - any JSON in, any Python out
    """Make the Python value that a form means, with the library's own types where it names one.

    Args:
        form: A value of a step, as JSON.
    """
    value = value_of(form)
    if isinstance(value, Other):
        return _of_another_kind(value)
    if not isinstance(form, Mapping) or not ({"of", "$missing"} & set(form)):
        return value
    if "$datetime" in form:
        return _datetime_of(form)
    import numpy as np  # noqa: PLC0415 - loaded for those who hand in its values
    import pandas as pd  # noqa: PLC0415 - as above

    if "$missing" in form:
        not_a_time = np.datetime64("NaT") if "of" in form else pd.NaT
        return {"nan": float("nan"), "NaT": not_a_time, "NA": pd.NA, "None": None}[form["$missing"]]
    if "$int" in form:  # of as few bits as will do, which are not those that a library takes unasked
        return np.min_scalar_type(form["$int"]).type(form["$int"])
    return np.float32(form["$float"])


class _Moment(datetime):
    """A datetime of a class of its own, as libraries about time have."""


def _datetime_of(form: Mapping[str, Any]) -> Any:  # noqa: ANN401 - of a library
    if form["of"] == "subclass":
        return _Moment.fromisoformat(form["$datetime"])
    import pandas as pd  # noqa: PLC0415 - loaded for those who hand in its values

    moment = pd.Timestamp(form["$datetime"])
    if form["of"] == "pandas":
        return moment
    return (moment.tz_convert(None) if moment.tz is not None else moment).to_datetime64()


def _of_another_kind(other: Other) -> Any:  # noqa: ANN401 - any Python out
    import numpy as np  # noqa: PLC0415 - loaded for those who hand in its values

    make: dict[str, Callable[[Any], Any]] = {
        "bool": np.bool_,
        "bytes": lambda text: text.encode("utf-8"),
        "date": date.fromisoformat,
        "duration_s": lambda seconds: timedelta(seconds=seconds),
        "complex": lambda parts: complex(*parts),
    }
    return make[other.kind](other.value)


def _frame_of(step: Step) -> Any:  # noqa: ANN401 - a pandas frame
    import pandas as pd  # noqa: PLC0415 - loaded for those who hand in pandas

    rows = [_row_of(row) for row in step["rows"]]
    # A text column of pandas' own may be unable to hold what UTF-8 cannot carry.
    is_odd = any(has_lone_surrogate(value) for row in rows for value in row.values())
    frame = pd.DataFrame(rows, columns=step.get("columns"), index=step.get("index"), dtype=object if is_odd else None)
    if "index" in step:
        frame.index.name = "user_id"  # as `set_index(..., drop=False)` leaves it: who makes a column of it fails
    kinds: dict[str, Any] = {"ordered category": pd.CategoricalDtype(ordered=True)}
    return frame.astype({name: kinds.get(kind, kind) for name, kind in step.get("types", {}).items() if name in frame})


def change(before: list[Any], after: list[Any]) -> str | None:
    """Say how the arguments by place were changed by a call; `None` where they were not.

    Args:
        before: A copy that was made before it.
        after: Those that it was given.
    """
    for one, other in zip(before, after, strict=True):
        if not hasattr(one, "columns"):
            if one != other or repr(one) != repr(other):
                return f"it was {shown(one)} and is {shown(other)}"
        elif list(one.columns) != list(other.columns):
            return f"its columns were {list(one.columns)} and are {list(other.columns)}"
        elif list(one.index) != list(other.index) or one.index.names != other.index.names:
            return f"its index was {list(one.index)} and is {list(other.index)}"
        elif (dtypes := list(map(str, one.dtypes))) != list(map(str, other.dtypes)):
            return f"its column types were {dtypes} and are {list(map(str, other.dtypes))}"
        elif repr(one.to_numpy().tolist()) != repr(other.to_numpy().tolist()):
            return "values in it are others"
    return None
