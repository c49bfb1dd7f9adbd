"""The canonical queue, by example."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime

import pandas as pd
import pytest

from conftest import NOW
from labelqueue import ActiveLabelingQueue, InvalidInputError, LabelingQueue, UnreadableStoreError


def bucket(start="2026-01-10T09:00:00Z", end="2026-01-10T10:00:00Z", user_id="ada", **more):
    return {"user_id": user_id, "bucket_start_ts": start, "bucket_end_ts": end, **more}


def frame(*rows):
    return pd.DataFrame([{"confidence": 0.3, "predicted_label": "coding", **row} for row in rows])


@pytest.mark.usefixtures("clock")
def test_a_request_holds_the_rows_values(path):
    """A selected row becomes one pending request with its values and the moment of the call."""
    queue = ActiveLabelingQueue(path)

    assert queue.enqueue_low_confidence(frame(bucket(confidence=0.3))) == 1

    [request] = queue.all_items
    assert request.model_dump(exclude={"request_id"}) == {
        "user_id": "ada",
        "bucket_start_ts": datetime(2026, 1, 10, 9, tzinfo=UTC),
        "bucket_end_ts": datetime(2026, 1, 10, 10, tzinfo=UTC),
        "reason": "low_confidence",
        "confidence": 0.3,
        "predicted_label": "coding",
        "created_at": NOW,
        "status": "pending",
    }


@pytest.mark.usefixtures("clock")
def test_the_file_is_canonical_json(path):
    """The file holds the standard library's JSON: ASCII, an indent of two, times with Z."""
    queue = ActiveLabelingQueue(path)
    queue.enqueue_drift([bucket(user_id="ü", confidence=1e-07)])

    text = path.read_bytes().decode("ascii")

    assert text == json.dumps(json.loads(text), indent=2)
    assert json.loads(text) == [
        {
            "request_id": queue.all_items[0].request_id,
            "user_id": "ü",
            "bucket_start_ts": "2026-01-10T09:00:00Z",
            "bucket_end_ts": "2026-01-10T10:00:00Z",
            "reason": "drift",
            "confidence": 1e-07,
            "predicted_label": None,
            "created_at": "2026-01-15T12:00:00.140625Z",
            "status": "pending",
        }
    ]


def test_the_class_is_as_the_contract_says():
    """The queue is a slotted dataclass without value equality, with two constructor arguments."""
    assert dataclasses.is_dataclass(ActiveLabelingQueue)
    assert [f.name for f in dataclasses.fields(ActiveLabelingQueue) if f.init] == ["queue_path", "max_asks_per_day"]
    assert ActiveLabelingQueue.__eq__ is object.__eq__
    assert "__dict__" not in dir(ActiveLabelingQueue)


def test_the_queue_fulfils_the_protocol(path):
    """The canonical queue is a LabelingQueue to whoever asks."""
    assert isinstance(ActiveLabelingQueue(path), LabelingQueue)


def test_a_refused_batch_changes_nothing(path):
    """One bad row anywhere, and no row of the call is added, in memory or in the file."""
    queue = ActiveLabelingQueue(path)
    queue.enqueue_drift([bucket()])
    before, items = path.read_bytes(), queue.all_items

    with pytest.raises(InvalidInputError):
        queue.enqueue_drift([bucket("2026-01-10T11:00:00Z", "2026-01-10T12:00:00Z"), bucket(end="soon")])

    assert (path.read_bytes(), queue.all_items) == (before, items)


def test_a_failed_write_changes_nothing(path, monkeypatch):
    """When the rename fails, its own error comes out, memory and file are as before, and a retry works."""
    queue = ActiveLabelingQueue(path)
    queue.enqueue_drift([bucket()])
    before, items = path.read_bytes(), queue.all_items
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", _no_space)
        with pytest.raises(OSError, match="No space left"):
            queue.mark_done(items[0].request_id)

    assert (path.read_bytes(), queue.all_items) == (before, items)
    assert sorted(file.name for file in path.parent.iterdir()) == ["queue.json", "queue.json.lock"]
    assert queue.mark_done(items[0].request_id).status == "labeled"


def _no_space(*_):
    raise OSError(28, "No space left on device")


def test_outside_changes_are_seen(path):
    """What another program wrote into the file is there at the next call."""
    one, other = ActiveLabelingQueue(path), ActiveLabelingQueue(path)
    one.enqueue_drift([bucket()])

    assert [r.request_id for r in other.get_pending()] == [r.request_id for r in one.all_items]


def test_a_deleted_file_is_an_empty_queue(path):
    """Once the file is gone, so are its requests."""
    queue = ActiveLabelingQueue(path)
    queue.enqueue_drift([bucket()])
    path.unlink()

    assert queue.all_items == []


def test_an_unreadable_file_is_refused_again_and_again(path):
    """A file that is no queue is refused by every call, and left as it is."""
    queue = ActiveLabelingQueue(path)
    queue.enqueue_drift([bucket()])
    path.write_text("{}")

    for call in (queue.get_pending, lambda: queue.enqueue_drift([bucket(user_id="bob")])):
        with pytest.raises(UnreadableStoreError) as caught:
            call()
        assert str(caught.value) == f"{path}: holds an object, not a JSON array; the file was not changed."

    assert path.read_text() == "{}"


def test_a_new_file_gets_the_umasks_bits_and_keeps_its_own(path):
    """A new file has the permissions of the process; an existing one keeps its own."""
    queue = ActiveLabelingQueue(path)
    queue.enqueue_drift([bucket()])
    (path.parent / "plain").touch()
    assert path.stat().st_mode == (path.parent / "plain").stat().st_mode

    path.chmod(0o640)
    queue.mark_done(queue.all_items[0].request_id)

    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link(path, tmp_path):
    """A symbolic link stays one, and its target is what changes."""
    target = tmp_path / "elsewhere.json"
    target.write_text("[]")
    path.parent.mkdir()
    path.symlink_to(target)

    ActiveLabelingQueue(path).enqueue_drift([bucket()])

    assert path.is_symlink()
    assert len(json.loads(target.read_text())) == 1


def test_unknown_members_survive(path):
    """Members that the model does not know are written back."""
    queue = ActiveLabelingQueue(path)
    queue.enqueue_drift([bucket()])
    [item] = json.loads(path.read_text())
    path.write_text(json.dumps([{**item, "note": {"by": ["grace", None]}}]))

    queue.mark_done(item["request_id"])

    assert json.loads(path.read_text()) == [{**item, "note": {"by": ["grace", None]}, "status": "labeled"}]


@pytest.mark.parametrize("cap", [-1, 2.0, True, None, "3"])
def test_a_cap_that_is_no_count_is_refused(path, cap):
    """The cap is an integer of 0 or more."""
    with pytest.raises(InvalidInputError) as caught:
        ActiveLabelingQueue(path, cap)

    assert str(caught.value) == (
        f"max_asks_per_day={cap!r} is not an integer of 0 or more; hand in how many asks a day are bearable."
    )


@pytest.mark.parametrize("limit", [-1, 1.0, True, "3"])
def test_a_limit_that_is_no_count_is_refused(path, limit):
    """The limit is an integer of 0 or more."""
    with pytest.raises(InvalidInputError) as caught:
        ActiveLabelingQueue(path).get_pending(limit=limit)

    assert str(caught.value) == (f"limit={limit!r} is not an integer of 0 or more; leave it out for no further limit.")


@pytest.mark.parametrize("status", ["pending", "done", "", None, ["labeled"]])
def test_a_status_that_is_not_done_is_refused(path, status):
    """Only labeled and skipped can be marked, whether the id is known or not."""
    with pytest.raises(InvalidInputError) as caught:
        ActiveLabelingQueue(path).mark_done("nobody", status)

    assert str(caught.value) == f"status={status!r} is not 'labeled' or 'skipped'; write one of these."
