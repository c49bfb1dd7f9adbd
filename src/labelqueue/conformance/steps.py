"""Steps: one vocabulary for cases, generated programs, reports and replays.

A step is a JSON object `{"do": operation, …}`.  Operations are the five of the
contract; `reopen`, `clock` and `store` are control steps.  Arguments are plain JSON, with
few forms for what JSON cannot say:

| form | meaning |
|---|---|
| `{"$datetime": TEXT}` | the moment as the language's own datetime; bare text is handed in as text |
| `{"$datetime": TEXT, "of": "pandas"}` | as a pandas `Timestamp` (or `numpy`'s `datetime64`), where there is one |
| `{"$datetime": TEXT, "of": "subclass"}` | as a datetime of a class derived from the language's, where there are such |
| `{"$datetime": TEXT, "zone": NAME}` | as a datetime in a zone of the zone database, where there is one |
| `{"$ref": NAME}` | the id that an earlier expectation bound with `$bind` |
| `{"$ref": NAME, "first": N}` | its first N characters, which are the id of nothing |
| `{"$ref": NAME, "spelled": HOW}` | another spelling of the UUID, `upper`, `hex` or `urn`: the id of nothing |
| `{"$place": N}` | the id of the request at place N of `all_items`, from 0; `first` and `spelled` as above |
| `{"$float": "nan"}` | a float that JSON has no literal for: `nan`, `inf`, `-inf` |
| `{"$float": X, "of": "numpy"}` | a float of a library's own, of 32 bits, where there is one |
| `{"$missing": KIND}` | what a data library has for a missing value: `nan`, `NaT`, `NA`, else null; `None` |
| `{"$missing": "NaT", "of": "numpy"}` | what another library has for it, else null |
| `{"$int": N, "of": "numpy"}` | an integer of a library's own, of as few bits as will do, where there is one |
| `{"$bool": B, "of": "numpy"}` | a bool of a library's own; never valid |
| `{"$bytes": TEXT}`, `{"$date": TEXT}` | a value of another kind; elsewhere the object itself; never valid |
| `{"$duration_s": N}`, `{"$complex": [RE, IM]}` | as these |
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from labelqueue.spec import ABSENT, Bucket, Call, Seen
from labelqueue.spec.bucket import Missing, Other
from labelqueue.spec.seen import FIELDS

__all__ = ["Step", "call_of", "moment_of", "neutral", "resolved", "text_of", "value_of"]

Step = Mapping[str, Any]

_SPELLINGS: Final[dict[str, Callable[[str], str]]] = {
    "upper": str.upper,
    "hex": lambda request_id: request_id.replace("-", ""),
    "urn": lambda request_id: f"urn:uuid:{request_id}",
    "between blanks": lambda request_id: f" {request_id} ",
}
_COLUMNS: Final = ["user_id", "bucket_start_ts", "bucket_end_ts", "confidence", "predicted_label"]


def resolved(step: Step, bound: Mapping[str, str], items: Sequence[Seen]) -> dict[str, Any]:
    """Put the ids in place of `$ref` and `$place`, and a bucket as often as `times` says.

    Args:
        step: Any step.
        bound: What earlier expectations bound.
        items: What `all_items` says now.

    Returns:
        A copy; a place that is not there becomes an id that nothing has.
    """
    if "times" in step:
        [bucket] = step["buckets"]
        buckets = [_later(bucket, minutes) for minutes in range(step["times"])]
        return {name: value for name, value in step.items() if name != "times"} | {"buckets": buckets}
    form = step.get("request_id")
    if not isinstance(form, Mapping):
        return dict(step)
    if "$ref" in form:
        request_id = bound.get(form["$ref"], "00000000-0000-4000-8000-000000000000")
    else:
        place = form["$place"]
        request_id = items[place].request_id if place < len(items) else "00000000-0000-4000-8000-000000000000"
    if "spelled" in form:
        request_id = _SPELLINGS[form["spelled"]](request_id)
    return {**step, "request_id": request_id[: form.get("first")]}


def _later(bucket: Mapping[str, Any], minutes: int) -> dict[str, Any]:
    times = ("bucket_start_ts", "bucket_end_ts")
    return {**bucket, **{name: text_of(moment_of(bucket[name]) + timedelta(minutes=minutes)) for name in times}}


def text_of(moment: datetime) -> str:
    """Write an instant as RFC 3339 in UTC with `Z`, with a fraction where there is one."""
    utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return utc.isoformat().replace("+00:00", "Z")


def moment_of(form: Any) -> datetime:  # noqa: ANN401 - any JSON
    """Read a timestamp in a step as it is written: naive, with its offset, or in its zone."""
    if not isinstance(form, Mapping):
        return datetime.fromisoformat(form)
    moment = datetime.fromisoformat(form["$datetime"])
    return moment.astimezone(_zone(form["zone"])) if "zone" in form else moment


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:  # a machine without the zone database
        return UTC


def value_of(form: Any) -> Any:  # noqa: ANN401 - any JSON in, a neutral value out
    """Read any value in a step: datetimes, odd floats and what is missing as such."""
    if not isinstance(form, Mapping):
        return form
    for name, read in _READ.items():
        if name in form:
            return read(form)
    return dict(form)


def _missing_of(form: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a float, or what a library has
    # A NaN is the same to every library.
    return math.nan if form["$missing"] == "nan" else Missing(form["$missing"])


def _other(kind: str) -> Callable[[Mapping[str, Any]], Other]:
    return lambda form: Other(kind, form[f"${kind}"])


_READ: Final[dict[str, Callable[[Mapping[str, Any]], Any]]] = {
    "$datetime": moment_of,
    "$int": lambda form: form["$int"],
    "$float": lambda form: float(form["$float"]),
    "$missing": _missing_of,
    **{f"${kind}": _other(kind) for kind in ("bool", "bytes", "date", "duration_s", "complex")},
}


def call_of(step: Step) -> Call:
    """Read a resolved step as the call that requirements judge."""
    do = step["do"]
    is_row = do == "enqueue_low_confidence"
    rows = step.get("rows", step.get("buckets", ()))
    columns = step.get("columns") or [name for row in rows for name in row]
    return Call(
        do=do,
        buckets=tuple(_bucket_of(row, is_row=is_row) for row in rows),
        columns=frozenset(columns),
        threshold=value_of(step["threshold"]) if "threshold" in step else ABSENT,
        is_odd_frame=is_row and ("index" in step or "columns" in step or any(set(row) - set(_COLUMNS) for row in rows)),
        user_id=step.get("user_id"),
        limit=value_of(step.get("limit")),
        request_id=step.get("request_id"),
        status=step.get("status", ABSENT),
        max_asks_per_day=step.get("max_asks_per_day", ABSENT),
        is_of_other_kind=any(isinstance(value, Mapping) and "of" in value for value in step.values()),
    )


def _bucket_of(row: Mapping[str, Any], *, is_row: bool) -> Bucket:
    is_finer = any(
        re.search(r"\.\d{7,}", form["$datetime"] if isinstance(form, Mapping) and "$datetime" in form else str(form))
        for form in (row.get("bucket_start_ts"), row.get("bucket_end_ts"))
    )
    return Bucket({name: value_of(form) for name, form in row.items()}, is_row=is_row, is_finer=is_finer)


def neutral(value: Any) -> Any:  # noqa: ANN401 - any result
    """Write a result as JSON: requests as objects, times as text, odd floats as `$float`."""
    if isinstance(value, Seen):
        request = {field: neutral(getattr(value, field)) for field in FIELDS}
        return {field: held for field, held in request.items() if held is not ABSENT}
    if isinstance(value, datetime):
        return text_of(value)
    if isinstance(value, list | tuple):
        return [neutral(part) for part in value]
    if isinstance(value, Mapping):
        return {str(name): neutral(part) for name, part in value.items()}
    if value is None or value is ABSENT or isinstance(value, str | int | float):
        return value if not isinstance(value, float) or math.isfinite(value) else {"$float": repr(value)}
    return repr(value)
