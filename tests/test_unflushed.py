"""What a failed flush leaves unflushed: judged by the system calls alone."""

from __future__ import annotations

import pytest

from labelqueue.conformance.crash.unflushed import unflushed
from labelqueue.conformance.tracing.strace import Record
from labelqueue.conformance.tracing.system_calls import SystemCall


def call(name, arguments, result="0"):
    return SystemCall(1, name, arguments, result, "")


@pytest.fixture
def store(tmp_path):
    """A store that is one file."""
    path = tmp_path / "queue.json"
    path.write_text("[]")
    return path


def test_a_replacement_that_is_not_flushed_is_none(store):
    """The old file, without the change, may come back when the power goes."""
    hit = call("fsync", f"5<{store.parent}>", "-1")
    calls = [call("write", f"4<{store}.new>", "9"), call("fsync", f"4<{store}.new>")]
    calls += [call("rename", f'"{store}.new", "{store}"'), hit]

    assert unflushed(Record(calls), hit, store) == "the replacement of the store"
    assert unflushed(Record([*calls, call("fsync", f"5<{store.parent}>")]), hit, store) is None


def test_a_replacement_that_only_tidies_up_need_not_be_flushed(store):
    """The old file holds the change as well, and that was flushed."""
    hit = call("fsync", f"5<{store.parent}>", "-1")
    replaced = [call("rename", f'"{store}.new", "{store}"'), hit]
    appended, flushed = call("pwrite64", f"4<{store}>", "9"), call("fsync", f"4<{store}>")

    assert unflushed(Record([appended, flushed, *replaced]), hit, store) is None
    assert unflushed(Record([flushed, appended, *replaced]), hit, store) == "the replacement of the store"


def test_what_was_only_interrupted_was_flushed(store):
    """An interrupt comes when the flush has done its work; the call may be acknowledged all the same."""
    hit = call("fsync", f"4<{store}.new>")
    calls = [call("write", f"4<{store}.new>", "9"), hit, call("rename", f'"{store}.new", "{store}"')]

    assert unflushed(Record(calls), hit, store) is None
