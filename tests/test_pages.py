"""Pages whose examples are programs, followed word for word."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

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


def shown_and_real(name, number, folder):
    """What the block of that number with commands in it shows, and what its first command says in a folder."""
    blocks = [text for language, _, text in pages.BLOCK.findall(pages.page(name)) if language == "console"]
    command, output = next(pages.commands([text for text in blocks if text.startswith("$ ")][number]))
    return output, pages.said(command, folder, pages.environment(folder))


def queue_of(count):
    """A queue file's items; the days before yesterday have a bucket each quarter of an hour."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    times = [start + place * timedelta(minutes=15) for place in range(count + 1)]
    return [
        {
            "request_id": f"{place:08x}-7d47-4b22-b364-a726a3573615",
            "user_id": "ada",
            "bucket_start_ts": f"{times[place]:%Y-%m-%dT%H:%M:%SZ}",
            "bucket_end_ts": f"{times[place + 1]:%Y-%m-%dT%H:%M:%SZ}",
            "reason": "drift",
            "confidence": 0.5,
            "predicted_label": None,
            "created_at": "2026-01-15T11:00:00Z",
            "status": "pending",
        }
        for place in range(count)
    ]


@pytest.fixture
def labels(tmp_path):
    """Write items as the file that the pages name; return the folder from which they name it."""

    def write(items):
        (tmp_path / "labels").mkdir(exist_ok=True)
        (tmp_path / "labels" / "queue.json").write_text(json.dumps(items), encoding="utf-8")
        return tmp_path

    return write


def test_checking_names_every_problem(labels):
    """A file with the two problems of the page is told in its words."""
    items = queue_of(13)
    items[3]["confidence"], items[12]["status"] = float("nan"), "done"

    shown, real = shown_and_real("how-to/check-a-queue-file.md", 0, labels(items))

    assert real == shown


def test_mending_tells_what_it_wrote(labels):
    """A file with what needs no guess is mended, and told in the words of the page."""
    items = queue_of(13)
    items[3]["confidence"], items[4]["created_at"] = float("nan"), "2026-01-15T11:00:00"

    shown, real = shown_and_real("how-to/check-a-queue-file.md", 1, labels(items))

    assert real == shown


def test_moving_tells_how_many(labels):
    """A file of as many requests as the page says is moved, and its example of use can be run afterwards."""
    page = pages.page("how-to/move-to-a-database.md")
    [example] = [text for language, _, text in pages.BLOCK.findall(page) if language == "python"]
    folder = labels(queue_of(12_000))

    shown, real = shown_and_real("how-to/move-to-a-database.md", 0, folder)
    (folder / "use.py").write_text(example + "print(len(queue.all_items))\n", encoding="utf-8")
    used = pages.said("python use.py", folder, pages.environment(folder))

    assert real == shown
    assert used == "12000\n"


RUN_BY = {
    "explanation/how-the-daily-cap-works.md": "test_pages.py",
    "explanation/why-the-specification-is-code.md": "test_pages.py",
    "how-to/add-a-requirement.md": "test_pages.py",
    "how-to/check-a-queue-file.md": "test_pages.py",
    "how-to/examine-in-pytest.md": "test_how_to_examine.py",
    "how-to/from-a-drift-report.md": "test_pages.py",
    "how-to/from-a-models-probabilities.md": "test_pages.py",
    "how-to/keep-a-queue-from-the-command-line.md": "test_how_to.py",
    "how-to/label-in-another-tool.md": "test_how_to.py",
    "how-to/move-to-a-database.md": "test_pages.py",
    "how-to/read-a-failure.md": "test_how_to_examine.py",
    "how-to/record-known-failures.md": "test_how_to_examine.py",
    "how-to/several-processes.md": "test_pages.py",
    "how-to/stop-the-clock-in-tests.md": "test_pages.py",
    "index.md": "test_documentation.py",
    "reference/kit.md": "test_documentation.py",
    "tutorial/conform-your-own-queue.md": "test_tutorial.py",
    "tutorial/your-first-queue.md": "test_tutorial.py",
}
"""Which test runs what a page shows."""


def test_no_page_shows_what_no_test_runs():
    """Every page with a program, or with a command and what it prints, is run by a test that names it."""
    docs = pages.ROOT / "docs"
    shown = {
        path.relative_to(docs).as_posix()
        for path in docs.rglob("*.md")
        for language, _, block in pages.BLOCK.findall(path.read_text("utf-8"))
        if language == "python" or re.search(r"^\$ .*\n[^$\n]", block, flags=re.MULTILINE)
    }
    named = {page: Path(page).stem in (pages.ROOT / "tests" / test).read_text("utf-8") for page, test in RUN_BY.items()}

    assert shown == RUN_BY.keys()
    assert [page for page, is_named in named.items() if not is_named] == []
