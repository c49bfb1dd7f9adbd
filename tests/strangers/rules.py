"""The rules of a queue for strangers that claim `core`, over a list of dictionaries."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pandas as pd

TIMES = ("bucket_start_ts", "bucket_end_ts", "created_at")


def utc(value):
    moment = pd.Timestamp(value).to_pydatetime()
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def to_text(values):
    return values | {name: values[name].isoformat() for name in TIMES}


def from_text(values):
    return values | {name: datetime.fromisoformat(values[name]) for name in TIMES}


def selected(frame, threshold):
    if frame.empty:
        return []
    return frame[frame["confidence"] < threshold].to_dict("records")


def added(known, rows, reason, new_id=lambda: str(uuid.uuid4())):
    """Return the requests that rows become, but for duplicates."""
    now = datetime.now(UTC)
    taken = {(r["user_id"], r["bucket_start_ts"]) for r in known if r["status"] == "pending"}
    new = []
    for row in rows:
        key = row["user_id"], utc(row["bucket_start_ts"])
        if key not in taken:
            taken.add(key)
            new.append(
                {
                    "request_id": new_id(),
                    "user_id": row["user_id"],
                    "bucket_start_ts": key[1],
                    "bucket_end_ts": utc(row["bucket_end_ts"]),
                    "reason": reason,
                    "confidence": row.get("confidence"),
                    "predicted_label": row.get("predicted_label"),
                    "created_at": now,
                    "status": "pending",
                }
            )
    return new


def pending(known, user_id, limit, cap):
    today = datetime.now(UTC).date()
    used = sum(r["status"] != "pending" and r["created_at"].date() == today for r in known)
    most = max(0, cap - used) if limit is None else max(0, min(limit, cap - used))
    waiting = [r for r in known if r["status"] == "pending" and user_id in (None, r["user_id"])]
    return sorted(waiting, key=lambda r: r["confidence"] or 0.0)[:most]
