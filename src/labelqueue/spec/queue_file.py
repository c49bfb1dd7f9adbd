"""The queue file, read as strictly as the `file` profile words it.

This is the specification's own reader.  It is naive and slow, and shares nothing
with the one of any implementation.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Never

from labelqueue.spec.bucket import has_lone_surrogate, is_number
from labelqueue.spec.seen import FIELDS, Seen, utc

__all__ = ["FileState", "NoQueueFileError", "items_of"]

_NEEDED: Final = ("request_id", "user_id", "bucket_start_ts", "bucket_end_ts", "reason", "created_at")
_TIMES: Final = ("bucket_start_ts", "bucket_end_ts", "created_at")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
_UTC_TIME: Final = re.compile(r"[^.]+(\.\d{1,6}0*)?Z")
_CLOSED: Final = {"reason": ("low_confidence", "drift"), "status": ("pending", "labeled", "skipped")}


class NoQueueFileError(ValueError):
    """The bytes are no queue file.

    Attributes:
        item: The place of the offending item, or `None`.
        field: The offending member, or `None`.
        rule: What is wrong.
        flaws: This and everything else that is wrong, any of which may be named.
    """

    def __init__(self, item: int | None, field: str | None, rule: str) -> None:
        """Keep the data."""
        self.flaws: tuple[NoQueueFileError, ...] = (self,)
        super().__init__(f"item {item}, field {field}: {rule}" if item is not None else rule)
        self.item = item
        self.field = field
        self.rule = rule


@dataclass(frozen=True)
class FileState:
    """A queue file as it was found.

    Attributes:
        content: Its bytes; `None` where there is no file.
        mode: Its permission bits, or `None`.
        links: The names of what the symbolic links lead to, from its path to the file.
    """

    content: bytes | None
    mode: int | None = None
    links: tuple[str, ...] = ()

    @cached_property
    def error(self) -> NoQueueFileError | None:
        """Why it is no queue file, or `None` where it is one, or is not there."""
        try:
            self.items  # noqa: B018 - reading it is the point
        except NoQueueFileError as error:
            return error
        return None

    @cached_property
    def items(self) -> list[dict[str, Any]]:
        """Its items as JSON.

        Raises:
            NoQueueFileError: It is no queue file.
        """
        return [] if self.content is None else items_of(self.content)

    @property
    def plain_items(self) -> list[dict[str, Any]]:
        """Its items as JSON, each time in UTC with `Z` written with six digits behind the second, or none.

        One instant may be written with any number of zeros (FILE-2).
        """
        return [
            {name: _plain(value) if name in _TIMES else value for name, value in item.items()} for item in self.items
        ]

    @property
    def requests(self) -> list[Seen]:
        """Its items as requests, times as instants, defaults filled in."""
        return [_request(item) for item in self.items]


def items_of(content: bytes) -> list[dict[str, Any]]:
    """Read bytes as a queue file.

    Raises:
        NoQueueFileError: They are none.
    """

    def refuse(name: str) -> Never:
        raise NoQueueFileError(None, None, f"{name} is not JSON")

    try:
        items = json.loads(content.decode("utf-8"), parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        if isinstance(error, NoQueueFileError):
            raise
        raise NoQueueFileError(None, None, "it is not JSON in UTF-8") from error
    if not isinstance(items, list):
        raise NoQueueFileError(None, None, "it is no array")
    flaws = [flaw for place, item in enumerate(items) for flaw in _flaws_of(item, place)] or list(_twins_in(items))
    if flaws:
        flaws[0].flaws = tuple(flaws)
        raise flaws[0]
    return items


def _flaws_of(item: Any, place: int) -> Iterator[NoQueueFileError]:  # noqa: ANN401 - any JSON
    if not isinstance(item, dict):
        yield NoQueueFileError(place, None, "it is no object")
        return
    for field in _NEEDED:
        if field not in item:
            yield NoQueueFileError(place, field, "it is missing")
    for field, value in item.items():
        if not _is_portable(value) or has_lone_surrogate(field) or _is_beyond_doubles(value, field):
            # What reads the JSON may refuse this by itself, and knows of no items.
            yield NoQueueFileError(None, None, f"item {place} holds in {field!r} what JSON does not carry everywhere")
        elif not _is_right(field, value):
            yield NoQueueFileError(place, field, f"{value!r} does not belong there")


def _twins_in(items: list[dict[str, Any]]) -> Iterator[NoQueueFileError]:
    first: dict[str, int] = {}
    for place, item in enumerate(items):
        known = first.setdefault(item["request_id"], place)
        if known != place:
            for twin in (place, known):
                yield NoQueueFileError(twin, "request_id", "the id is there twice")


def _is_right(field: str, value: Any) -> bool:  # noqa: ANN401 - any JSON
    if field in _TIMES:
        return isinstance(value, str) and _TIME.fullmatch(value) is not None and _parses(value)
    if field in _CLOSED:
        return value in _CLOSED[field]
    if field == "confidence":
        return value is None or is_number(value)
    if field == "predicted_label":
        return value is None or isinstance(value, str)
    return isinstance(value, str) if field in FIELDS else True


def _is_portable(value: Any) -> bool:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return all(_is_portable(part) and _is_portable(name) for name, part in value.items())
    if isinstance(value, list):
        return all(map(_is_portable, value))
    return not has_lone_surrogate(value) and not (isinstance(value, float) and not math.isfinite(value))


def _is_beyond_doubles(value: Any, field: str) -> bool:  # noqa: ANN401 - any JSON
    return field == "confidence" and type(value) in (int, float) and not is_number(value)


def _parses(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _plain(time: str) -> str:
    return f"{datetime.fromisoformat(time[:-1]).isoformat()}Z" if _UTC_TIME.fullmatch(time) else time


def _request(item: dict[str, Any]) -> Seen:
    values = {"confidence": None, "predicted_label": None, "status": "pending"} | {
        f: item[f] for f in FIELDS if f in item
    }
    values |= {name: utc(datetime.fromisoformat(item[name])) for name in _TIMES}
    return Seen(**values)
