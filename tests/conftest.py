"""Fixtures that several test files share."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest
import time_machine
from hypothesis import HealthCheck, settings

settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "dev")

NOW = datetime(2026, 1, 15, 12, 0, 0, 123457, tzinfo=UTC)


@pytest.fixture
def clock():
    """Stop the clock at `NOW`; `clock.move_to` moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def path(tmp_path):
    """A queue file that does not exist, in a folder that does not exist."""
    return tmp_path / "labels" / "queue.json"
