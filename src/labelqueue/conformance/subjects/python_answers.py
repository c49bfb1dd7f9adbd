"""The answers of a Python subject: requests of any class, as requirements read them."""

from __future__ import annotations

import dataclasses
from collections.abc import Coroutine, Sequence
from functools import cache, lru_cache
from typing import Any, Final

from labelqueue.errors import shown
from labelqueue.spec import ABSENT, Seen
from labelqueue.spec.seen import FIELDS

__all__ = ["seen_in"]

_PLAIN: Final = frozenset({str, int, float, bool, type(None)})  # most values; these can be compared


def seen_in(raw: Any) -> Any:  # noqa: ANN401 - anything the subject returns
    """Return an answer with every request in it as it is seen, and all else as it is."""
    if isinstance(raw, Coroutine):
        raw.close()  # else a warning about it is all that anybody reads
    if isinstance(raw, list):
        return [_seen_of(item) for item in raw]
    return _seen_of(raw)


def _seen_of(item: Any) -> Any:  # noqa: ANN401 - as above
    if item is None or (not hasattr(item, "request_id") and isinstance(item, str | bytes | int | float | Sequence)):
        return item
    values = [getattr(item, field, ABSENT) for field in FIELDS]
    values = [value if type(value) in _PLAIN else _comparable(value) for value in values]
    if all(value is ABSENT for value in values):
        return item
    return Seen(**dict(zip(FIELDS, values, strict=True)), further=_further(item))


def _comparable(value: Any) -> Any:  # noqa: ANN401 - as above
    """Return a value as it is; for an array, NaT or a list, which no field may be, something that can be compared."""
    try:
        is_same = bool(value == value) and hash(value) is not None  # noqa: PLR0124 - see above
    except Exception:  # noqa: BLE001 - anybody's comparison
        is_same = False
    return value if is_same or isinstance(value, float) else _Odd(shown(value))


@dataclasses.dataclass(frozen=True)
class _Odd:
    """A value that cannot be compared."""

    text: str

    def __repr__(self) -> str:
        return self.text


def _further(item: Any) -> tuple[str, ...]:  # noqa: ANN401 - anybody's request
    """Name the data that a request shows beyond the nine fields, whatever its class is made with."""
    kind: Any = type(item)
    more = getattr(item, "_fields", ()) if _declared(kind) is None else getattr(item, "model_extra", None) or ()
    return _further_names(kind, tuple(getattr(item, "__dict__", ())), tuple(more))


# Of most queues all requests are of one class and have the same names.
@lru_cache
def _further_names(kind: type, given: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    declared = _declared(kind)
    if declared is not None:
        # A copy may be given what its class does not know; what the class computes is no data of the request's.
        given = (*declared, *(name for name in given if not hasattr(kind, name)))
    return tuple(name for name in dict.fromkeys((*given, *more)) if name not in FIELDS and not name.startswith("_"))


@cache
def _declared(kind: type) -> list[str] | None:
    """Name the fields that a class of pydantic or a data class declares; `None` where it is neither."""
    if hasattr(kind, "model_fields"):
        return list(kind.model_fields)
    if dataclasses.is_dataclass(kind):
        return [field.name for field in dataclasses.fields(kind)]
    return None
