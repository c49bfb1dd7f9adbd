"""The fast ways to write and to read a queue file do what the plain ones do, to the byte and to the error."""

from __future__ import annotations

from datetime import UTC, datetime
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from invariants import check_invariants
from labelqueue import LabelRequest, UnreadableStoreError
from labelqueue.batch import Batch, new_requests
from labelqueue.canonical import columns_in, text_of, time_of
from labelqueue.chunks import CLOSING, OPENING, Chunks
from labelqueue.document import requests_from_bytes, requests_to_bytes
from labelqueue.loading import ledger_from_bytes

texts = st.one_of(st.sampled_from(["ada", "", 'a"b\\', "é\x7f\n\t\0", "𝄞", "},\n  {"]), st.text(max_size=5))
numbers = st.one_of(
    st.sampled_from([None, 0.0, -0.0, 0.1, 1e-4, 9.9e-5, 1e15, 1e16, 5e-324, 1.7976931348623157e308]),
    st.floats(allow_nan=False, allow_infinity=False),
)
moments = st.datetimes(timezones=st.just(UTC))
requests = st.lists(
    st.builds(
        LabelRequest,
        request_id=st.uuids().map(str),
        user_id=texts,
        bucket_start_ts=moments,
        bucket_end_ts=moments,
        reason=st.sampled_from(["low_confidence", "drift"]),
        confidence=numbers,
        predicted_label=st.none() | texts,
        created_at=moments,
        status=st.sampled_from(["pending", "labeled", "skipped"]),
    ),
    min_size=1,
    max_size=4,
)
CONTENT = requests_to_bytes(
    LabelRequest(
        request_id=f"8404cad7-47d4-4b22-b364-a726a357361{place}",
        user_id=user_id,
        bucket_start_ts=datetime(2026, 1, 1, 9, tzinfo=UTC),
        bucket_end_ts=datetime(2026, 1, 1, 9, 15, 0, 1, tzinfo=UTC),
        reason="drift",
        confidence=confidence,
        predicted_label=label,
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
    )
    for place, (user_id, confidence, label) in enumerate([("ada", 0.25, "writing"), ("é\n", 1e-5, None)])
)
FRAGMENTS = [
    *(b"0", b"00", b"1", b"-", b".", b".0", b"e5", b"e-05", b"e-5", b"null", b"true", b"NaN", b"Infinity", b"1e400"),
    *(b'"', b"\\", b"\\n", b"\\u000a", b"\\u00E9", b"\\u00e9", b"\\ud834", b"\\/", b"\xc3\xa9", b"\xff", b"\x00"),
    *(b"[0.5]", b"{}", b"\t", b"\x7f"),
    *(b" ", b"\n", b"\r", b",", b"{", b"}", b"[", b"]", b'"a": 1,\n    ', b"  }\n]", b"\n  },\n  {\n", b"  },\n  {"),
    *(b"24", b"60", b"T", b"t", b"Z", b"z", b"+00:00", b".000000", b".5", b"Z.000001", b"02-30", b"0000", b"W01-1"),
    *(b"pending", b"done", b"low_confidence", b"drift", b"8404cad7-47d4-4b22-b364-a726a3573610"),
]


def answered(load):
    """The requests that a loading gives, or the words of its error."""
    try:
        return load()
    except UnreadableStoreError as error:
        return str(error)


def answers(content):
    """What the fast loading and the plain one say of a file."""
    return (
        answered(lambda: ledger_from_bytes(content, "q.json").requests),
        answered(lambda: requests_from_bytes(content, "q.json")),
    )


@given(requests)
def test_chunks_are_the_canonical_bytes(items):
    """What is written by chunks is what the standard library writes of all at once."""
    chunks = Chunks().extended(list(map(text_of, items)))

    assert b"".join(chunks.parts()) == requests_to_bytes(items)


@given(requests)
def test_a_canonical_file_is_read_the_fast_way(items):
    """What the queue writes is never read by the plain way, and says the same."""
    with patch("labelqueue.loading.requests_from_bytes", None):
        ledger = ledger_from_bytes(requests_to_bytes(items), "q.json")

    check_invariants(ledger)
    assert ledger.requests == items


@given(requests, st.sampled_from(["low_confidence", "drift"]), moments)
def test_new_requests_are_written_as_any_others(items, reason, created_at):
    """A new request has the same text as if it had been made first and rendered then, and the same columns."""
    times = [[time_of(getattr(r, name)) for r in items] for name in ("bucket_start_ts", "bucket_end_ts")]
    batch = Batch([r.user_id for r in items], *times, [r.confidence for r in items], [r.predicted_label for r in items])

    new, columns = new_requests(batch, reason, created_at)

    changes = {"reason": reason, "created_at": created_at, "status": "pending"}
    made = [r.model_copy(update=changes | {"request_id": i}) for r, i in zip(items, columns.request_ids, strict=True)]
    assert new == list(map(text_of, made))
    read = columns_in(b"".join(Chunks().extended(new).parts())[len(OPENING) : -len(CLOSING)])
    assert list(map(list, columns)) == list(map(list, read))


@given(st.integers(0, len(CONTENT)), st.integers(0, 12), st.sampled_from([b"", *FRAGMENTS]) | st.binary(max_size=3))
def test_a_changed_file_is_read_as_the_plain_way_reads_it(start, length, fragment):
    """Whatever is put in place of a few bytes, the fast way gives the same requests or the same error."""
    content = CONTENT[:start] + fragment + CONTENT[start + length :]

    fast, plain = answers(content)

    assert fast == plain


@pytest.mark.parametrize("place", range(len(CONTENT)))
def test_a_fragment_anywhere_is_read_as_the_plain_way_reads_it(place):
    """The same at every place of a file, with what is near to sound."""
    contents = [CONTENT[:place] + each + CONTENT[place + cut :] for each in FRAGMENTS for cut in (0, len(each))]
    contents.append(CONTENT[:place] + CONTENT[place + 1 :])

    assert [each for each in contents if len(set(map(str, answers(each)))) > 1] == []


@given(st.binary(max_size=30))
@example(b"[]")
@example((OPENING + CLOSING).encode())
@example(b"[\n  {\n  }\n]")
def test_any_bytes_are_read_as_the_plain_way_reads_them(content):
    """Bytes that are no queue end in the error of the plain way."""
    fast, plain = answers(content)

    assert fast == plain


@given(requests)
def test_a_file_written_otherwise_is_held_as_the_queue_writes_it(items):
    """From another rendering of the same requests comes the canonical text."""
    content = requests_to_bytes(items).replace(b"\n", b"\r\n")

    ledger = ledger_from_bytes(content, "q.json")

    check_invariants(ledger)
    assert b"".join(ledger.chunks.parts()) == requests_to_bytes(items)
