"""`labelqueue report`: render a report that was written earlier."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from labelqueue.cli.screen import console, errors_in_one_line
from labelqueue.conformance.reports.console import rendered
from labelqueue.conformance.reports.renderers import badge as draw_badge
from labelqueue.conformance.reports.renderers import html as write_html
from labelqueue.conformance.reports.renderers import junit as write_junit
from labelqueue.conformance.reports.renderers import markdown as write_markdown
from labelqueue.conformance.reports.renderers import write_text
from labelqueue.conformance.reports.report import read_report

__all__ = ["report"]


def report(
    file: Annotated[Path, typer.Argument(help="report.json, or the folder that it lies in.")],
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page here.")] = None,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write JUnit XML here.")] = None,
    markdown: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a summary in Markdown here.")] = None,
    badge: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a badge, an SVG, here.")] = None,
) -> None:
    """Render a report; with no option, on this screen."""
    wanted = {html: write_html, junit: write_junit, markdown: write_markdown, badge: draw_badge}
    with errors_in_one_line():
        found = read_report(file)
        for path, render in wanted.items():
            if path is not None:
                write_text(path, render(found))
        if set(wanted) == {None}:
            console().print(rendered(found, {}))
