"""The how-to pages about a queue: every file that they show is so, and every command prints what they say."""

from __future__ import annotations

import re
import shlex
from itertools import count

import pandas as pd
import pytest
from typer.testing import CliRunner

from labelqueue import ActiveLabelingQueue
from labelqueue.cli import app

BLOCK = re.compile(r'^```(\w+)(?: title="(.+?)")?\n(.*?)^```$', flags=re.DOTALL | re.MULTILINE)


@pytest.fixture
def newcomer(monkeypatch, tmp_path, clock):
    """An empty folder on a day of which the clock stands still, where ids come in order."""
    del clock
    numbers = count()
    monkeypatch.setattr(
        "labelqueue.batch.new_ids",
        lambda many: [f"{next(numbers):x}0000000-7d47-4b22-b364-a726a3573615" for _ in range(many)],
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


def follow(page, folder):
    """Do what a page says; return what it shows and what there really is, block by block."""
    shown, real = [], []
    for language, title, text in BLOCK.findall(page):
        if title and not (folder / title).exists():
            (folder / title).write_text(text, encoding="utf-8")
        elif title:
            shown.append(text)
            real.append((folder / title).read_text(encoding="utf-8"))
        elif language == "console":
            shown.append(text)
            real.append("".join(answered(line) for line in text.splitlines() if line.startswith("$ ")))
    return shown, real


def answered(line):
    """A command line, and below it what the command says."""
    done = CliRunner().invoke(app, shlex.split(line.removeprefix("$ labelqueue ")))
    # Spaces at the end of a line are no part of what people see.
    return line + "\n" + "".join(f"{said.rstrip()}\n" for said in done.output.splitlines())


def page_named(pytestconfig, name):
    return (pytestconfig.rootpath / "docs" / "how-to" / name).read_text(encoding="utf-8")


def test_keeping_a_queue(newcomer, pytestconfig):
    """Who follows the page word for word, from an empty folder, sees what it shows."""
    shown, real = follow(page_named(pytestconfig, "keep-a-queue-from-the-command-line.md"), newcomer)

    assert "\n".join(real) == "\n".join(shown)
    assert len(shown) == 7


def test_labeling_in_another_tool(newcomer, pytestconfig):
    """Who follows the page word for word, with two pending requests, sees what it shows."""
    ActiveLabelingQueue(newcomer / "labels" / "queue.json").enqueue_low_confidence(
        pd.DataFrame(
            {
                "user_id": ["ada", "ada"],
                "bucket_start_ts": ["2026-01-15T09:00Z", "2026-01-15T09:15Z"],
                "bucket_end_ts": ["2026-01-15T09:15Z", "2026-01-15T09:30Z"],
                "confidence": [0.22, 0.41],
                "predicted_label": ["meeting", None],
            }
        )
    )

    shown, real = follow(page_named(pytestconfig, "label-in-another-tool.md"), newcomer)

    assert "\n".join(real) == "\n".join(shown)
    assert len(shown) == 9
