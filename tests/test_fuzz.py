"""Damaged files and arbitrary objects: refused with a documented error, and nothing has changed."""

from __future__ import annotations

import json
import random
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelqueue import ActiveLabelingQueue, InvalidInputError, UnreadableStoreError
from labelqueue.document import requests_from_bytes, requests_to_bytes

BUCKET = {"user_id": "ada", "bucket_start_ts": "2026-01-10T09:00:00Z", "bucket_end_ts": "2026-01-10T10:00:00Z"}
FLIPS = 6000


@pytest.fixture
def written(path):
    """A real file: what the queue wrote, with an unknown member, a text that is not ASCII, and every status."""
    queue = ActiveLabelingQueue(path)
    labels = ["coding", "", None, "naïve 🐍"]
    queue.enqueue_drift(
        [{**BUCKET, "user_id": f"日本 {n}", "confidence": n / 7, "predicted_label": labels[n]} for n in range(4)]
    )
    queue.mark_done(queue.all_items[0].request_id, "skipped")
    queue.mark_done(queue.all_items[1].request_id)
    path.write_bytes(path.read_bytes().replace(b'"drift"', b'"drift",\n    "note": [1, {"by": null}]', 1))
    return path.read_bytes()


def load(path, content):
    """Open a queue over these bytes; what it holds, or `None` where it refused them by the file's name."""
    path.write_bytes(content)
    try:
        return ActiveLabelingQueue(path).all_items
    except UnreadableStoreError as error:
        assert error.store == str(path)
        assert str(error).startswith(str(path))
        return None
    finally:
        assert path.read_bytes() == content


def test_a_file_cut_at_any_byte_is_refused(path, written):
    """No part of a file is taken for a file."""
    loaded = [length for length in range(len(written)) if load(path, written[:length]) is not None]

    assert loaded == []


def test_a_file_with_one_byte_flipped_is_refused_or_says_what_it_says(path, written):
    """A damaged file is refused, or it is sound JSON that says just what was loaded; it is never touched."""
    chance = random.Random(20260115)
    refused = 0
    for _ in range(FLIPS):
        place, bit = chance.randrange(len(written)), 1 << chance.randrange(8)
        damaged = bytearray(written)
        damaged[place] ^= bit
        items = load(path, bytes(damaged))
        refused += items is None
        if items is not None:
            says = [{name: item[name] for name in item} for item in json.loads(bytes(damaged))]
            holds = json.loads(requests_to_bytes(items))
            assert [each["request_id"] for each in says] == [each["request_id"] for each in holds]
            assert [each["user_id"] for each in says] == [each["user_id"] for each in holds]
            assert [each.get("confidence") for each in says] == [each["confidence"] for each in holds]
            assert [set(each) - set(one) for each, one in zip(says, holds, strict=True)] == [set()] * len(holds)

    assert 0 < refused < FLIPS


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=8,
)
SOUND = {
    "request_id": "00000000-0000-4000-8000-000000000001",
    **BUCKET,
    "reason": "drift",
    "confidence": 0.3,
    "predicted_label": "x",
    "created_at": "2026-01-14T08:00:00Z",
    "status": "pending",
}


@given(value=st.one_of(json_values, st.lists(json_values, max_size=3)))
def test_arbitrary_json_is_no_queue(value):
    """Whatever JSON a file holds, it is refused, unless it is an empty array."""
    content = json.dumps(value).encode()
    try:
        requests = requests_from_bytes(content, "queue.json")
    except UnreadableStoreError as error:
        assert str(error).startswith("queue.json")
    else:
        assert (value, requests) == ([], [])


@given(field=st.sampled_from(sorted(SOUND)), value=json_values)
def test_an_arbitrary_member_is_refused_by_name_or_kept(field, value):
    """An item with one arbitrary member is refused by item and field, or written back as it was read."""
    content = json.dumps([{**SOUND, field: value}]).encode()
    try:
        requests = requests_from_bytes(content, "queue.json")
    except UnreadableStoreError as error:
        assert (error.item, error.field) == (0, field)
    else:
        assert requests_from_bytes(requests_to_bytes(requests), "queue.json") == requests


@given(members=st.dictionaries(st.text(max_size=6), json_values, max_size=3))
def test_arbitrary_unknown_members_survive_or_are_refused(members):
    """Members that nobody knows come back as they were, or the file is refused because of one of them."""
    unknown = {name: value for name, value in members.items() if name not in SOUND}
    content = json.dumps([{**SOUND, **unknown}]).encode()
    try:
        requests = requests_from_bytes(content, "queue.json")
    except UnreadableStoreError as error:
        assert error.field in unknown
    else:
        assert json.loads(requests_to_bytes(requests)) == [{**SOUND, **unknown}]


class Rude:
    """An object that raises whatever is done with it."""

    def __getattr__(self, name):
        raise RuntimeError(name)

    def __eq__(self, other):
        raise RuntimeError("eq")

    __hash__ = None

    def __bool__(self):
        raise RuntimeError("bool")

    def __len__(self):
        raise RuntimeError("len")

    def __index__(self):
        raise RuntimeError("index")

    def __float__(self):
        raise RuntimeError("float")

    def __str__(self):
        raise RuntimeError("str")

    # Hypothesis has to name it; a repr that raises is in tests/test_errors.py.
    def __repr__(self):
        return "Rude()"


class Text(str):
    """A text of a class of its own."""

    __slots__ = ()


things = st.one_of(
    json_values,
    st.binary(),
    st.sampled_from(
        [
            Rude(), object(), Text("ada"), "\ud800", 10**400, complex(1, 2), Ellipsis, int, {1}, (), range(3), b"x",
            np.float64("nan"), np.int64(-1), np.bool_(1), np.datetime64("NaT"), np.array([1, 2]),
            np.timedelta64(1, "s"), pd.NaT, pd.NA, pd.Timestamp("2262-04-11"), pd.DataFrame(), pd.Series([1]),
            pd.DataFrame({"a": [1]}), datetime.max, datetime.min.replace(tzinfo=UTC),  # noqa: DTZ901 - naive on purpose
        ]
    ),
)  # fmt: skip
buckets = st.lists(
    st.one_of(things, st.fixed_dictionaries({name: st.one_of(st.just(BUCKET[name]), things) for name in BUCKET})),
    max_size=3,
)
frames = st.builds(
    lambda column, value: pd.DataFrame(
        {name: pd.Series([each], dtype=object) for name, each in ({**SOUND, column: value}).items()}
    ),
    st.sampled_from([*BUCKET, "confidence", "predicted_label"]),
    things,
)
calls = st.one_of(
    st.tuples(st.just("enqueue_low_confidence"), st.tuples(st.one_of(things, frames), st.one_of(things, st.just(0.5)))),
    st.tuples(st.just("enqueue_drift"), st.tuples(st.one_of(things, buckets))),
    st.tuples(st.just("get_pending"), st.tuples(things, things)),
    st.tuples(st.just("mark_done"), st.tuples(things, st.one_of(things, st.just("labeled")))),
)


@given(call=calls)
@settings(max_examples=400)
def test_arbitrary_arguments_are_answered_or_refused(call):
    """Whatever is handed in, a call answers or raises the documented error, and a refusal changes nothing."""
    name, arguments = call
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "queue.json"
        queue = ActiveLabelingQueue(path)
        queue.enqueue_drift([{**BUCKET, "user_id": "there"}])
        before, items = path.read_bytes(), queue.all_items
        try:
            getattr(queue, name)(*arguments)
        except InvalidInputError as error:
            assert str(error)
            assert (path.read_bytes(), queue.all_items) == (before, items)
        assert ActiveLabelingQueue(path).all_items == queue.all_items


@given(cap=things)
def test_an_arbitrary_cap_is_taken_or_refused(cap):
    """The constructor takes a count and refuses everything else with the documented error; it writes nothing."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "queue.json"
        try:
            queue = ActiveLabelingQueue(path, cap)
        except InvalidInputError as error:
            assert error.argument == "max_asks_per_day"
        else:
            assert queue.max_asks_per_day >= 0
        assert not path.exists()
