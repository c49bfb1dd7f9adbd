"""Instants: what callers hand in as a timestamp, read as aware UTC to the microsecond.

Serves REQ-3, IN-3 and IN-11.  It knows pandas and numpy by what their values
can do, never by import, so that neither is loaded for those who do not use it.
"""

from __future__ import annotations

import numbers
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

__all__ = ["instant_from", "is_missing"]

_WITH_TIME_OF_DAY = re.compile(
    r"(\d{4}-?\d{2}-?\d{2}[Tt ]\d{2}(?::?\d{2}(?::?\d{2}(?:[.,]\d+)?)?)?)"
    r" ?([Zz]|[+-]\d{2}(?::?\d{2}(?::?\d{2}(?:\.\d+)?)?)?)?",
    re.ASCII,
)
_FINER_THAN_MICROSECONDS = ("ns]", "ps]", "fs]", "as]")
_OUTSIDE = "is outside the years 1 to 9999"
_NO_TIME_OF_DAY = "is a date without a time of day"


def is_missing(value: object) -> bool:
    """Tell whether a value stands for "there is none": None, NaN, NaT or NA.

    Examples:
        >>> is_missing(None), is_missing(float("nan")), is_missing("")
        (True, True, False)
    """
    if value is None:
        return True
    if isinstance(value, str):
        return False
    if isinstance(value, Decimal):
        # A signalling NaN raises when it is compared.
        return value.is_nan()
    if isinstance(value, numbers.Number) or type(value).__name__ == "datetime64":
        # NaN and numpy's NaT are the ones that do not equal themselves.  Only
        # these types are asked: an array that holds one NaN is not missing.
        return bool(value != value)  # noqa: PLR0124
    return type(value).__name__ in {"NaTType", "NAType"}


def instant_from(value: object) -> datetime:
    """Read a timestamp as an aware UTC datetime.

    A naive one means UTC, another offset is converted, and what is finer than a
    microsecond is cut (never rounded, so that no instant moves past its bucket).

    Args:
        value: A datetime (pandas' and numpy's included) or ISO 8601 text with a
            time of day.

    Returns:
        The same instant, with the offset zero, of the plain `datetime` class.

    Raises:
        ValueError: The value is no timestamp; the message is a clause that
            continues "value …".

    Examples:
        >>> instant_from("2026-01-01T09:00:00+05:45")
        datetime.datetime(2026, 1, 1, 3, 15, tzinfo=datetime.timezone.utc)
    """
    if is_missing(value):
        raise ValueError("is missing")
    if isinstance(value, str):
        return _utc(_from_text(str.__str__(value)))
    if isinstance(value, datetime):
        return _utc(_plain(value))
    if isinstance(value, date):
        raise ValueError(_NO_TIME_OF_DAY)  # noqa: TRY004 - every refusal here is a ValueError
    if type(value).__name__ == "datetime64":
        return _utc(_from_numpy(value))
    raise ValueError("is not a timestamp")


def _utc(moment: datetime) -> datetime:
    try:
        if moment.utcoffset() is None:
            return moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{_OUTSIDE} in UTC") from None


def _from_text(text: str) -> datetime:
    found = _WITH_TIME_OF_DAY.fullmatch(text)
    if not found:
        raise ValueError("is not ISO 8601 text with a time of day")
    local, offset = found.groups(default="")
    try:
        return datetime.fromisoformat((local + offset).upper())
    except ValueError:
        raise ValueError("is not a moment of the calendar") from None


def _plain(moment: datetime) -> datetime:
    if type(moment) is datetime:
        return moment
    # A pandas Timestamp: its own conversion warns when it drops nanoseconds,
    # and dropping them is the rule here (IN-11).
    if hasattr(moment, "to_pydatetime"):
        try:
            plain: datetime = moment.to_pydatetime(warn=False)
        except (OverflowError, ValueError):
            raise ValueError(_OUTSIDE) from None
        return plain
    return datetime.combine(moment.date(), moment.timetz())


def _from_numpy(value: Any) -> datetime:  # noqa: ANN401 - numpy is not imported here
    moment = value.item()
    # A number is either finer than Python's datetime or beyond its calendar; the
    # cast floors the first towards the past and would silently wrap the second.
    if isinstance(moment, int) and value.dtype.name.endswith(_FINER_THAN_MICROSECONDS):
        moment = value.astype("datetime64[us]").item()
    if isinstance(moment, datetime):
        return moment
    raise ValueError(_NO_TIME_OF_DAY if isinstance(moment, date) else _OUTSIDE)
