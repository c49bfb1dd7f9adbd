"""What a test does where something that it needs is not on the machine."""

from __future__ import annotations

import os

import pytest


def lacks(what):
    """Skip the test and say why; where everything must be there, fail."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(what)
