"""An adapter: makes a queue a program that the conformance kit of labelqueue can examine.

Replace the class Queue by yours; below it nothing needs to change but the claims.
"""

import json
import sys
import uuid
from datetime import datetime, timezone
from pathlib import Path


class Queue:
    """REPLACE: a queue over one JSON file, too simple to conform."""

    def __init__(self, store, max_asks_per_day=20):
        self.path = Path(store)
        self.cap = max_asks_per_day

    def read(self):
        return json.loads(self.path.read_text("utf-8")) if self.path.exists() else []

    def write(self, items):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(items), "utf-8")

    def add(self, buckets, reason):
        items = self.read()
        before = len(items)
        for bucket in buckets:
            start, end = utc(bucket["bucket_start_ts"]), utc(bucket["bucket_end_ts"])
            if (bucket["user_id"], start, "pending") in [(i["user_id"], i["bucket_start_ts"], i["status"]) for i in items]:
                continue
            optional = {name: bucket.get(name) for name in ("confidence", "predicted_label")}
            items.append({"request_id": str(uuid.uuid4()), "user_id": bucket["user_id"], "bucket_start_ts": start,
                          "bucket_end_ts": end, "reason": reason, **optional, "created_at": now(), "status": "pending"})
        if len(items) > before:
            self.write(items)
        return len(items) - before

    def pending(self, user_id=None, limit=None):
        items = self.read()
        left = self.cap - sum(i["status"] != "pending" and i["created_at"][:10] == now()[:10] for i in items)
        found = [i for i in items if i["status"] == "pending" and user_id in (None, i["user_id"])]
        found.sort(key=lambda i: i["confidence"] or 0.0)
        return found[: max(0, left if limit is None else min(left, limit))]

    def mark(self, request_id, status="labeled"):
        items = self.read()
        found = next((item for item in items if item["request_id"] == request_id), None)
        if found:
            found["status"] = status
            self.write(items)
        return found


def utc(value):
    """Write a timestamp, text or form, as RFC 3339 in UTC with Z."""
    moment = datetime.fromisoformat(value["$datetime"] if isinstance(value, dict) else value)
    moment = moment.replace(tzinfo=moment.tzinfo or timezone.utc).astimezone(timezone.utc)
    return moment.isoformat().replace("+00:00", "Z")


state = {"queue": None, "clock": None, "since": None}  # since: when a running clock was set


def now():
    moment = datetime.now(timezone.utc)
    return utc((state["clock"] + (moment - (state["since"] or moment)) if state["clock"] else moment).isoformat())


def set_clock(now, runs=False):
    state.update(clock=datetime.fromisoformat(now), since=datetime.now(timezone.utc) if runs else None)


CLAIMS = {"profiles": ["core"], "clock": True, "crash": False, "store": "path"}
METHODS = {
    "hello": lambda p: {"wire": 1, "name": "mine", "version": "0.1", "language": "python", "claims": CLAIMS},
    "open": lambda p: state.update(queue=Queue(**p)),
    "set_clock": lambda p: set_clock(**p),
    "enqueue_low_confidence": lambda p: state["queue"].add(
        [row for row in p["rows"] if row["confidence"] < p.get("threshold", 0.55)], "low_confidence"
    ),
    "enqueue_drift": lambda p: state["queue"].add(p["buckets"], "drift"),
    "get_pending": lambda p: state["queue"].pending(**p),
    "mark_done": lambda p: state["queue"].mark(**p),
    "all_items": lambda p: state["queue"].read(),
    **dict.fromkeys(("close", "bye"), lambda p: None),
}

for line in sys.stdin:
    request = json.loads(line)
    try:
        outcome = {"result": METHODS[request["method"]](request["params"])}
    except Exception as error:
        code = -32602 if isinstance(error, ValueError) else -32000  # bad input, or anything else
        outcome = {"error": {"code": code, "message": f"{type(error).__name__}: {error}"}}
    print(json.dumps({"jsonrpc": "2.0", "id": request["id"], **outcome}), flush=True)
