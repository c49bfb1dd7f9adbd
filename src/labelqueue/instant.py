"""Instants: what callers hand in as a timestamp, read as aware UTC to the microsecond.

Serves REQ-3, IN-3 and IN-11.  It knows pandas and numpy by what their values
can do, never by import, so that neither is loaded for those who do not use it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

__all__ = ["instant_from", "is_missing"]

_WITH_TIME_OF_DAY = re.compile(
    r"\d{4}-?\d{2}-?\d{2}[Tt ]\d{2}(:?\d{2}(:?\d{2}([.,]\d+)?)?)?"
    r"\s?([Zz]|[+-]\d{2}(:?\d{2}(:?\d{2}(\.\d+)?)?)?)?",
    re.ASCII,
)


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
    try:
        # NaN and NaT are the values that do not equal themselves; comparing
        # pandas' NA gives NA again, which has no truth value.
        return bool(value != value)  # noqa: PLR0124
    except (TypeError, ValueError):
        return type(value).__name__ == "NAType"


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
        return _utc(_from_text(value))
    if isinstance(value, datetime):
        return _utc(_plain(value))
    if type(value).__name__ == "datetime64":
        return _utc(_from_numpy(value))
    raise ValueError("is not a timestamp")


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None or moment.utcoffset() is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is outside the years 1 to 9999 in UTC") from None


def _from_text(text: str) -> datetime:
    if not _WITH_TIME_OF_DAY.fullmatch(text):
        raise ValueError("is not ISO 8601 text with a time of day")
    try:
        return datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-").upper())
    except ValueError:
        raise ValueError("is not a moment of the calendar") from None


def _plain(moment: datetime) -> datetime:
    if type(moment) is datetime:
        return moment
    # A pandas Timestamp: its own conversion warns when it drops nanoseconds,
    # and dropping them is the rule here (IN-11).
    if hasattr(moment, "to_pydatetime"):
        plain: datetime = moment.to_pydatetime(warn=False)
        return plain
    return datetime.combine(moment.date(), moment.timetz())


def _from_numpy(value: Any) -> datetime:  # noqa: ANN401 - numpy is not imported here
    # numpy's own cast floors towards the past, as the pandas conversion does.
    moment = value.astype("datetime64[us]").item()
    if not isinstance(moment, datetime):
        raise ValueError("is outside the years 1 to 9999")  # noqa: TRY004 - a value, not a type
    return moment
