"""Histories: legal ones are let pass, illegal ones are told, made short and drawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from conftest import NOW
from labelqueue.conformance.overlap.timeline import lines_of, shortened, to_json
from labelqueue.conformance.overlap.ways import histories_in
from labelqueue.conformance.steps import call_of
from labelqueue.spec import REQUIREMENTS, Event, History, Refusal, Seen
from labelqueue.spec.linear import is_linear

START = datetime(2026, 1, 10, 9, tzinfo=UTC)


def request(number, status="pending", *, confidence=None, created_at=NOW):
    start = START + timedelta(minutes=number)
    end = start + timedelta(hours=1)
    return Seen(f"id-{number}", "ada", start, end, "drift", confidence, None, created_at, status)


def drift(*numbers):
    buckets = [
        {
            "user_id": "ada",
            "bucket_start_ts": (START + timedelta(minutes=n)).isoformat(),
            "bucket_end_ts": (START + timedelta(minutes=n, hours=1)).isoformat(),
        }
        for n in numbers
    ]
    return call_of({"do": "enqueue_drift", "buckets": buckets})


def mark(number, status="labeled"):
    return call_of({"do": "mark_done", "request_id": f"id-{number}", "status": status})


FAILED = Refusal("other", "raised OSError: [Errno 5] Input/output error")
UNSURE = Refusal("other", "raised OSError: [Errno 5] Input/output error; the change may stand")
ALL = call_of({"do": "all_items"})
PENDING = call_of({"do": "get_pending"})


def history(*events, final=(), cap=20):
    return History("together", tuple(events), tuple(final), NOW, cap)


LEGAL = {
    "one after another": history(
        Event("A", drift(0), 1, 2, 1),
        Event("B", mark(0), 3, 4, request(0, "labeled")),
        Event("A", ALL, 5, 6, [request(0, "labeled")]),
        final=[request(0, "labeled")],
    ),
    "two at once, in either order": history(
        Event("A", drift(0), 1, 4, 1), Event("B", drift(1), 2, 3, 1), final=[request(0), request(1)]
    ),
    "the same bucket at once, one of them adds it": history(
        Event("A", drift(0), 1, 4, 0), Event("B", drift(0), 2, 3, 1), final=[request(0)]
    ),
    "a read that overlaps a change may miss it": history(
        Event("A", drift(0), 1, 4, 1), Event("B", ALL, 2, 3, []), final=[request(0)]
    ),
    "or show it": history(Event("A", drift(0), 1, 4, 1), Event("B", ALL, 2, 3, [request(0)]), final=[request(0)]),
    "a call that never returned may have happened": history(
        Event("A", drift(0), 1, None), Event("B", ALL, 2, 3, [request(0)]), final=[request(0)]
    ),
    "or not": history(Event("A", drift(0), 1, None), Event("B", ALL, 2, 3, []), final=[]),
    "a bucket waits again while its first request is marked once more": history(
        Event("A", drift(0), 1, 2, 1),
        Event("B", mark(0), 3, 4, request(0, "labeled")),
        Event("A", drift(0), 5, 6, 1),
        Event("B", mark(0, "skipped"), 7, 8, request(0, "skipped")),
        Event("A", drift(0), 9, 10, 0),
        Event("A", PENDING, 11, 12, [replace(request(0), request_id="again")]),
        final=[request(0, "skipped"), replace(request(0), request_id="again")],
        cap=2,
    ),
    "marks that overlap may leave the day as it was": history(
        Event("A", drift(0, 1), 1, 2, 2),
        Event("B", mark(0), 3, 6, request(0, "labeled")),
        Event("A", PENDING, 4, 5, [request(0)]),
        Event("A", drift(0), 5, 6, 0),
        final=[request(0, "labeled"), request(1)],
        cap=1,
    ),
    "a bucket returns after its request is done": history(
        Event("A", drift(0), 1, 2, 1),
        Event("B", mark(0), 3, 6, request(0, "labeled")),
        Event("C", drift(0), 4, 5, 1),
        final=[request(0, "labeled"), replace(request(0), request_id="id-again")],
    ),
    "the cap counts what is done and was created today": history(
        Event("A", drift(0, 1, 2), 1, 2, 3),
        Event("B", mark(0), 3, 4, request(0, "labeled")),
        Event("A", PENDING, 5, 6, [request(1)]),
        final=[request(0, "labeled"), request(1), request(2)],
        cap=2,
    ),
    "an unknown id": history(Event("A", mark(9), 1, 2, None), final=[]),
    "a call that was made to fail changes nothing": history(
        Event("A", drift(0), 1, 4, None, FAILED, was_to_fail=True), Event("B", ALL, 2, 3, []), final=[]
    ),
    "or something, where it says so": history(
        Event("A", drift(0), 1, 4, None, UNSURE, was_to_fail=True),
        Event("B", ALL, 2, 3, [request(0)]),
        final=[request(0)],
    ),
}

ILLEGAL = {
    "a read that misses what was acknowledged before it began": history(
        Event("A", drift(0), 1, 2, 1), Event("B", ALL, 3, 4, []), final=[request(0)]
    ),
    "a change that is gone at the end": history(
        Event("A", drift(0), 1, 2, 1), Event("B", drift(1), 3, 4, 1), final=[request(1)]
    ),
    "a bucket added twice at once": history(
        Event("A", drift(0), 1, 4, 1),
        Event("B", drift(0), 2, 3, 1),
        final=[request(0), replace(request(0), request_id="id-again")],
    ),
    "two reads that disagree about the order of changes": history(
        Event("A", drift(0), 1, 8, 1),
        Event("B", drift(1), 1, 8, 1),
        Event("C", ALL, 2, 3, [request(1)]),
        final=[request(0), request(1)],
    ),
    "a budget that is spent twice": history(
        Event("A", drift(0, 1), 1, 2, 2),
        Event("B", mark(0), 3, 4, request(0, "labeled")),
        Event("A", PENDING, 5, 6, [request(1)]),
        final=[request(0, "labeled"), request(1)],
        cap=1,
    ),
    "a look at what a failed call takes back": history(
        Event("A", drift(0), 1, 4, None, FAILED, was_to_fail=True), Event("B", ALL, 2, 3, [request(0)]), final=[]
    ),
    "a failed call that says nothing of what it left": history(
        Event("A", drift(0), 1, 2, None, FAILED, was_to_fail=True), final=[request(0)]
    ),
    "an order of asking that is not by confidence": history(
        Event("A", drift(0, 1), 1, 2, 2),
        Event("B", PENDING, 3, 4, [request(0, confidence=0.4), request(1, confidence=0.2)]),
        final=[request(0, confidence=0.4), request(1, confidence=0.2)],
    ),
}


@pytest.mark.parametrize("seen", LEGAL.values(), ids=list(LEGAL))
def test_a_legal_history_has_an_order(seen):
    """Whatever equals some one-after-another order is legal, and no requirement accuses it."""
    assert is_linear(seen) is True
    assert [name for name, r in REQUIREMENTS.items() if r.judge(seen)] == []


@pytest.mark.parametrize("seen", ILLEGAL.values(), ids=list(ILLEGAL))
def test_an_illegal_history_has_none(seen):
    """Whatever equals no order is illegal."""
    assert is_linear(seen) is False
    assert REQUIREMENTS["SHARE-3"].judge(seen) == [
        f"together: no one-after-another order of the {len(seen.events)} calls gives these answers"
    ]


def test_a_search_that_gives_up_says_so():
    """A budget of states that is used up is neither a pass nor a failure."""
    assert is_linear(LEGAL["one after another"], most_states=1) is None


def test_what_is_not_seen_is_told_by_share_1():
    """The read, the change and the bucket are named."""
    seen = ILLEGAL["a read that misses what was acknowledged before it began"]

    assert REQUIREMENTS["SHARE-1"].judge(seen) == [
        "together: B's all_items, begun after A's enqueue_drift had returned, "
        "does not show the bucket of ada at 2026-01-10T09:00:00+00:00"
    ]


def test_marks_that_are_not_seen_are_told_by_share_1():
    """What was marked uses up the day, and waits no more."""
    seen = history(
        Event("A", drift(0, 1), 1, 2, 2),
        Event("B", mark(0), 3, 4, request(0, "labeled")),
        Event("A", PENDING, 5, 6, [request(1)]),
        Event("A", drift(0, 2), 7, 8, 1),
        final=[request(0, "labeled"), request(1), request(2)],
        cap=1,
    )

    assert is_linear(seen) is False
    assert REQUIREMENTS["SHARE-1"].judge(seen) == [
        "together: A's get_pending shows 1, but what was marked before it began leaves 0 of the day",
        "together: A's enqueue_drift, begun after B's mark_done had returned, takes its bucket for pending",
    ]


def test_the_newer_of_two_marks_stands():
    """Another status is an older mark's, unless it may be another mark's."""
    seen = history(
        Event("A", mark(0), 1, 2, request(0, "labeled")),
        Event("B", mark(0, "skipped"), 3, 4, request(0, "skipped")),
        Event("A", ALL, 5, 6, [request(0, "labeled")]),
        final=[request(0, "labeled")],
    )
    meanwhile = replace(seen, events=(*seen.events, Event("C", mark(0), 1, 5, request(0, "labeled"))))

    assert REQUIREMENTS["SHARE-1"].judge(seen) == [
        "together: A's all_items, begun after B's mark_done had returned, shows the request as labeled"
    ]
    assert REQUIREMENTS["SHARE-2"].judge(seen) == [
        "together: the request that B's mark_done marked is labeled in the end"
    ]
    assert REQUIREMENTS["SHARE-1"].judge(meanwhile) == []
    assert REQUIREMENTS["SHARE-2"].judge(meanwhile) == []


def test_what_is_lost_is_told_by_share_2():
    """A change that is gone, one that was undone, and a number that cannot be."""
    seen = history(
        Event("A", drift(0, 1), 1, 2, 2),
        Event("B", mark(1), 3, 4, request(1, "labeled")),
        Event("C", mark(2), 3, 4, request(2, "skipped")),
        final=[request(1)],
    )

    assert REQUIREMENTS["SHARE-2"].judge(seen) == [
        "together: the bucket of ada at 2026-01-10T09:00:00+00:00, which A's enqueue_drift added, is gone",
        "together: the request that B's mark_done marked is pending in the end",
        "together: the request that C's mark_done marked is gone",
        "together: 2 requests were acknowledged as added, and 1 are there",
    ]


def test_a_refused_call_is_a_failure():
    """Input that is valid for one client alone is valid for many."""
    seen = history(Event("A", drift(0), 1, 2, refusal=Refusal("other", "raised OSError: busy")), final=[])

    assert REQUIREMENTS["SHARE-3"].judge(seen) == ["together: A's enqueue_drift raised OSError: busy"]


def test_a_way_ends_once_many_calls_were_refused():
    """Each may have waited for a lock for seconds; a call that was made to fail is none of them."""
    refused = history(*(Event("A", drift(0), 1, 2, refusal=Refusal("other", "is busy")) for _ in range(5)))
    failed = history(*(Event("A", drift(0), 1, 2, refusal=FAILED, was_to_fail=True) for _ in range(5)))
    ways = {"busy": lambda: iter([refused] * 100), "failing": lambda: iter([failed] * 100)}

    assert len(list(histories_in(ways, ["busy"], lambda *_: None))) == 5
    assert len(list(histories_in(ways, None, lambda *_: None))) == 5 + 100


def test_a_history_is_made_short_and_drawn():
    """Reads that prove nothing go; what stays is drawn with a line per call."""
    seen = history(
        Event("A", ALL, 1, 2, []),
        Event("A", drift(0), 3, 6, 1),
        Event("B", drift(1), 4, 5, 1),
        Event("C", ALL, 7, 8, [request(0)]),
        Event("B", mark(5), 9, 10, None),
        final=[request(0), request(1)],
    )

    short = shortened(seen, REQUIREMENTS["SHARE-3"])

    assert list(lines_of(to_json(short))) == [
        "A  ├──┤    enqueue_drift(ada at 09:00) → 1",
        "B   ├┤     enqueue_drift(ada at 09:01) → 1",
        "C      ├┤  all_items → request 0 pending",
    ]


def test_of_many_requests_a_few_are_drawn():
    """A call about a large store stays a line that a person can take in."""
    many = [request(minute) for minute in range(20)]
    seen = history(
        Event("A", drift(*range(20)), 1, 2, 20), Event("A", ALL, 3, 4, many), Event("B", drift(*range(7)), 5, 6, 0)
    )

    added, read, few = to_json(seen)

    assert added["call"].endswith("ada at 09:05, and 14 more)")
    assert read["answer"].endswith("pending, and 14 more")
    assert few["call"].endswith("ada at 09:05, ada at 09:06)")
