"""The JSON file: a format that others may read and write.

A queue file is opened by editors, scripts and other programs; it is copied, kept
under version control and mended by hand.  So its form is public: one array, one
object per request, nine members by name, times that every language can read.

Two promises follow.  What somebody else put into the file is respected: an edit is
seen, a member that nobody knows survives, a permission stays.  And what is no queue
file is never touched: a queue that takes a broken file for an empty one destroys
it at the next save.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from labelqueue.errors import shown
from labelqueue.spec.observation import Observation
from labelqueue.spec.queue_file import FileState, NoQueueFileError
from labelqueue.spec.requirement import requirement
from labelqueue.spec.seen import FIELDS

__all__ = [
    "absent_members_have_defaults",
    "bits_and_links_stay",
    "no_queue_file_is_refused",
    "one_array_of_objects",
    "outside_changes_are_seen",
    "times_are_rfc3339_with_z",
    "unknown_members_survive",
]

_CHANGING: Final = ("enqueue_low_confidence", "enqueue_drift", "mark_done")
_READING: Final = ("get_pending", "all_items")
_TIMES: Final = ("bucket_start_ts", "bucket_end_ts", "created_at")
_UTC_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?Z")
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_FILE_NAME: Final = "queue.json"


def _has_written(seen: Observation) -> bool:
    before, after = seen.file_before, seen.file_after
    return (
        seen.call.do in _CHANGING
        and not seen.call.offences
        and before is not None
        and after is not None
        and before.error is None
        and after.content != before.content
    )


def _items(seen: Observation) -> list[dict[str, Any]]:
    assert seen.file_after is not None
    return seen.file_after.items if seen.file_after.error is None else []


@requirement("FILE-1", profile="file", source="both", on=_CHANGING, when=_has_written, looks_at_refusals=True)
def one_array_of_objects(seen: Observation) -> Iterator[str]:
    """The store MUST be one UTF-8 file holding one JSON array (RFC 8259: no NaN, no Infinity, no byte order mark), one object per request in enqueue order, with the nine fields by name.

    Many a library writes NaN without being asked.  Members that have a default are
    written all the same: a reader in another language knows no defaults.  What else a
    row or a mapping says is no member (ENQ-7, DRIFT-3).
    """
    assert seen.file_after is not None
    if seen.file_after.error is not None:
        yield f"after {seen.call.do} the file is no queue file: {seen.file_after.error}"
        return
    items = _items(seen)
    if [item["request_id"] for item in items] != [request.request_id for request in seen.after]:
        yield f"the file holds {len(items)} objects, not the {len(seen.after)} requests in enqueue order"
    ids = {item["request_id"] for item in items}
    known = {request_id for request_id in seen.enqueued if request_id in ids}
    order = [item["request_id"] for item in items if item["request_id"] in known]
    if not seen.is_tainted and order != [request_id for request_id in seen.enqueued if request_id in known]:
        yield "the file does not hold the requests in the order in which they were enqueued"
    new = {request.request_id for request in seen.after} - {request.request_id for request in seen.before}
    further = _further_keys(seen)
    for place, item in enumerate(items):
        missing = [field for field in FIELDS if field not in item]
        if missing:
            yield f"item {place} of the file has no member {missing[0]!r}"
        strays = further & item.keys() if item["request_id"] in new else ()
        if strays:
            yield f"item {place} of the file has a member {min(strays)!r}, which was handed in and is no field"
    held = {request.request_id: request for request in seen.after}
    for place, request in enumerate(seen.file_after.requests):
        changed = request.differs_from(held[request.request_id]) if request.request_id in held else []
        if changed:
            yield f"item {place} of the file has another {changed[0]} than the request"


def _further_keys(seen: Observation) -> set[str]:
    """What the rows or mappings that were handed in say beside the fields of a request."""
    return {key for bucket in seen.call.buckets for key in bucket.keys} - set(FIELDS)


@requirement(
    "FILE-2",
    profile="file",
    source="text",
    on=(*_CHANGING, "store", "reopen"),
    when=lambda seen: _has_written(seen) or _is_read_anew(seen),
    looks_at_refusals=True,
)
def times_are_rfc3339_with_z(seen: Observation) -> Iterator[str]:
    """Timestamps MUST be written as RFC 3339 in UTC with `Z`; a reader MUST also take any offset, and take a naive one as UTC.

    A time that is loaded as it stands is compared with others of another kind, and
    the daily cap counts it on the wrong day.
    """
    assert seen.file_after is not None
    if seen.call.do in _CHANGING:
        error = seen.file_after.error
        if error is not None and error.field in _TIMES:
            yield f"after {seen.call.do} the file has a time that is none: {error}"
        for place, item in enumerate(_items(seen)):
            for name in _TIMES:
                if not _UTC_TIME.fullmatch(item[name]):
                    yield f"item {place} of the file has {name}={item[name]!r}, not RFC 3339 in UTC with Z"
        return
    held = {request.request_id: request for request in seen.after}
    for item, request in zip(seen.file_after.items, seen.file_after.requests, strict=True):
        for name in _TIMES if request.request_id in held else ():
            expected, got = getattr(request, name), getattr(held[request.request_id], name)
            # An instant is not enough: whoever asks for its date must get that of UTC.
            if not _is_utc(got) or got != expected:
                yield (
                    f"{name} stands as {item[name]!r} in the file, which is {expected.isoformat()}; "
                    f"all_items says {got.isoformat()}, of which others take the date as it stands"
                )


def _is_utc(moment: datetime) -> bool:
    return moment.utcoffset() == timedelta(0)


def _is_sound(file: FileState | None) -> bool:
    return file is not None and file.error is None


def _is_read_anew(seen: Observation) -> bool:
    return seen.call.do in ("store", "reopen") and _is_sound(seen.file_after) and not seen.call.offences


@requirement(
    "FILE-3",
    profile="file",
    source="both",
    on=("reopen",),
    when=lambda seen: (
        _is_read_anew(seen)
        and seen.file_after is not None
        and any(set(FIELDS) - set(item) for item in seen.file_after.items)
    ),
    looks_at_refusals=True,
)
def absent_members_have_defaults(seen: Observation) -> Iterator[str]:
    """Files that taskclf wrote from valid input MUST load, and taskclf MUST load files that we wrote, with equal requests; members that have a default MAY be absent.

    A confidence or a label that is absent is unknown, a status that is absent is
    pending.
    """
    assert seen.file_after is not None
    if seen.refusal is not None:
        yield f"a file in which only members with a default are absent was refused: {seen.refusal.message}"
        return
    # Times are the matter of FILE-2.
    for place, (request, held) in enumerate(zip(seen.file_after.requests, seen.after, strict=False)):
        for name in ("confidence", "predicted_label", "status"):
            if request.value(name) != held.value(name):
                yield f"item {place} of the file has {name}={getattr(request, name)!r}, all_items says {shown(getattr(held, name))}"
    if len(seen.after) != len(seen.file_after.items):
        yield f"{len(seen.after)} of {len(seen.file_after.items)} requests were loaded"


def _needs_what_is_none(seen: Observation) -> bool:
    return (
        seen.call.do in (*_CHANGING, *_READING)
        and seen.file_before is not None
        and seen.file_before.error is not None
        and not seen.call.offences
        and _needs_the_store(seen)
    )


def _is_odd(file: FileState | None) -> bool:
    requests = [] if file is None else file.requests
    pending = [request.key for request in requests if request.is_pending]
    return (
        len(set(pending)) < len(pending)
        or any(request.bucket_end_ts <= request.bucket_start_ts for request in requests)
        or not all(map(_UUID.fullmatch, (request.request_id for request in requests)))
    )


def _needs_the_store(seen: Observation) -> bool:
    if seen.call.do in ("enqueue_low_confidence", "enqueue_drift"):
        return bool(seen.selected)
    return True


@requirement(
    "FILE-4",
    profile="file",
    source="decided",
    on=(*_CHANGING, *_READING, "store", "reopen"),
    when=lambda seen: _needs_what_is_none(seen) or (_is_read_anew(seen) and _is_odd(seen.file_after)),
    looks_at_refusals=True,
)
def no_queue_file_is_refused(seen: Observation) -> Iterator[str]:
    """A file that is no such array MUST be refused, by the constructor or by the first call that needs the store, with an error that names the file and, where there is one, the item and the field; it MUST be left byte for byte as it was, by that call and by any later one; what is only odd MUST be loaded all the same: an id that is no UUID, an end not after its start, two pending for one bucket.

    Empty is not an empty array: a crash leaves empty files.  What is taken for an
    empty queue is overwritten by the next change, with everything that was in it.
    Where a number is beyond all doubles, or a surrogate is alone, what reads the JSON
    may refuse the whole of it, as it does with NaN: then there is no item to name.
    """
    if seen.call.do in ("store", "reopen"):
        if seen.refusal is not None:
            yield f"a file that is only odd was refused: {seen.refusal.message}"
        return
    assert seen.file_before is not None
    error = seen.file_before.error
    if seen.refusal is None:
        result = f"{len(seen.result)} requests" if isinstance(seen.result, list) else shown(seen.result)
        yield f"the file is no queue file ({error}), and {seen.call.do} did not refuse it: it returned {result}"
    else:
        yield from _unnamed(seen.refusal.message, seen.file_before)
    if seen.file_after is None or seen.file_after.content != seen.file_before.content:
        yield f"{seen.call.do} changed a file that is no queue file ({error})"


def _unnamed(message: str, file: FileState) -> Iterator[str]:
    if not any(name in message for name in (_FILE_NAME, *file.links)):
        yield f"the error does not name the file: it {message}"
    error = file.error
    # Where more than one thing is wrong, any of them may be named.
    if error is None or any(_names_item(message, flaw) and _names_field(message, flaw) for flaw in error.flaws):
        return
    if not _names_item(message, error):
        yield f"the error does not name item {error.item}: it {message}"
    if not _names_field(message, error):
        yield f"the error does not name field {error.field}: it {message}"


def _names_item(message: str, flaw: NoQueueFileError) -> bool:
    return flaw.item is None or re.search(rf"(?<!\d){flaw.item}(?!\d)", message) is not None


def _names_field(message: str, flaw: NoQueueFileError) -> bool:
    return flaw.field not in FIELDS or flaw.field in message


@requirement(
    "FILE-5",
    profile="file",
    source="decided",
    on=_CHANGING,
    when=lambda seen: _has_written(seen) and bool(_unknown(seen.file_before)),
    looks_at_refusals=True,
)
def unknown_members_survive(seen: Observation) -> Iterator[str]:
    """Members that a reader does not know MUST survive its rewriting of the file.

    They are another program's: a note, a priority, the id in another system.
    """
    before, after = _unknown(seen.file_before), _unknown(seen.file_after)
    for request_id, members in before.items():
        lost = [name for name, value in members.items() if after.get(request_id, {}).get(name, ...) != value]
        if lost:
            yield f"{seen.call.do} lost, or changed, the member {lost[0]!r} of request {request_id}"


def _unknown(file: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401 - a FileState or None
    if file is None or file.error is not None:
        return {}
    found = {i["request_id"]: {n: v for n, v in i.items() if n not in FIELDS} for i in file.items}
    return {request_id: members for request_id, members in found.items() if members}


@requirement("FILE-6", profile="file", source="decided", on=_CHANGING, when=_has_written, looks_at_refusals=True)
def bits_and_links_stay(seen: Observation) -> Iterator[str]:
    """An existing file MUST keep its permission bits, a new one MUST get those of the process (umask); a symbolic link MUST stay a link, and its target is what changes.

    A temporary file is private to its maker; renamed over the target as it is, it
    shuts out everybody who could read the queue before.
    """
    before, after = seen.file_before, seen.file_after
    assert before is not None
    assert after is not None
    if len(after.links) < len(before.links):
        yield f"{seen.call.do} put a file in the place of a symbolic link; what the link pointed at is left behind"
    if before.mode is not None and after.mode != before.mode:
        yield f"{seen.call.do} changed the file's permission bits from {before.mode:o} to {after.mode or 0:o}"
    if before.mode is None and seen.umask is not None and after.mode != 0o666 & ~seen.umask:
        yield f"a new file has the permission bits {after.mode or 0:o} under the umask {seen.umask:o}"


@requirement(
    "FILE-7",
    profile="file",
    source="decided",
    on=("store", "get_pending", *_CHANGING),
    when=lambda seen: _is_read_anew(seen) if seen.call.do == "store" else _is_first_after_a_change(seen),
    looks_at_refusals=True,
)
def outside_changes_are_seen(seen: Observation) -> Iterator[str]:
    """A file that was changed, replaced or deleted from outside MUST be seen as it now is by the next call.

    An editor saves, a script marks a hundred requests: a queue that goes on with
    what it remembers undoes it all at its next save.
    """
    assert seen.file_after is not None
    if seen.refusal is not None:
        yield f"after the file was changed from outside, reading {seen.refusal.message}"
        return
    if seen.call.do != "store":
        yield from _answered_from_memory(seen)
        return
    # Times are the matter of FILE-2.
    values = ("request_id", "user_id", "reason", "confidence", "predicted_label", "status")
    in_file = [tuple(getattr(request, name) for name in values) for request in seen.file_after.requests]
    held = [tuple(getattr(request, name) for name in values) for request in seen.after]
    if len(in_file) != len(held):
        change = "deleted" if seen.file_after.content is None else "changed"
        yield f"the file was {change} from outside; it holds {len(in_file)} requests now, all_items says {len(held)}"
    for place, (expected, got) in enumerate(zip(in_file, held, strict=False)):
        for name, one, other in zip(values, expected, got, strict=True):
            if one != other:
                yield f"item {place} of the file has {name}={one!r} since it was changed from outside, all_items says {other!r}"


def _is_first_after_a_change(seen: Observation) -> bool:
    return seen.follows_change and _is_sound(seen.file_before) and not seen.call.offences


def _answered_from_memory(seen: Observation) -> Iterator[str]:
    since = "since it was changed from outside"
    left = {request.request_id for request in seen.after}
    for request in seen.before:
        if request.request_id not in left:
            yield f"{request.request_id!r} is in the file {since}, and went away with {seen.call.do}"
            return
    if seen.call.do == "mark_done":
        if (seen.result is None) != (seen.target is None):
            there = "not in the file" if seen.target is None else "in the file"
            yield f"the id {seen.call.request_id!r} is {there} {since}, mark_done returned {shown(seen.result)}"
    elif seen.call.do == "get_pending":
        waiting = {request.request_id for request in seen.waiting}
        gone = [request.request_id for request in seen.returned if request.request_id not in waiting]
        if gone:
            yield f"{gone[0]!r} is not pending in the file {since}, get_pending returned it"
        elif len(seen.returned) < seen.most:
            yield f"{seen.most} requests are to be returned {since}, get_pending returned {len(seen.returned)}"
    elif seen.result != len(seen.expected):
        yield f"{len(seen.expected)} buckets are not pending in the file {since}, {seen.call.do} returned {shown(seen.result)}"
