"""The arguments of the calls that are single values, refused at the door of every queue.

Serves IN-8 to IN-10; the rows of a batch are the business of `rows`.
"""

from __future__ import annotations

from operator import index
from typing import get_args

from labelqueue.contract import DoneStatus
from labelqueue.errors import InvalidInputError, shown

__all__ = ["check_cap", "check_limit", "check_status"]


def check_cap(max_asks_per_day: object) -> None:
    """Refuse a cap that is no integer of 0 or more.

    Raises:
        InvalidInputError: It is none; numpy's integers count, a bool does not.
    """
    if not _is_count(max_asks_per_day):
        raise InvalidInputError(
            "max_asks_per_day",
            shown(max_asks_per_day),
            "is not an integer of 0 or more",
            "hand in how many asks a day are bearable",
        )


def check_limit(limit: object) -> None:
    """Refuse a limit that is neither `None` nor an integer of 0 or more.

    Raises:
        InvalidInputError: It is none of these.
    """
    if limit is not None and not _is_count(limit):
        raise InvalidInputError(
            "limit", shown(limit), "is not an integer of 0 or more", "leave it out for no further limit"
        )


def check_status(status: object) -> None:
    """Refuse a status that no request can be marked with.

    Raises:
        InvalidInputError: It is neither `"labeled"` nor `"skipped"`.
    """
    if not isinstance(status, str) or status not in get_args(DoneStatus):
        raise InvalidInputError("status", shown(status), "is not 'labeled' or 'skipped'", "write one of these")


def _is_count(value: object) -> bool:
    # numpy's integers count, a bool does not (IN-8, IN-9).
    try:
        return not isinstance(value, bool) and index(value) >= 0  # type: ignore[arg-type]
    except Exception:  # noqa: BLE001 - a caller's object may raise anything when it is asked
        return False
