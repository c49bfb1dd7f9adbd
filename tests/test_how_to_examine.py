"""The pages about examining: whoever follows them sees what they show, an ellipsis aside."""

from __future__ import annotations

import importlib
import os
import re
import shlex
import subprocess
import sys
import sysconfig
import tempfile

import pytest
from typer.testing import CliRunner

from labelqueue.cli import app
from labelqueue.conformance import runner
from test_how_to import BLOCK, page_named

# What differs from run to run.
SECONDS = re.compile(r"\b\d+\.\d+ ?s\b")


@pytest.fixture
def reader(monkeypatch, tmp_path, tmp_path_factory):
    """Somebody in an empty folder, on a screen of 120 columns, who has no module `mine` yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("PATH", f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    importlib.invalidate_caches()
    yield tmp_path
    sys.modules.pop("mine", None)


@pytest.fixture
def _short(monkeypatch):
    """Let a whole run take seconds: no programs are made up, and no disk is waited for; the page shows neither."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr(runner, "PROGRAMS", 0)
    monkeypatch.setitem(runner.run.__kwdefaults__, "programs", 0)


def follow(page, folder):
    """Do what a page says; return the lines that it shows and nobody sees, and how many commands there were."""
    unseen, commands = [], 0
    for language, title, text in BLOCK.findall(page):
        if title and not (folder / title).exists():
            (folder / title).write_text(text, encoding="utf-8")
        elif title:
            unseen += not_in((folder / title).read_text(encoding="utf-8"), text.splitlines())
        elif language == "console":
            for command, shown in commands_in(text):
                commands += 1
                unseen += not_in(said(shlex.split(command), folder), shown)
    return unseen, commands


def commands_in(text):
    """Each command of a block, and the lines that are shown below it."""
    parts = re.split(r"^\$ (.+)\n", text, flags=re.MULTILINE)
    return [(parts[n], parts[n + 1].splitlines()) for n in range(1, len(parts), 2)]


def said(command, folder):
    program, *arguments = command
    if program == "cd":
        os.chdir(folder / arguments[0])
        return ""
    if program == "pytest":
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout
    assert program == "labelqueue", command
    return CliRunner().invoke(app, arguments).output


def not_in(real, shown):
    """The shown lines that do not come in this order among the real ones."""
    left = iter([SECONDS.sub("…", line.rstrip()) for line in real.splitlines()])
    return [line for line in shown if line != "…" and SECONDS.sub("…", line.rstrip()) not in left]


def test_a_line_that_is_not_there_is_found():
    """A page that shows what no command says, or in another order, is found out."""
    assert not_in("one\ntwo 0.5 s\nthree\n", ["one", "…", "two 1.5 s", "three"]) == []
    assert not_in("one\ntwo\n", ["two", "one"]) == ["one"]


def test_reading_a_failure(reader, pytestconfig):
    """The failure, its explanation, its replays and the files are as the page shows them."""
    assert follow(page_named(pytestconfig, "read-a-failure.md"), reader) == ([], 6)
    assert {path.name for path in reader.iterdir()} >= {"page.html", "out", "summary.md", "badge.svg"}


@pytest.mark.usefixtures("_short")
def test_recording_known_failures(reader, pytestconfig):
    """The list that is written is refused until every entry has a reason, and then keeps the run green."""
    written, given = page_named(pytestconfig, "record-known-failures.md").split("## Give every entry a reason")

    assert follow(written, reader) == ([], 2)
    (reader / "known.toml").unlink()  # its author gives the reasons
    assert follow(given, reader) == ([], 1)


def test_examining_in_pytest(reader, pytestconfig):
    """The test file that the page shows fails as it says, and every suite that it shows can be made."""
    page = page_named(pytestconfig, "examine-in-pytest.md")
    (reader / "known.toml").write_text('[ENQ-2]\nreason = "Ours."\n')

    assert follow(page, reader) == ([], 1)
    sys.path.insert(0, str(reader))
    made = {}
    for block in re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL):
        exec(compile(block, "examine-in-pytest.md", "exec"), made)  # noqa: S102 - the documentation's own example
    assert [name for name in made if name.startswith("Test")] == [
        "TestByName",
        "TestByFactory",
        "TestAProgram",
        "TestFromFile",
        "TestFromHere",
    ]
