"""Renderers: pure functions from a report to what people and machines look at.

Each module holds one form.  Nothing in them knows a subject, the specification or the
time: what is shown stands in `report.json`, so that an old report can be rendered
again by a newer kit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from labelqueue.conformance.reports.renderers.badge import badge
from labelqueue.conformance.reports.renderers.html import html
from labelqueue.conformance.reports.renderers.junit import junit
from labelqueue.conformance.reports.renderers.markdown import markdown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from labelqueue.conformance.reports.report import Report

__all__ = ["RENDERERS", "badge", "html", "junit", "markdown", "write_renderings", "write_text"]

RENDERERS: Final[dict[str, Callable[[Report], str]]] = {
    "report.html": html,
    "junit.xml": junit,
    "summary.md": markdown,
    "badge.svg": badge,
}
"""Every form by the name of its file."""


def write_text(path: Path, text: str) -> None:
    """Write a rendering; what UTF-8 cannot carry is written as an escape.

    Args:
        path: The file; its folder is created.
        text: What to write.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8", "backslashreplace"))


def write_renderings(report: Report, folder: Path) -> None:
    """Write every form of a report into a folder, under the names in `RENDERERS`."""
    for name, render in RENDERERS.items():
        write_text(folder / name, render(report))
