"""A table as comma-separated values, for people who label in a spreadsheet.

As RFC 4180 has it, in UTF-8.  The last two columns are theirs to fill in: `label`
with the label, or `status` with `labeled` or `skipped`.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, get_args

from labelqueue.contract import DoneStatus
from labelqueue.exchange.task import Answer, values_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labelqueue.request import LabelRequest

__all__ = ["answers_in", "text_from"]

_COLUMNS = (
    "request_id",
    "user_id",
    "bucket_start_ts",
    "bucket_end_ts",
    "reason",
    "confidence",
    "predicted_label",
    "label",
    "status",
)


def text_from(requests: Sequence[LabelRequest]) -> str:
    """Write requests as rows, one per request, in their order, below a row of names."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(values_of(request) | {"status": request.status} for request in requests)
    return text.getvalue()


def answers_in(text: str) -> list[Answer]:
    """Read rows, one answer per row, in their order.

    Raises:
        ValueError: A column is missing, or a status is none; the message is a
            clause that continues the file's name.
    """
    rows = csv.DictReader(io.StringIO(text, newline=""))
    names = rows.fieldnames or []
    for name in ("request_id", "label", "status"):
        if name not in names:
            raise ValueError(f"has no column {name!r}, but {', '.join(map(repr, names)) or 'none'}")
    return [_answer(place, row) for place, row in enumerate(rows)]


def _answer(place: int, row: Mapping[str, str | None]) -> Answer:
    request_id, label, status = ((row[name] or "").strip() for name in ("request_id", "label", "status"))
    return Answer(request_id or None, _status(place, label, status), label or None)


def _status(place: int, label: str, status: str) -> DoneStatus | None:
    if status in {"", "pending"}:
        return "labeled" if label else None
    for known in get_args(DoneStatus):
        if status == known:
            return known  # type: ignore[no-any-return]  # a member of the literal
    raise ValueError(f"row {place}, column 'status': {status!r} is not 'labeled', 'skipped' or 'pending'")
