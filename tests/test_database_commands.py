"""The commands over a queue, where the queue is named by the URL of a database."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from labelqueue.cli import app
from labelqueue.sql import SqlLabelingQueue

ROWS = """\
user_id,bucket_start_ts,bucket_end_ts,confidence,predicted_label
ada,2026-01-15T09:00Z,2026-01-15T09:15Z,0.3,coding
ada,2026-01-15T10:00Z,2026-01-15T10:15Z,0.1,email
grace,2026-01-15T09:00Z,2026-01-15T09:15Z,0.2,coding
"""


@pytest.fixture
def run(url):
    """Run a command over the queue of the URL, and return what it printed as JSON."""

    def command(name, *arguments):
        done = CliRunner().invoke(app, [name, url, *map(str, arguments), "--json"])
        assert (done.exit_code, done.stderr) == (0, "")
        return json.loads(done.stdout)

    return command


def test_a_queue_in_a_database_is_filled_answered_and_counted(run, url, tmp_path):
    """Enqueue, show, done, skip and stats say of a database what they say of a file."""
    frame = tmp_path / "rows.csv"
    frame.write_text(ROWS, encoding="utf-8")

    added = run("enqueue", frame)
    first, second, third = run("show")["requests"]
    done = run("done", first["request_id"][:8])
    skipped = run("skip", second["request_id"])
    stats = run("stats")

    assert added["added"] == 3
    assert [each["confidence"] for each in (first, second, third)] == [0.1, 0.2, 0.3]
    assert [each["request"]["status"] for each in (done, skipped)] == ["labeled", "skipped"]
    assert [each["was"] for each in (done, skipped)] == ["pending", "pending"]
    assert {each.confidence: each.status for each in SqlLabelingQueue(url).all_items} == {
        0.1: "labeled",
        0.2: "skipped",
        0.3: "pending",
    }
    assert stats["status"] == {"pending": 1, "labeled": 1, "skipped": 1}


def test_a_database_that_is_not_there_is_told_in_one_line(tmp_path):
    """A slip in the name creates nothing."""
    path = tmp_path / "nowhere.db"

    done = CliRunner().invoke(app, ["show", f"sqlite:///{path}"])

    assert done.exit_code == 2
    assert done.stderr.splitlines() == [
        f"labelqueue: sqlite:///{path}: there is no queue; check the name, or let `labelqueue enqueue` create it"
    ]
    assert not path.exists()
