"""A report that shows every outcome, for tests of what is rendered."""

from __future__ import annotations

EVENT = {"client": "process 1", "call": "enqueue_drift(ada 09:00)", "start": 0.0, "end": 0.5, "answer": "1"}
HISTORY = [
    EVENT,
    EVENT | {"client": "process 2", "start": 0.25, "end": 0.75},
    {"client": "process 1", "call": "mark_done(<id of request 0>)", "start": 1.0, "end": None, "answer": ""},
]
CASE = {
    "id": "cap-counts-skipped",
    "requirements": ["CAP-3"],
    "why": "Skipped ones are forgotten.",
    "given": {"max_asks_per_day": 1},
    "steps": [
        {
            "do": "enqueue_drift",
            "buckets": [
                {
                    "user_id": "<script>alert(1)</script> | `a` \ud800 \x00",
                    "bucket_start_ts": {"$datetime": "2026-01-10T09:00:00Z"},
                    "bucket_end_ts": "2026-01-10T10:00:00Z",
                }
            ],
            "expect": 1,
        },
        {"do": "mark_done", "request_id": {"$place": 0}, "status": "skipped"},
        {"do": "get_pending", "expect": []},
    ],
}
FAILURE = {
    "case": CASE,
    "message": "returned 1 of <b>0</b> | requests \ud800\x00",
    "step": 2,
    "expected": [],
    "got": [{"user_id": "<script>alert(1)</script>"}],
    "found_by": "case",
}
OVERLAP = {
    "case": {
        "id": "overlap",
        "requirements": ["SHARE-3"],
        "why": "Found by clients that share a store.",
        "steps": [{"do": "overlap", "how": "2 processes all at once", "clients": 2}],
    },
    "message": "no order of the calls explains the answers",
    "step": 0,
    "expected": None,
    "got": ["ada at 09:00 pending"],
    "found_by": "overlap",
    "history": HISTORY,
}


def found(outcome, profile="core", **members):
    return {"profile": profile, "outcome": outcome, "checks": 3, "sentence": f"`It` MUST {outcome}.", **members}


def report(requirements=None, verdict=None, **members):
    """A valid `report.json`; every outcome is in it, unless told otherwise."""
    every = {
        "REQ-1": found("pass"),
        "CAP-3": found("fail", failed=2, failures=[FAILURE, FAILURE | {"message": "another kind"}]),
        "CAP-4": found("known", reason="Decided <i>so</i>.", failed=1, failures=[FAILURE]),
        "CAP-5": found("fixed", reason="It was so."),
        "ORD-1": found("error", reason="case ord-a: died"),
        "ORD-2": found("inconclusive", reason="no time"),
        "ORD-3": found("skip", reason="it claims no clock that can be set"),
        "ORD-4": found("untested"),
        "DUR-2": found("inapplicable", "durable", reason="its store is not one file"),
        "SHARE-3": found("fail", "shared", failed=1, failures=[OVERLAP]),
    }
    return {
        "schema": 1,
        "kit": "0.1.0",
        "specification": "0.1",
        "wire": 1,
        "subject": {"name": "mine:<Queue>", "version": "1.2", "language": "python", "how": "in this process"},
        "verdict": {"core": "not conformant", "shared": "not conformant"} if verdict is None else verdict,
        "partial": False,
        "requirements": every if requirements is None else requirements,
        "unmatched": ["XYZ-9"],
        "cases": 5,
        "programs": 80,
        "seed": 1,
        "seconds": 1.5,
        **members,
    }
