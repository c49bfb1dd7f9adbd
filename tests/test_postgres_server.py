"""The server that the tests start: on any machine, and gone when they are."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import make_url

import postgres
from labelqueue.sql import SqlLabelingQueue

FOLDERS = postgres.installed_binaries()
BUCKET = {"user_id": "ada", "bucket_start_ts": "2026-01-10T09:00Z", "bucket_end_ts": "2026-01-10T09:15Z"}


def test_the_wheel_has_a_server():
    """So that there is one on every machine: what is installed with the tests is enough."""
    assert postgres.major_version(postgres.wheel_binaries()) in range(15, 19)


@pytest.mark.parametrize("binaries", FOLDERS, ids=lambda folder: f"PostgreSQL {postgres.major_version(folder)}")
def test_every_server_of_this_machine_serves_a_queue(binaries):
    """It starts on a socket, keeps a queue over a crash, and leaves nothing behind."""
    server = postgres.Server(binaries)
    folder = Path(make_url(server.url).query["host"]).parent
    try:
        queue = SqlLabelingQueue(server.url)
        assert queue.enqueue_drift([BUCKET, BUCKET]) == 1
        server.tell("crash")
        server.tell("start")
        [request] = queue.get_pending("ada")
        assert queue.mark_done(request.request_id).status == "labeled"
    finally:
        server.end()

    assert not folder.exists()


def test_a_server_is_gone_when_the_tests_are_killed():
    """Also when nobody had the time to stop it."""
    program = (
        "import postgres, time; server = postgres.Server(postgres.installed_binaries()[0]); "
        "print(server.url, flush=True); time.sleep(600)"
    )
    tests = subprocess.Popen(
        [sys.executable, "-c", program], cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True
    )
    folder = Path(make_url(tests.stdout.readline().strip()).query["host"]).parent
    server = int((folder / "data" / "postmaster.pid").read_text().split()[0])

    os.kill(tests.pid, signal.SIGKILL)
    tests.wait()
    tests.stdout.close()

    wait_until_gone(server)
    while folder.exists():
        pass


def wait_until_gone(pid):
    while Path(f"/proc/{pid}").exists():
        pass
