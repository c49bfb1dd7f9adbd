"""What holds in a ledger after any step: every index says what the text of the requests says."""

from __future__ import annotations

from collections import Counter

from labelqueue.canonical import time_of
from labelqueue.chunks import SEAM
from labelqueue.document import requests_from_bytes, requests_to_bytes


def check_invariants(ledger):
    """Compare every index with what a walk over all requests gives."""
    content = b"".join(ledger.chunks.parts()) if len(ledger) else b"[]"
    requests = requests_from_bytes(content, "the ledger")
    waiting = [(place, r) for place, r in enumerate(requests) if r.status == "pending"]
    ranks = [r.confidence or 0.0 for r in requests]
    keys = Counter(r.user_id + time_of(r.bucket_start_ts) for _, r in waiting)

    # The chunks are canonical, hold as many requests as they say, and none is empty.
    assert content == requests_to_bytes(requests)
    assert ledger.chunks._counts == [bytes(chunk).count(SEAM.encode()) + 1 for chunk in ledger.chunks._chunks]
    assert len(ledger.chunks) == len(ledger) == len(requests)
    # The columns are those of the requests, and so are the requests that were made already.
    assert ledger._ids == [r.request_id for r in requests]
    assert ledger._user_ids == [r.user_id for r in requests]
    assert ledger._starts == [time_of(r.bucket_start_ts) for r in requests]
    assert ledger._ranks == ranks
    assert list(ledger._is_pending) == [r.status == "pending" for r in requests]
    assert ledger._made == {place: requests[place] for place in ledger._made}
    # What is done counts on the day of its making.
    assert +ledger._done_per_day == Counter(str(r.created_at.date()) for r in requests if r.status != "pending")
    # The indexes that are made when they are asked for hold what waits, in order.
    assert ledger._place in (None, {r.request_id: place for place, r in enumerate(requests)})
    assert ledger._claims in (None, keys)
    assert ledger._waiting in (None, sorted((ranks[place], place) for place, _ in waiting))
    assert ledger._waiting_of in (None, sorted((r.user_id, ranks[place], place) for place, r in waiting))
