"""The check: every problem of a queue file, and what can be mended without a guess.

Serves FILE-1, FILE-2, FILE-4 and FILE-5.  It works on bytes and opens nothing;
files, and what is said about them, are the business of `labelqueue.cli.check`.

What the queue refuses is decided in one place, `labelqueue.document`, which stops
at the first problem.  To find the others too, each item is handed to it alone, and
again with the refused field replaced by a sound one, until nothing is refused.  So
the check is never of another opinion than the queue.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args

from labelqueue.contract import Reason, Status
from labelqueue.document import requests_from_bytes, requests_to_bytes
from labelqueue.errors import UnreadableStoreError, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from labelqueue.request import LabelRequest

__all__ = ["Mend", "Problem", "mended", "problems_in"]

_TIMES: Final = ("bucket_start_ts", "bucket_end_ts", "created_at")
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WORDS: Final = {"reason": get_args(Reason), "status": get_args(Status)}
_TIME_MEND: Final = "write it like 2026-01-01T09:00:00Z"
# In the order of the model: what stands in for a refused value, and how to mend one.
_FIELDS: Final = {
    "request_id": ("", "write a UUID of its own"),
    "user_id": ("", "write whose bucket it is"),
    "bucket_start_ts": ("2026-01-01T09:00:00Z", _TIME_MEND),
    "bucket_end_ts": ("2026-01-01T09:15:00Z", _TIME_MEND),
    "reason": ("drift", "write why it was enqueued"),
    "confidence": (None, "write a finite number, or null where it is unknown"),
    "predicted_label": (None, "write text, or null where there is none"),
    "created_at": ("2026-01-01T12:00:00Z", _TIME_MEND),
    "status": ("pending", "write the state that it is in"),
}
_ORDER: Final = (None, *_FIELDS)


class Problem(NamedTuple):
    """One thing that is wrong with a queue file.

    Attributes:
        item: The place of the item in the array, from 0, or `None` for the file.
        field: The member of that item, or `None` for all of it.
        rule: What is wrong, in words that begin with the value where there is one.
        mend: What to do about it.
        is_blocking: Whether the queue refuses the file because of it.
        is_fixable: Whether `mended` mends it, if nothing else stands in the way.
    """

    item: int | None
    field: str | None
    rule: str
    mend: str
    is_blocking: bool = False
    is_fixable: bool = False


class Mend(NamedTuple):
    """One value that was mended: item and field as in `Problem`, and what was done, in words."""

    item: int | None
    field: str | None
    change: str


@dataclass(frozen=True, eq=False)
class _Odd:
    """What canonical bytes cannot keep: a number that is not finite, or every value of a name that repeats."""

    text: str
    values: tuple[Any, ...] = ()

    def __repr__(self) -> str:
        return self.text


class _Item(NamedTuple):
    place: int
    members: dict[str, Any]
    request: LabelRequest  # with stand-ins for the refused fields
    refused: frozenset[str]

    def has(self, *fields: str) -> bool:
        return self.refused.isdisjoint(fields)


def problems_in(content: bytes, now: datetime) -> list[Problem]:
    """Find every problem of a queue file.

    Args:
        content: The bytes of the file.
        now: The moment after which a time is in the future; aware.

    Returns:
        Problems of the file first, then by item and field; empty for a sound
        file, however its JSON is laid out.  One of them is blocking if and only
        if the queue refuses the file.

    Requirements:
        [FILE-1][], [FILE-2][], [FILE-4][]

    Examples:
        >>> from datetime import UTC, datetime
        >>> [problem] = problems_in(b"", datetime(2026, 1, 15, tzinfo=UTC))
        >>> problem.rule, problem.is_blocking
        ('is empty, not a JSON array', True)
    """
    body = content.removeprefix(codecs.BOM_UTF8)
    found: list[Problem] = []
    # Nested too deeply to be taken apart: what the queue says of it is all there is.
    with contextlib.suppress(RecursionError):
        found = list(_located(_parsed(body), now))
    if not any(problem.is_blocking for problem in found):
        try:
            requests_from_bytes(body, "")
        except UnreadableStoreError as error:
            mend = "mend it by hand, or restore a copy"
            found.append(Problem(error.item, error.field, error.rule, mend, is_blocking=True))
    if body != content:
        rule, mend = "begins with a byte order mark, which JSON does not have", "take it away, or let --fix do it"
        found.insert(0, Problem(None, None, rule, mend, is_blocking=True, is_fixable=True))
    return sorted(dict.fromkeys(found), key=_order)


def mended(content: bytes) -> tuple[bytes, list[Mend]] | None:
    """Mend what can be mended without a guess, and write the file canonically.

    A naive time becomes UTC, which is how the queue reads it; a confidence that
    is NaN becomes null; a byte order mark goes.  Members that the queue does not
    know survive.  Whatever else is wrong stays as it is.

    Args:
        content: The bytes of the file.

    Returns:
        The new bytes, which are the old ones when those are canonical, and every
        value that is written otherwise than before, in file order; or `None`
        when nothing may be written: the queue would still refuse the file, or
        writing it would lose something.

    Requirements:
        [FILE-1][], [FILE-2][], [FILE-5][]
    """
    body = content.removeprefix(codecs.BOM_UTF8)
    try:
        items = _parsed(body)
        if any(not problem.is_fixable for place, item in enumerate(items) for problem in _odd_parts(place, item)):
            return None
        readable = json.dumps(items, default=lambda _: None).encode("ascii") if items else body
        canonical = requests_to_bytes(requests_from_bytes(readable, ""))
    except (UnreadableStoreError, RecursionError, ValueError):
        return None  # a ValueError: pydantic writes no more than 254 levels of nesting
    mends = [] if body == content else [Mend(None, None, "the byte order mark was taken away")]
    for place, (before, after) in enumerate(zip(items, json.loads(canonical), strict=True)):
        for field, value in after.items():
            written = "null" if value is None else shown(value)
            if field not in before:
                mends.append(Mend(place, field, f"was absent and is {written} now"))
            elif before[field] != value:
                mends.append(Mend(place, field, f"{shown(before[field])} became {written}"))
    return canonical, mends


def _order(problem: Problem) -> tuple[int, int]:
    field = _ORDER.index(problem.field) if problem.field in _ORDER else len(_ORDER)
    return -1 if problem.item is None else problem.item, field


def _parsed(body: bytes) -> list[Any]:
    """Read the array, odd parts included; none at all when it is no JSON array."""

    def number(text: str) -> float | _Odd:
        return value if math.isfinite(value := float(text)) else _Odd(text)

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(plain := dict(pairs)) == len(pairs):
            return plain
        values: dict[str, list[Any]] = {name: [] for name in plain}
        for name, value in pairs:
            values[name].append(value)
        return {name: _Odd(name, tuple(each)) if len(each) > 1 else each[0] for name, each in values.items()}

    try:
        items = json.loads(body.decode("utf-8"), parse_constant=_Odd, parse_float=number, object_pairs_hook=members)
    except ValueError:
        return []
    return items if isinstance(items, list) else []


def _plain(value: object) -> object:
    """Return what the queue sees of an odd part, with a number for one that is not finite."""
    return (value.values or (0,))[-1] if isinstance(value, _Odd) else value


def _located(parsed: list[Any], now: datetime) -> Iterator[Problem]:
    items: list[_Item] = []
    for place, members in enumerate(parsed):
        odd = list(_odd_parts(place, members))
        known = frozenset(str(problem.field) for problem in odd if problem.is_blocking)
        refused, item = _judged(place, members, known)
        yield from [*odd, *refused]
        if item is not None:
            items.append(item)
            yield from _doubtful(item, now)
    yield from _among(items)


def _odd_parts(place: int, item: object) -> Iterator[Problem]:
    for field, value in item.items() if isinstance(item, dict) else ():
        inner = [value]
        while inner:
            part = inner.pop()
            if isinstance(part, _Odd) and part.values:
                rule = f"the name {shown(part.text)} stands more than once in one object"
                yield Problem(place, field, rule, "keep one of them")
                inner.extend(part.values)
            elif isinstance(part, _Odd):
                is_fixable = field == "confidence" and part is value and part.text == "NaN"
                mend = "write a finite number, or let --fix write null" if is_fixable else _mend(field)
                rule = f"{shown(part)} is not a finite number"
                yield Problem(place, field, rule, mend, is_blocking=True, is_fixable=is_fixable)
            elif isinstance(part, dict | list):
                inner.extend(part.values() if isinstance(part, dict) else part)


def _judged(place: int, item: Any, known: frozenset[str]) -> tuple[list[Problem], _Item | None]:  # noqa: ANN401 - any JSON
    """Ask the queue about one item, until it refuses no more fields than those `known` before."""
    problems: list[Problem] = []
    members = {name: _plain(value) for name, value in item.items()} if isinstance(item, dict) else {}
    refused = known
    while True:
        sound = {name: value for name, value in members.items() if name not in refused}
        sound |= {name: stand_in for name, (stand_in, _) in _FIELDS.items() if name in refused}
        probe = json.dumps([sound if isinstance(item, dict) else item], default=_plain)
        try:
            [request] = requests_from_bytes(probe.encode("ascii"), "")
        except UnreadableStoreError as error:
            if error.field is None:
                return [Problem(place, None, error.rule, "delete it", is_blocking=True)], None
            rule = _rule(error.field, members.get(error.field), error.rule)
            problems.append(Problem(place, error.field, rule, _mend(error.field), is_blocking=True))
            refused |= {error.field}
        else:
            return problems, _Item(place, members, request, refused)


def _rule(field: str, value: object, rule: str) -> str:
    if isinstance(value, str) and field in _WORDS:
        return f"{shown(value)} is not one of {', '.join(map(repr, _WORDS[field]))}"
    # The queue writes a colon between a time and the clause about it.
    return rule.replace(f"{shown(value)}: ", f"{shown(value)} ", 1)


def _mend(field: str) -> str:
    return _FIELDS[field][1] if field in _FIELDS else "mend it, or delete it"


def _doubtful(item: _Item, now: datetime) -> Iterator[Problem]:
    """Find what the queue reads all the same, in one item."""
    place, members, request, _ = item
    if item.has("request_id") and not _UUID.fullmatch(request.request_id):
        rule = f"{shown(request.request_id)} is not a UUID in its canonical text form"
        yield Problem(place, "request_id", rule, _mend("request_id"))
    for field in filter(item.has, _TIMES):
        text = members[field]
        # Before its ninth character a date may have hyphens of its own.
        if not {*text[8:]} & {*"Zz+-"}:
            mend = "write the offset that was meant, or let --fix write it as UTC"
            yield Problem(place, field, f"{shown(text)} has no offset from UTC", mend, is_fixable=True)
        if getattr(request, field) > now:
            yield Problem(place, field, f"{shown(text)} is in the future", "correct it, or the clock of this machine")
    if item.has("bucket_start_ts", "bucket_end_ts") and request.bucket_end_ts <= request.bucket_start_ts:
        start, end = shown(members["bucket_start_ts"]), shown(members["bucket_end_ts"])
        yield Problem(place, "bucket_end_ts", f"{end} is not after bucket_start_ts {start}", "correct one of the two")


def _among(items: list[_Item]) -> Iterator[Problem]:
    """Find what no item shows alone: an id twice, and two pending for one bucket."""
    ids: dict[str, int] = {}
    pending: dict[tuple[str, datetime], int] = {}
    for item in items:
        place, members, request, _ = item
        if item.has("request_id") and (first := ids.setdefault(request.request_id, place)) != place:
            rule = f"{shown(request.request_id)} is also the id of item {first}"
            yield Problem(place, "request_id", rule, "give one of the two a new UUID, or delete it", is_blocking=True)
        if item.has("user_id", "bucket_start_ts", "status") and request.status == "pending":
            first = pending.setdefault((request.user_id, request.bucket_start_ts), place)
            if first != place:
                bucket = f"the bucket of {shown(request.user_id)} at {shown(members['bucket_start_ts'])}"
                rule = f"{bucket} is pending in item {first}, too"
                yield Problem(place, "bucket_start_ts", rule, "close one of the two, or delete it")
