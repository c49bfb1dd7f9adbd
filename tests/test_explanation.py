"""The explanation of `get_pending`, and closing the request of a bucket."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelqueue import (
    ActiveLabelingQueue,
    InvalidInputError,
    LabelRequest,
    PendingExplanation,
    explain_pending,
    mark_bucket_done,
)

TOMORROW = datetime(2026, 1, 16, tzinfo=UTC)


class PlainQueue:
    """An implementation of the contract over a list, without an attribute for its cap."""

    def __init__(self, requests, cap=20):
        self.requests = list(requests)
        self._cap = cap

    def enqueue_low_confidence(self, predictions_df, threshold=0.55):
        raise NotImplementedError

    def enqueue_drift(self, buckets):
        raise NotImplementedError

    def get_pending(self, user_id=None, limit=None):
        now = datetime.now(UTC).date()
        used = sum(r.status != "pending" and r.created_at.date() == now for r in self.requests)
        pending = [r for r in self.requests if r.status == "pending" and user_id in {None, r.user_id}]
        most = max(0, self._cap - used)
        return pending[: most if limit is None else min(most, limit)]

    def mark_done(self, request_id, status="labeled"):
        for place, request in enumerate(self.requests):
            if request.request_id == request_id:
                self.requests[place] = request.model_copy(update={"status": status})
                return self.requests[place]
        return None

    @property
    def all_items(self):
        return list(self.requests)


def request(number, user_id="ada", status="pending", created_at="2026-01-15T08:00Z"):
    start = datetime(2026, 1, 10, tzinfo=UTC) + timedelta(hours=number)
    return LabelRequest(
        request_id=f"8404cad7-47d4-4b22-b364-{number:012}",
        user_id=user_id,
        bucket_start_ts=start,
        bucket_end_ts=start + timedelta(minutes=15),
        reason="drift",
        created_at=created_at,
        status=status,
    )


def explanation(**changes):
    values = {
        "user_id": None, "limit": None, "pending": 0, "pending_of_all": 0, "cap": 20, "used_today": 0,
        "remaining": 20, "returned": 0, "bound": "emptiness", "whole_again_at": None,
    }  # fmt: skip
    return PendingExplanation(**(values | changes))


@pytest.mark.usefixtures("clock")
def test_an_empty_queue_is_bounded_by_emptiness(path):
    """A queue that holds nothing returns nothing, and nothing is used up; nothing is written."""
    explained = explain_pending(ActiveLabelingQueue(path))

    assert explained == explanation()
    assert str(explained) == "0 of 0 pending requests may be asked now: there are no more."
    assert not path.exists()


@pytest.mark.usefixtures("clock")
def test_all_that_is_pending_is_returned():
    """When everything is returned, emptiness is what bounds it, even if cap and limit are just as low."""
    explained = explain_pending(PlainQueue([request(1), request(2, "grace")]), limit=2, max_asks_per_day=2)

    assert explained == explanation(limit=2, pending=2, pending_of_all=2, cap=2, remaining=2, returned=2)


@pytest.mark.usefixtures("clock")
def test_the_user_bounds():
    """When all of a user's requests are returned and others have more, the user is what bounds it."""
    queue = PlainQueue([request(1), request(2, "grace"), request(3, "grace")])

    explained = explain_pending(queue, "ada", max_asks_per_day=20)

    assert explained == explanation(user_id="ada", pending=1, pending_of_all=3, returned=1, bound="user")
    assert str(explained) == (
        "1 of 1 pending requests of ada may be asked now: there are no more of this user, and 2 of others."
    )


@pytest.mark.usefixtures("clock")
def test_the_limit_bounds():
    """When the limit is below what the cap has left, the limit is what bounds it."""
    explained = explain_pending(PlainQueue([request(1), request(2)]), limit=1, max_asks_per_day=20)

    assert explained == explanation(limit=1, pending=2, pending_of_all=2, returned=1, bound="limit")
    assert str(explained) == "1 of 2 pending requests may be asked now: the limit is 1, and the cap has 20 left."


@pytest.mark.usefixtures("clock")
def test_the_cap_bounds_until_midnight():
    """Requests of today that are done use up the cap until the next 00:00 UTC; those of yesterday do not."""
    queue = PlainQueue(
        [
            request(1, status="labeled"),
            request(2, status="skipped", created_at="2026-01-15T00:00Z"),
            request(3, status="labeled", created_at="2026-01-14T23:59:59.999999Z"),
            request(4),
            request(5),
        ]
    )

    explained = explain_pending(queue, limit=1, max_asks_per_day=3)

    assert explained == explanation(
        limit=1, pending=2, pending_of_all=2, cap=3, used_today=2, remaining=1, returned=1, bound="cap",
        whole_again_at=TOMORROW,
    )  # fmt: skip
    assert str(explained) == (
        "1 of 2 pending requests may be asked now: the cap of 3 a day has 1 left until 2026-01-16 00:00 UTC."
    )


@pytest.mark.usefixtures("clock")
def test_more_than_the_cap_may_be_used():
    """Marking works beyond the cap, and then nothing remains: never less than nothing."""
    queue = PlainQueue([request(1, status="labeled"), request(2, status="labeled"), request(3)])

    assert explain_pending(queue, max_asks_per_day=1) == explanation(
        pending=1, pending_of_all=1, cap=1, used_today=2, remaining=0, bound="cap", whole_again_at=TOMORROW
    )


@pytest.mark.usefixtures("clock")
def test_the_queues_own_cap_counts(path):
    """Where the queue has a cap of its own, the argument is of no account."""
    assert explain_pending(ActiveLabelingQueue(path, 7), max_asks_per_day=3).cap == 7


def test_an_unknown_cap_is_refused():
    """A queue that does not tell its cap needs the argument."""
    with pytest.raises(InvalidInputError) as caught:
        explain_pending(PlainQueue([]))

    assert str(caught.value) == (
        "max_asks_per_day=None does not say what the cap of this queue is; hand in the queue's cap."
    )


@pytest.mark.parametrize("limit", [-1, True, 1.0, "1", np.int64(-1)])
def test_a_bad_limit_is_refused_as_the_queue_refuses_it(path, limit):
    """What `get_pending` refuses as a limit is refused here in the same words."""
    queue = ActiveLabelingQueue(path)
    with pytest.raises(InvalidInputError) as by_queue:
        queue.get_pending(limit=limit)

    with pytest.raises(InvalidInputError) as caught:
        explain_pending(queue, limit=limit)

    assert caught.value == by_queue.value


@pytest.mark.usefixtures("clock")
def test_numpys_integers_are_limits():
    """A limit that numpy counted is a number of requests as well."""
    explained = explain_pending(PlainQueue([request(1), request(2)]), limit=np.int64(1), max_asks_per_day=20)

    assert (explained.limit, explained.returned) == (1, 1)


@given(
    statuses=st.lists(st.sampled_from(["pending", "labeled", "skipped"]), max_size=8),
    users=st.lists(st.sampled_from(["ada", "grace"]), min_size=8, max_size=8),
    user_id=st.sampled_from([None, "ada", "nobody"]),
    limit=st.none() | st.integers(0, 5),
    cap=st.integers(0, 5),
)
def test_what_is_returned_is_what_the_queue_returns(statuses, users, user_id, limit, cap):
    """The number returned is that of `get_pending`, and lifting what bounds it lets one more through."""
    now = datetime.now(UTC)
    requests = [request(n, users[n], status, now) for n, status in enumerate(statuses)]
    queue = PlainQueue(requests, cap)

    explained = explain_pending(queue, user_id, limit, max_asks_per_day=cap)

    assert explained.returned == len(queue.get_pending(user_id, limit))
    lifted = {
        "emptiness": PlainQueue([*requests, request(99, user_id or "ada", "pending", now)], cap + 9).get_pending(
            user_id
        ),
        "user": PlainQueue(requests, cap + 9).get_pending(),
        "limit": queue.get_pending(user_id),
        "cap": PlainQueue(requests, cap + 9).get_pending(user_id),
    }
    assert len(lifted[explained.bound]) > explained.returned


def test_the_pending_request_of_a_bucket_is_closed():
    """The request whose bucket it is becomes done, however its start is written; no other changes."""
    requests = [request(1), request(2), request(1, "grace").model_copy(update={"request_id": "of grace"})]
    queue = PlainQueue(requests)

    closed = mark_bucket_done(queue, "ada", "2026-01-10T03:00+01:00", "skipped")

    assert closed == requests[1].model_copy(update={"status": "skipped"})
    assert queue.all_items == [requests[0], closed, requests[2]]


def test_a_bucket_without_a_pending_request_changes_nothing():
    """Done requests of the bucket, and those of other buckets and users, stay as they are; the answer is `None`."""
    requests = [request(1, status="skipped"), request(2)]
    queue = PlainQueue(requests)

    assert mark_bucket_done(queue, "ada", datetime(2026, 1, 10, 1)) is None  # noqa: DTZ001 - naive means UTC
    assert mark_bucket_done(queue, "grace", datetime(2026, 1, 10, 2, tzinfo=UTC)) is None
    assert queue.all_items == requests


def test_a_bucket_that_is_pending_twice_is_closed_whole():
    """In a file of others that holds two pending requests for one bucket, both are closed."""
    queue = PlainQueue([request(1), request(1).model_copy(update={"request_id": "again"})])

    mark_bucket_done(queue, "ada", "2026-01-10T01:00Z")

    assert [each.status for each in queue.all_items] == ["labeled", "labeled"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("noon", "labeled"),
            "bucket_start_ts='noon' is not ISO 8601 text with a time of day; hand in the start of the bucket.",
        ),
        (
            ("2026-01-10T01:00Z", "pending"),
            "status='pending' is not 'labeled' or 'skipped'; write one of these.",
        ),
    ],
)
def test_a_bad_bucket_or_status_is_refused(arguments, message):
    """A start that is no timestamp and a status that is not done are refused, and nothing changes."""
    queue = PlainQueue([request(1)])

    with pytest.raises(InvalidInputError) as caught:
        mark_bucket_done(queue, "ada", *arguments)

    assert str(caught.value) == message
    assert queue.all_items == [request(1)]
