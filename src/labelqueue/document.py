"""The document: requests as the bytes of a queue file, and back.

One JSON array, one object per request in enqueue order (FILE-1).  The canonical
bytes are those of the standard library's `json`: ASCII, two spaces of indent, no
newline at the end; they are also what the original writes.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from labelqueue.errors import UnreadableStoreError, shown
from labelqueue.request import LabelRequest
from labelqueue.rows import is_finite_number, is_storable_text

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["requests_from_bytes", "requests_to_bytes"]

_TEXT_FIELDS = (
    "request_id",
    "user_id",
    "bucket_start_ts",
    "bucket_end_ts",
    "reason",
    "predicted_label",
    "created_at",
    "status",
)
# Any bound does that is below what pydantic writes (some 250) and what the
# standard library reads (some 1 000, less what is on the stack): a file that
# loads but cannot be written back would refuse every later change.
_DEEPEST = 100


def requests_to_bytes(requests: Iterable[LabelRequest]) -> bytes:
    """Render requests as the whole content of a queue file.

    Args:
        requests: In enqueue order.

    Returns:
        ASCII bytes of one JSON array; times as RFC 3339 in UTC with `Z`.
    """
    members = [request.model_dump(mode="json") for request in requests]
    return json.dumps(members, indent=2, allow_nan=False).encode("ascii")


def requests_from_bytes(content: bytes, store: str) -> list[LabelRequest]:
    """Read the whole content of a queue file.

    Args:
        content: The bytes of the file.
        store: The file's name, for the error.

    Returns:
        The requests in file order, which is enqueue order; members that the
        model does not know are kept beside its fields.

    Raises:
        UnreadableStoreError: It is no such array; names the item and the field.
    """
    requests: list[LabelRequest] = []
    seen: dict[str, int] = {}
    for place, item in enumerate(_array(content, store)):
        request = _request(item, place, store)
        if request.request_id in seen:
            raise UnreadableStoreError(
                store,
                place,
                "request_id",
                f"{shown(request.request_id)} is also the id of item {seen[request.request_id]}",
            )
        seen[request.request_id] = place
        requests.append(request)
    return requests


def _array(content: bytes, store: str) -> list[Any]:
    try:
        # NaN, Infinity and 1e400 come out as floats that are not finite: which item
        # holds them is known only later, and the error must name it.
        items = json.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise UnreadableStoreError(store, None, None, f"is not UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        rule = f"is not JSON at line {error.lineno}, column {error.colno}: {error.msg}"
        raise UnreadableStoreError(store, None, None, rule if content else "is empty, not a JSON array") from error
    except (RecursionError, ValueError) as error:
        raise UnreadableStoreError(store, None, None, f"cannot be read as JSON: {error}") from error
    if not isinstance(items, list):
        raise UnreadableStoreError(store, None, None, f"holds {_kind(items)}, not a JSON array")
    return items


def _request(item: object, place: int, store: str) -> LabelRequest:
    def refuse(field: str | None, rule: str) -> UnreadableStoreError:
        return UnreadableStoreError(store, place, field, rule)

    if not isinstance(item, dict):
        raise refuse(None, f"is {_kind(item)}, not an object")
    for field in _TEXT_FIELDS:
        value = item.get(field)
        if field in item and not isinstance(value, str) and (field, value) != ("predicted_label", None):
            raise refuse(field, f"{shown(value)} is {_kind(value)}, not text")
    confidence = item.get("confidence")
    if confidence is not None and not is_finite_number(confidence):
        raise refuse("confidence", f"{shown(confidence)} is not a finite number")
    for field, value in item.items():
        rule = _unwritable(field, value)
        if rule is not None:
            raise refuse(field, rule)
    try:
        return LabelRequest.model_validate(item)
    except ValidationError as error:
        first = error.errors()[0]
        where = str(first["loc"][0]) if first["loc"] else None
        if first["type"] == "missing":
            raise refuse(where, "is missing") from error
        rule = str(first["ctx"]["error"]) if "error" in first.get("ctx", {}) else first["msg"]
        raise refuse(where, f"{shown(first['input'])}: {rule}") from error


def _unwritable(name: str, value: object) -> str | None:
    # Also in unknown members, at any depth: they are written back (FILE-5).
    texts = [name]
    inner = [(value, 0)]
    while inner:
        part, depth = inner.pop()
        if depth > _DEEPEST:
            return f"is nested deeper than {_DEEPEST} levels"
        if isinstance(part, float) and not math.isfinite(part):
            return f"{part} is not a finite number"
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict):
            texts.extend(part)
            inner.extend((each, depth + 1) for each in part.values())
        elif isinstance(part, list):
            inner.extend((each, depth + 1) for each in part)
    return None if all(map(is_storable_text, texts)) else "holds a lone surrogate, which UTF-8 cannot carry"


def _kind(value: object) -> str:
    if value is None:
        return "null"
    names = {bool: "a bool", int: "a number", float: "a number", str: "text", list: "an array", dict: "an object"}
    return names[type(value)]
