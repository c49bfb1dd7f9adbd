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
from operator import add
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pydantic_core import from_json, to_json

from labelqueue.chunks import CLOSING, OPENING, SEAM
from labelqueue.request import LabelRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from labelqueue.contract import Reason, Status

__all__ = ["Columns", "NotCanonicalError", "columns_in", "keys_of", "new_texts", "request_from", "text_of", "time_of"]

# What can be checked faster for many at once than for each is left to `_columns`.
_TEXT: Final = r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"'
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
# No rule asks for the reason; and what stands between two requests would be one more text of each.
_READ: Final = re.compile(_MEMBERS.replace("(low", "(?:low") + rf"(?:{re.escape(SEAM)}|\Z)")
_READ_PLAIN: Final = re.compile(_READ.pattern.replace(_TEXT, '"([^"]*+)"'))  # where no backslash is
_ZEROS: Final = str.maketrans("123456789", "000000000")
_WHOLE_SECOND: Final = "0000-00-00T00:00:00"  # how it is written, whichever it is; most buckets begin and end at one
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


def keys_of(user_ids: Iterable[str], starts: Iterable[str]) -> list[str]:
    """Return the key of each bucket, user and start instant (DUP-2), as one text.

    No two keys have one text: its last seven characters say whether the start has a
    fraction, and so where it begins.  Pairs would be three objects to look at, which
    takes twice the time where many are looked up.

    Args:
        user_ids: Whose buckets they are.
        starts: Their starts, as `time_of` writes them.

    Examples:
        >>> keys_of(["ada"], ["2026-01-01T09:00:00"])
        ['ada2026-01-01T09:00:00']
    """
    return list(map(add, user_ids, starts))


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
    numbers = _array(confidences)[1:-1].split(",") if confidences else []
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
            request_ids, map(_quoted, user_ids), starts, ends, numbers, quoted, strict=True
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
    is_plain = "\\" not in text
    parts: list[Any] = (_READ_PLAIN if is_plain else _READ).split(text)
    between, request_ids, user_ids, starts, ends, numbers, labels, created, statuses = (
        parts[place::_STRIDE] for place in range(_STRIDE)
    )
    if any(between) or not statuses or text.endswith(SEAM):
        raise ValueError
    # JSON has no control characters in texts, but for DEL; all other ASCII can be printed.
    inner = "".join(request_ids) + "".join({*user_ids}) + "".join(filter(None, {*labels}))
    if not (inner.isprintable() or inner.replace("\x7f", "").isprintable()):
        raise ValueError
    # Most ends are the start of another bucket; of those that are made, many are made at once.
    _check_times({*starts, *ends})
    _check_times({*created})
    if not is_plain:
        request_ids, user_ids = list(map(_plain, request_ids)), list(map(_plain, user_ids))
        list(map(_plain, filter(None, labels)))
    return Columns(request_ids, user_ids, starts, _confidences(numbers), created, statuses)


def _check_times(times: set[str]) -> None:
    """Check that every time is written as the queue would write it.

    Raises:
        ValueError: One is not.
    """
    joined = "".join(times)
    are_plain = joined.translate(_ZEROS) == _WHOLE_SECOND * len(times) and "T24" not in joined
    if not are_plain and _TIMES.fullmatch("\n".join(times)) is None:
        raise ValueError
    list(map(datetime.fromisoformat, times))


def _array(values: Sequence[float | None]) -> str:
    """Write numbers as a JSON array, without spaces, each as it stands in the file."""
    text = to_json(values).decode()
    # All others pydantic writes as Python does, in a tenth of the time; 0.00005 should be 5e-05.
    if "e" not in text and "0.0000" not in text:
        return text
    numbers = [
        repr(value) if "e" in number or "0.0000" in number else number
        for value, number in zip(values, text[1:-1].split(","), strict=True)
    ]
    return f"[{','.join(numbers)}]"


def _confidences(numbers: Sequence[str]) -> list[float | None]:
    """Read numbers, or `null`.

    Raises:
        ValueError: One is not written as the queue would write it.
    """
    text = f"[{','.join(numbers)}]"
    values: list[float | None] = from_json(text, allow_inf_nan=False)
    if not {*map(type, values)} <= {float, NoneType} or len(values) != len(numbers) or _array(values) != text:
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
