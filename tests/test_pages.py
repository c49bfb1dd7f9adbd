"""Pages whose examples are programs, followed word for word."""

from __future__ import annotations

import pytest

import pages


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("how-to/from-a-models-probabilities", 2),
        ("how-to/from-a-drift-report", 2),
        ("how-to/several-processes", 1),
        ("how-to/stop-the-clock-in-tests", 1),
        ("explanation/how-the-daily-cap-works", 1),
        ("explanation/why-the-specification-is-code", 1),
    ],
)
def test_it_shows_what_there_is(name, count, tmp_path):
    """Who follows the page from an empty folder sees what it shows."""
    shown, real = pages.follow(pages.page(f"{name}.md"), tmp_path / "folder")

    assert "\n".join(real) == "\n".join(shown)
    assert len(shown) == count


def test_what_is_quoted_stands_in_the_source():
    """The requirement, the case and the mutant that the page goes through are the real ones."""
    page = pages.page("how-to/add-a-requirement.md")
    quoted = {title: block for _, title, block in pages.BLOCK.findall(page) if title}

    assert sorted(quoted) == [
        "conformance/cases/cap/counts-skipped.json",
        "src/labelqueue/conformance/mutants/budget.py",
        "src/labelqueue/spec/cap.py",
    ]
    assert quoted.pop("conformance/cases/cap/counts-skipped.json").startswith("--8<--")
    assert [title for title, block in quoted.items() if block not in (pages.ROOT / title).read_text("utf-8")] == []
