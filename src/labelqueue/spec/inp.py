"""Bad input is refused: nothing is lost or half done because somebody was wrong.

Data frames come out of pipelines, and pipelines go wrong: a column is renamed, a
model divides by zero, a join leaves holes.  What a queue lets in it keeps for
ever, and a NaN in the order or in the file is worse than an error at the door.

Two kinds of holes are told apart.  A *missing* value (None, NaN, NaT, NA) may be
an honest "unknown": of a confidence, which then is asked about first of all doubts
there are, and of a label.  A *bad* value is a mistake, and a mistake anywhere in a
batch refuses the whole batch, since half a batch cannot be told from a whole one
afterwards.

A refusal is an error of the caller's-fault kind, and leaves memory and store as
they were.  Where one call offends several rules, any of them may be named.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Final

from labelqueue.errors import shown
from labelqueue.spec.bucket import Offence, Other, has_lone_surrogate, is_missing
from labelqueue.spec.enq import wrong_requests
from labelqueue.spec.observation import Observation
from labelqueue.spec.requirement import requirement
from labelqueue.spec.seen import utc

__all__ = [
    "bad_caps_are_refused",
    "bad_confidences_are_refused",
    "bad_limits_are_refused",
    "bad_statuses_are_refused",
    "bad_thresholds_are_refused",
    "bad_users_and_times_are_refused",
    "batches_are_all_or_nothing",
    "finer_than_a_microsecond_is_cut",
    "lone_surrogates_are_refused",
    "missing_columns_are_refused",
    "missing_confidence_is_unknown",
    "missing_label_is_none",
]

_ENQUEUE: Final = ("enqueue_low_confidence", "enqueue_drift")
_When = Callable[[Observation], bool]


def _offends(rule: str) -> _When:
    return lambda seen: any(offence.rule == rule for offence in seen.call.offences)


def _not_refused(seen: Observation, rule: str | None = None) -> Iterator[str]:
    """Say what shows that a bad call was not refused, or that it left a trace."""
    offence = next(o for o in seen.call.offences if rule in (None, o.rule))
    where = "" if offence.place is None else f" in row {offence.place}"
    what = (
        f"no {offence.column}{where}" if offence.rule == "IN-2" else f"{offence.column}={shown(offence.value)}{where}"
    )
    if seen.refusal is None:
        yield f"{seen.call.do} with {what} was not refused: {_outcome(seen)}"
    elif seen.refusal.kind != "invalid_input":
        yield f"{seen.call.do} with {what} {seen.refusal.message}, which is no error of the caller's-fault kind"
    yield from _traces(seen, what)


def _outcome(seen: Observation) -> str:
    """Say what came back instead of a refusal."""
    if seen.call.do == "get_pending":
        return f"returned {len(seen.returned)} requests, where {seen.remaining} are left of the cap"
    if seen.call.do == "reopen":
        return "the queue was opened"
    status = getattr(seen.result, "status", None)
    return f"returned {shown(seen.result)}" if status is None else f"the request has the status {shown(status)} now"


def _traces(seen: Observation, what: str) -> Iterator[str]:
    if seen.is_change:
        refused = "was refused, yet " if seen.refusal is not None else ""
        count = f"{len(seen.after)} requests where {len(seen.before)} were"
        yield f"{seen.call.do} with {what} {refused}left {count if seen.added else 'other requests'}"
    if isinstance(seen.stored, str):
        yield f"after {what} another handle {seen.stored}"
    elif (
        seen.stored is not None
        and not seen.is_tainted
        and [r.value("request_id") for r in seen.stored] != [r.request_id for r in seen.before]
    ):
        yield f"after {what} the store holds {len(seen.stored)} requests where {len(seen.before)} were"
    if seen.written:
        yield f"{seen.call.do} with {what} wrote {', '.join(seen.written)}, though nothing may change"


def _in_batch(seen: Observation) -> list[Offence]:
    return [o for o in seen.call.offences if o.place is not None and o.rule not in ("IN-2", "IN-6")]


@requirement(
    "IN-1",
    profile="input",
    source="decided",
    on=_ENQUEUE,
    when=lambda seen: bool(_in_batch(seen)),
    looks_at_refusals=True,
)
def batches_are_all_or_nothing(seen: Observation) -> Iterator[str]:
    """A batch MUST be all or nothing: with a bad row anywhere, no row of the call is added; the error MUST name the row (its place, 0-based), the column and the value.

    The usual mistake is a loop that validates and adds row by row: the rows before
    the bad one stay in memory, unsaved, and are lost or saved by accident later.
    """
    offence = _in_batch(seen)[0]
    what = f"{offence.column}={shown(offence.value)} in row {offence.place}"
    if seen.refusal is None:
        if seen.added:
            yield f"{seen.call.do} with {what} added {len(seen.added)} of {len(seen.call.buckets)} rows"
        return
    yield from _traces(seen, what)
    if not any(_names(seen.refusal.message, offence) for offence in _in_batch(seen)):
        yield (
            f"the error does not name row {offence.place}, column {offence.column} and value {shown(offence.value)}: "
            f"it {seen.refusal.message}"
        )


def _names(message: str, offence: Offence) -> bool:
    has_place = re.search(rf"(?<!\d){offence.place}(?!\d)", message) is not None
    # Whoever quotes a whole message, as Python does with that of a KeyError, escapes what was escaped before.
    words = (message, message.replace("\\\\", "\\").replace("\\'", "'"))
    named = any(spelling in text for text in words for spelling in _spellings(offence.value))
    return has_place and offence.column in message and named


def _spellings(value: object) -> list[str]:
    """The ways in which an error may write a value, in any language; what is missing has many names."""
    if is_missing(value):
        return ["None", "nan", "NaN", "NaT", "NA", "null", "undefined", "nil", "missing"]
    if isinstance(value, Other):
        return [""]  # every library writes its own values in its own way
    if isinstance(value, datetime):
        # As it was written, or in UTC.
        dates = [moment.isoformat()[:10] for moment in (value, utc(value))]
        return [*dates, repr(value)[:25], f"{value.year}, {value.month}, {value.day}"]
    if isinstance(value, str):
        return [value, repr(value)[1:-1], shown(value)[1:20], value.encode("ascii", "backslashreplace").decode()]
    if isinstance(value, float) and math.isinf(value):
        return ["inf", "Inf"]
    return [str(value), repr(value), shown(value), *_as_json(value)]


def _as_json(value: object) -> Iterator[str]:
    """Most languages write what is no text as JSON does, with blanks or without."""
    with suppress(TypeError, ValueError):
        yield json.dumps(value)
        yield json.dumps(value, separators=(",", ":"))
    if isinstance(value, float) and value.is_integer():
        yield str(int(value))


@requirement("IN-2", profile="input", source="decided", on=_ENQUEUE, when=_offends("IN-2"), looks_at_refusals=True)
def missing_columns_are_refused(seen: Observation) -> Iterator[str]:
    """A missing column or key MUST be refused by name, before anything else, where there is at least one row.

    A frame without `predicted_label` is another frame than the caller thinks.
    Taking what is absent for None enqueues it all the same.
    """
    yield from _not_refused(seen, "IN-2")
    names = {offence.column for offence in seen.call.offences}
    if seen.refusal is not None and not any(name in seen.refusal.message for name in names):
        yield f"the error names none of {', '.join(sorted(names))}: it {seen.refusal.message}"


def _holds_bad_unselected(seen: Observation) -> bool:
    if seen.call.offences:
        return False
    unselected = [bucket for bucket in seen.call.buckets if not bucket.is_selected(seen.threshold)]
    return any(any(bucket.offences(0)) for bucket in unselected)


@requirement(
    "IN-3",
    profile="input",
    source="decided",
    on=_ENQUEUE,
    when=lambda seen: _offends("IN-3")(seen) or _holds_bad_unselected(seen),
    looks_at_refusals=True,
)
def bad_users_and_times_are_refused(seen: Observation) -> Iterator[str]:
    """In a selected row, and in every drift mapping, a user that is no string, a start or end that is missing, no timestamp at all or a bare number, and an end that is not after the start MUST be refused; rows that are not selected MUST be judged by their confidence alone.

    A bare number is seconds to one and nanoseconds to another.  NaT goes through
    many a conversion without a word and sorts behind everything.
    """
    if seen.call.offences:
        yield from _not_refused(seen, "IN-3")
    else:
        yield from _wrongly_judged(seen)


def _wrongly_judged(seen: Observation) -> Iterator[str]:
    """Say what is wrong about a call that must be let in."""
    if seen.refusal is not None:
        yield f"{seen.call.do} {seen.refusal.message}, though nothing in it is bad"
    else:
        yield from wrong_requests(seen, "drift" if seen.call.do == "enqueue_drift" else "low_confidence")


def _has_unknown(seen: Observation) -> bool:
    return not seen.call.offences and any(bucket.confidence is None for bucket in seen.expected)


@requirement(
    "IN-4",
    profile="input",
    source="decided",
    on=(*_ENQUEUE, "all_items", "reopen"),
    when=lambda seen: _has_unknown(seen) if seen.call.do in _ENQUEUE else bool(seen.after),
    looks_at_refusals=True,
)
def missing_confidence_is_unknown(seen: Observation) -> Iterator[str]:
    """A missing confidence MUST mean unknown: such a row is selected under any threshold and stored as `None`; it MUST NOT be stored as NaN.

    NaN is below nothing, so that `confidence < threshold` drops just the rows about
    which nothing is known; stored, it breaks the order and the JSON.
    """
    for request in seen.after:
        if _is_nan(request.confidence):
            yield "a request has the confidence NaN"
    if seen.call.do in _ENQUEUE:
        yield from _wrongly_judged(seen)


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and value != value  # noqa: PLR0124 - NaN


@requirement("IN-5", profile="input", source="decided", on=_ENQUEUE, when=_offends("IN-5"), looks_at_refusals=True)
def bad_confidences_are_refused(seen: Observation) -> Iterator[str]:
    """A confidence that is infinite, no number, a string or a bool MUST be refused, whatever the threshold.

    Infinity is what a logarithm of zero leaves behind.  A row that the threshold
    would drop is refused as well: the column is broken.
    """
    yield from _not_refused(seen, "IN-5")


@requirement("IN-6", profile="input", source="decided", on=_ENQUEUE, when=_offends("IN-6"), looks_at_refusals=True)
def bad_thresholds_are_refused(seen: Observation) -> Iterator[str]:
    """A threshold that is not a finite real number MUST be refused, an empty frame included; a bool is not one.

    Under NaN nothing is ever selected, under infinity everything: both look like a
    quiet day, or a busy one.
    """
    yield from _not_refused(seen, "IN-6")


def _has_odd_label(seen: Observation) -> bool:
    return not seen.call.offences and any(
        not isinstance(bucket.values.get("predicted_label"), str) and "predicted_label" in bucket.keys
        for bucket in seen.expected
    )


@requirement(
    "IN-7",
    profile="input",
    source="decided",
    on=_ENQUEUE,
    when=lambda seen: _offends("IN-7")(seen) or _has_odd_label(seen),
    looks_at_refusals=True,
)
def missing_label_is_none(seen: Observation) -> Iterator[str]:
    """A missing label MUST be stored as `None`, never as a text; on the frame path another value MUST be stored as its `str`; in a drift mapping a label that is no string MUST be refused.

    `str(label)` makes "nan" and "None" of what is missing, and people are then
    asked to confirm the prediction "nan".
    """
    if seen.call.offences:
        yield from _not_refused(seen, "IN-7")
    else:
        yield from _wrongly_judged(seen)


@requirement(
    "IN-8",
    profile="input",
    source="decided",
    on=("get_pending",),
    when=lambda seen: _offends("IN-8")(seen) or seen.call.is_of_other_kind,
    looks_at_refusals=True,
)
def bad_limits_are_refused(seen: Observation) -> Iterator[str]:
    """`limit` MUST be None or an integer of 0 or more, else refused; a library's integer is one, a bool is not; a negative limit MUST NOT lift the cap.

    `requests[:limit]` with -1 returns all but one of everything that waits, beyond
    every cap.
    """
    if seen.call.offences:
        yield from _not_refused(seen, "IN-8")
    elif seen.refusal is not None:
        yield f"get_pending {seen.refusal.message}, though the limit is an integer"
    elif len(seen.returned) != seen.most:
        yield f"returned {len(seen.returned)} requests, expected {seen.most}"


@requirement("IN-9", profile="input", source="decided", on=("reopen",), when=_offends("IN-9"), looks_at_refusals=True)
def bad_caps_are_refused(seen: Observation) -> Iterator[str]:
    """`max_asks_per_day` MUST be an integer of 0 or more, else the constructor refuses; a bool is not one.

    A cap of -1 is somebody's "no cap" and somebody else's "nothing at all".
    """
    yield from _not_refused(seen, "IN-9")


@requirement("IN-10", profile="input", source="text", on=("mark_done",), when=_offends("IN-10"), looks_at_refusals=True)
def bad_statuses_are_refused(seen: Observation) -> Iterator[str]:
    """`mark_done` MUST refuse any status but `labeled` and `skipped`, `pending` included, before it looks for the id.

    One mistyped status that is stored can make the whole file unreadable.
    """
    yield from _not_refused(seen, "IN-10")


@requirement(
    "IN-11",
    profile="input",
    source="decided",
    on=_ENQUEUE,
    when=lambda seen: not seen.call.offences and any(bucket.is_finer for bucket in seen.selected),
    looks_at_refusals=True,
)
def finer_than_a_microsecond_is_cut(seen: Observation) -> Iterator[str]:
    """A timestamp finer than a microsecond MUST be cut to the microsecond before the key is formed, with no warning left to the user; two rows that become the same key are duplicates.

    Rounding moves an instant past the end of its bucket.  A key that still knows
    the nanoseconds lets the same bucket in twice, once they are gone from the store.
    """
    yield from _wrongly_judged(seen)
    if seen.warning is not None:
        yield f"the user was warned: {seen.warning}"


@requirement(
    "IN-12",
    profile="input",
    source="decided",
    on=(*_ENQUEUE, "get_pending", "mark_done"),
    when=lambda seen: (
        _offends("IN-12")(seen)
        or (
            not seen.call.offences
            and (has_lone_surrogate(seen.call.user_id) or has_lone_surrogate(seen.call.request_id))
        )
    ),
    looks_at_refusals=True,
)
def lone_surrogates_are_refused(seen: Observation) -> Iterator[str]:
    """Text to be stored that UTF-8 cannot carry MUST be refused; asked for as a user or an id, it simply matches nothing.

    A lone surrogate comes of a name that was cut in the middle of a character.  It
    passes through memory and fails in the middle of a save.
    """
    if seen.call.offences:
        yield from _not_refused(seen, "IN-12")
    elif seen.refusal is not None:
        yield f"{seen.call.do} {seen.refusal.message}, though it only asked"
    elif seen.result:
        yield f"{seen.call.do} found {shown(seen.result)}"
