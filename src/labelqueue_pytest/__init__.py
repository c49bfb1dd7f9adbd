"""The pytest plugin: options for suites, and their verdicts at the end.

It does nothing by itself: a suite is there when a test file says
`TestMine = labelqueue.conformance.suite.suite("module:Name")`.  Since pytest imports
every installed plugin in every run, it stands outside the package and imports nothing
but pytest.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

__all__ = ["SUITES", "pytest_addoption", "pytest_terminal_summary"]

SUITES = pytest.StashKey[dict[str, Any]]()
"""The suites that had a requirement examined, by the name of their class."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("labelqueue", "conformance of labeling queues (labelqueue)")
    group.addoption("--labelqueue-seed", type=int, metavar="N", help="The seed of the search.")
    group.addoption(
        "--labelqueue-report", type=Path, metavar="DIR", help="Write report.json and its renderings to DIR/SUITE."
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say the verdict of each suite; what was deselected leaves none."""
    suites = config.stash.get(SUITES, {})
    if suites:
        terminalreporter.section("labelqueue")
    for name, examinee in suites.items():
        for line in examinee.lines():
            terminalreporter.write_line(f"{name}: {line}")
