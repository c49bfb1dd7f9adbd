"""The record: a request as a row of the database, and back.

A user's or a label's text may be anything that UTF-8 carries.  Two things do not
fit into a column of every engine, and are written otherwise, the same on both:

- PostgreSQL stores no NUL: it is written as a backslash and a zero, a backslash as
  two.  Text without either, which is nearly all, stands as it is.
- PostgreSQL indexes no more than some 2,700 bytes: of a longer user id the
  column `user_id` holds a digest, which a single backslash tells from every
  text, and `long_user_id` holds the whole.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from labelqueue.ledger import Bucket
from labelqueue.request import LabelRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labelqueue.contract import Reason

__all__ = ["microseconds_of", "record_for", "record_of", "request_from", "stored_text", "stored_user"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_COLUMNS: Final = 13
_FIELDS: Final = frozenset(LabelRequest.model_fields)
_new: Final = object.__new__
_set: Final = object.__setattr__  # the model is frozen
_LONGEST_INDEXED: Final = 1000  # bytes; a third of what PostgreSQL takes, to leave room for what goes beside it


def microseconds_of(moment: datetime) -> int:
    """Return an aware instant as microseconds since 1970, exactly.

    Examples:
        >>> microseconds_of(datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC))
        -1
    """
    return (moment - _EPOCH) // _MICROSECOND


# The same requests are asked for again and again, and those of a batch were created at one moment.
@lru_cache(maxsize=1024)
def _moment(microseconds: int) -> datetime:
    return _EPOCH + microseconds * _MICROSECOND


def stored_text(value: str) -> str:
    r"""Write text so that every engine can store it; different texts stay different.

    Examples:
        >>> stored_text("ada"), stored_text("a\0b"), stored_text("a\\0b")
        ('ada', 'a\\0b', 'a\\\\0b')
    """
    return value.replace("\\", "\\\\").replace("\0", "\\0")


def stored_user(user_id: str) -> tuple[str, str | None]:
    """Return what the columns `user_id` and `long_user_id` hold for a user."""
    text = stored_text(user_id)
    content = text.encode()
    if len(content) <= _LONGEST_INDEXED:
        return text, None
    return f"\\sha256:{hashlib.sha256(content).hexdigest()}", text


def record_of(request: LabelRequest) -> dict[str, Any]:
    """Return a request as a row that lacks its queue and its place.

    Args:
        request: Valid by the contract.
    """
    bucket = Bucket(
        request.user_id,
        request.bucket_start_ts,
        request.bucket_end_ts,
        request.confidence,
        request.predicted_label,
    )
    record = record_for(bucket, request.reason, microseconds_of(request.created_at), request.request_id)
    record["status"] = request.status
    if request.model_extra:
        # Members that only a file can have brought (FILE-5); ASCII, so that no NUL is in it.
        record["further"] = json.dumps(request.model_extra)
    return record


def record_for(bucket: Bucket, reason: Reason, created_us: int, request_id: str) -> dict[str, Any]:
    """Return the row of a new request for a bucket; it lacks its queue and its place."""
    user_id, long_user_id = stored_user(bucket.user_id)
    label = bucket.predicted_label
    return {
        "request_id": stored_text(request_id),
        "user_id": user_id,
        "long_user_id": long_user_id,
        "bucket_start_us": microseconds_of(bucket.start_ts),
        "bucket_end_us": microseconds_of(bucket.end_ts),
        "reason": reason,
        "confidence": bucket.confidence,
        "predicted_label": None if label is None else stored_text(label),
        "created_us": created_us,
        "status": "pending",
        "further": None,
    }


def request_from(row: Sequence[Any]) -> LabelRequest:
    """Return the request that a row of `requests` holds.

    Args:
        row: The columns in the order of the table; further ones do not matter.
    """
    (
        _,
        _,
        request_id,
        user_id,
        long_user_id,
        start_us,
        end_us,
        reason,
        confidence,
        label,
        created_us,
        status,
        further,
    ) = row[:_COLUMNS]
    values = {
        "request_id": _text_from(request_id),
        "user_id": _text_from(user_id if long_user_id is None else long_user_id),
        "bucket_start_ts": _moment(start_us),
        "bucket_end_ts": _moment(end_us),
        "reason": reason,
        "confidence": confidence,
        "predicted_label": None if label is None else _text_from(label),
        "created_at": _moment(created_us),
        "status": status,
    }
    # What `model_construct` does, which takes twice as long, and longer than the
    # database; the database's constraints were the validation.
    request = _new(LabelRequest)
    _set(request, "__dict__", values)
    _set(request, "__pydantic_fields_set__", set(_FIELDS))
    _set(request, "__pydantic_extra__", {} if further is None else json.loads(further))
    _set(request, "__pydantic_private__", None)
    return request


def _text_from(stored: str) -> str:
    if "\\" not in stored:
        return stored
    return re.sub(r"\\(.)", lambda found: "\0" if found[1] == "0" else "\\", stored, flags=re.DOTALL)
