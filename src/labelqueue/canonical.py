"""The canonical text: how a request stands in a queue file, written and read fast.

The canonical bytes are those of `labelqueue.document`.  What is written here is the
same to the byte, but by a template; what is read here is only what is the same to
the byte, by one regular expression and a check of what that cannot express.  All
other files, sound or not, are the business of `labelqueue.document`, which reads
every JSON and says what is wrong with it.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from json.encoder import encode_basestring_ascii as _quoted
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pydantic_core import from_json, to_json

from labelqueue.chunks import CLOSING, OPENING, SEAM
from labelqueue.request import LabelRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labelqueue.contract import Reason, Status

__all__ = ["Columns", "NotCanonicalError", "columns_in", "new_texts", "request_from", "text_of", "time_of"]

# What can be checked faster for many at once than for each is left to `_columns`.
_TEXT: Final = r'"((?:[^"]*+(?<!\\)|[^"\\]*+(?:\\.[^"\\]*+)*+))"'  # the first way will do for nearly all
_TIME: Final = r'"([^Z]*+)Z"'
_MEMBERS: Final = rf'''    "request_id": {_TEXT},
    "user_id": {_TEXT},
    "bucket_start_ts": {_TIME},
    "bucket_end_ts": {_TIME},
    "reason": "(low_confidence|drift)",
    "confidence": ([^,]*+),
    "predicted_label": (?:null|{_TEXT}),
    "created_at": {_TIME},
    "status": "(pending|labeled|skipped)"'''
_REQUEST: Final = re.compile(_MEMBERS)
_FIELDS: Final = tuple(LabelRequest.model_fields)
_READ: Final = re.compile(_MEMBERS.replace("(low", "(?:low"))  # no rule asks for the reason
# The digits are checked by reading the time; what else the reader would take is excluded here.
_TIMES: Final = re.compile(r"(?:....-..-..T(?!24)..:..:..(?:\.(?!000000)[0-9]{6})?(?:\n|\Z))*+")
_STRIDE: Final = len(_FIELDS)  # the text before a request, and all of its members but the reason


class NotCanonicalError(Exception):
    """The text is not, to the byte, what the queue would write; it may be a sound file all the same."""


class Columns(NamedTuple):
    """What the rules of the queue need to know of requests, one list per member, in enqueue order.

    Attributes:
        request_ids: Their ids.
        user_ids: Whose buckets they are about.
        starts: The starts of the buckets, as `time_of` writes them.
        confidences: The confidences, `None` where unknown.
        created: When they were made, as `time_of` writes it.
        statuses: Their states.
    """

    request_ids: Sequence[str] = ()
    user_ids: Sequence[str] = ()
    starts: Sequence[str] = ()
    confidences: Sequence[float | None] = ()
    created: Sequence[str] = ()
    statuses: Sequence[Status] = ()


def time_of(moment: datetime) -> str:
    """Write an instant as it stands in the file, without the `Z`: one instant, one text.

    Args:
        moment: Aware UTC.

    Examples:
        >>> from datetime import UTC
        >>> time_of(datetime(2026, 1, 1, 9, tzinfo=UTC))
        '2026-01-01T09:00:00'
    """
    return moment.replace(tzinfo=None).isoformat()


def text_of(request: LabelRequest) -> str:
    """Return the canonical text of any request, members that the model does not know included."""
    text = json.dumps([request.model_dump(mode="json")], indent=2, allow_nan=False)
    return text[len(OPENING) : -len(CLOSING)]


def new_texts(  # noqa: PLR0913 - one for each member
    request_ids: Sequence[str],
    user_ids: Sequence[str],
    starts: Sequence[str],
    ends: Sequence[str],
    confidences: Sequence[float | None],
    labels: Sequence[str | None],
    *,
    reason: Reason,
    created: str,
) -> list[str]:
    """Return the canonical texts of new requests, pending; times as `time_of` writes them."""
    quoted = ["null" if each is None else _quoted(each) for each in labels]
    return [
        f'    "request_id": "{request_id}",\n'
        f'    "user_id": {user_id},\n'
        f'    "bucket_start_ts": "{start}Z",\n'
        f'    "bucket_end_ts": "{end}Z",\n'
        f'    "reason": "{reason}",\n'
        f'    "confidence": {number},\n'
        f'    "predicted_label": {label},\n'
        f'    "created_at": "{created}Z",\n'
        f'    "status": "pending"'
        for request_id, user_id, start, end, number, label in zip(
            request_ids, map(_quoted, user_ids), starts, ends, _numbers(confidences), quoted, strict=True
        )
    ]


def request_from(text: str) -> LabelRequest:
    """Return the request that a canonical text holds."""
    found = _REQUEST.fullmatch(text)
    if found is None:  # it holds further members
        return LabelRequest.model_validate_json(f"{{{text}}}")
    values: dict[str, Any] = dict(zip(_FIELDS, found.groups(), strict=True))
    for name in ("request_id", "user_id", "predicted_label"):
        values[name] = None if values[name] is None else _plain(values[name])
    for name in ("bucket_start_ts", "bucket_end_ts", "created_at"):
        values[name] = datetime.fromisoformat(f"{values[name]}Z")
    values["confidence"] = _number(values["confidence"])
    return LabelRequest.model_construct(**values)


def columns_in(chunk: bytes | memoryview) -> Columns:
    """Read a chunk of a canonical file.

    Args:
        chunk: The texts of some requests, joined by `SEAM`.

    Raises:
        NotCanonicalError: It is not what the queue would write.  An id that is
            there twice is not noticed.
    """
    try:
        return _columns(str(chunk, "ascii"))
    except ValueError:
        raise NotCanonicalError from None


def _columns(text: str) -> Columns:
    """Read a chunk, and check what the expression cannot.

    Raises:
        ValueError: A value, or what stands between two requests, is not what the
            queue would write.
    """
    parts: list[Any] = _READ.split(text)
    between, request_ids, user_ids, starts, ends, numbers, labels, created, statuses = (
        parts[place::_STRIDE] for place in range(_STRIDE)
    )
    if between != ["", *[SEAM] * (len(statuses) - 1), ""]:
        raise ValueError
    # JSON has no control characters in texts, but for DEL; all other ASCII can be printed.
    if not "".join([*request_ids, *{*user_ids}, *filter(None, {*labels})]).replace("\x7f", "").isprintable():
        raise ValueError
    # Most ends are the start of another bucket.
    times = {*starts, *ends, *created}
    if _TIMES.fullmatch("\n".join(times)) is None:
        raise ValueError
    list(map(datetime.fromisoformat, times))
    if "\\" in text:
        request_ids, user_ids = list(map(_plain, request_ids)), list(map(_plain, user_ids))
        list(map(_plain, filter(None, labels)))
    return Columns(request_ids, user_ids, starts, _confidences(numbers), created, statuses)


def _numbers(values: Sequence[float | None]) -> list[str]:
    text = to_json(values).decode()[1:-1]
    numbers = text.split(",") if text else []
    if not _is_written_otherwise(text):
        return numbers
    return [
        repr(value) if _is_written_otherwise(number) else number for value, number in zip(values, numbers, strict=True)
    ]


def _is_written_otherwise(number: str) -> bool:
    # All others pydantic writes as Python does, in a tenth of the time; 0.00005 should be 5e-05.
    return "e" in number or "0.0000" in number


def _confidences(texts: Sequence[str]) -> list[float | None]:
    """Read numbers, or `null`.

    Raises:
        ValueError: One is not written as the queue would write it.
    """
    values: list[float | None] = from_json(f"[{','.join(texts)}]", allow_inf_nan=False)
    if not {*map(type, values)} <= {float, NoneType} or _numbers(values) != texts:
        raise ValueError
    return values


def _number(text: str) -> float | None:
    return None if text == "null" else float(text)


def _plain(text: str) -> str:
    """Return what the inside of a JSON string says.

    Raises:
        ValueError: It is not written as the queue would write it.
    """
    if "\\" not in text:
        return text
    value: str = json.loads(f'"{text}"')
    value.encode()  # a lone surrogate cannot be
    if _quoted(value) != f'"{text}"':
        raise ValueError
    return value
