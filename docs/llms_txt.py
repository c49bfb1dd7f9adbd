"""`llms.txt`: every page of the site in one list, for programs that read instead of people.

MkDocs calls these hooks; nothing of it is written by hand, so that no page is missing.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.nav import Navigation, Section
    from mkdocs.structure.pages import Page

_NAVIGATION: list[Navigation] = []


def on_nav(nav: Navigation, **_: object) -> None:
    """Keep the navigation, whose pages have their text by the end."""
    _NAVIGATION[:] = [nav]


def on_post_build(config: MkDocsConfig, **_: object) -> None:
    """Write the list beside the pages."""
    lines = [f"# {config.site_name}", "", f"> {config.site_description}", ""]
    for item in _NAVIGATION[0].items:
        lines += _section(item) if item.is_section else [_line(item)]
    Path(config.site_dir, "llms.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _section(section: Section) -> list[str]:
    return ["", f"## {section.title}", "", *(_line(page) for page in section.children)]


def _line(page: Page) -> str:
    about = _first_sentence(page.markdown or "")
    return f"- [{page.title}]({page.url})" + (f": {about}" if about else "")


def _first_sentence(markdown: str) -> str:
    """Take the first line of running text; pages that are made from docstrings have none."""
    running = re.search(r"^[A-Z*`].*[.:]$", markdown, flags=re.MULTILINE)
    text = "" if running is None or "\n::: " in markdown[: running.start()] else running.group()
    return re.sub(r"\[([^]]*)\](\([^)]*\)|\[[^]]*\])", r"\1", text).replace("*", "")
