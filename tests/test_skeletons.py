"""The skeletons that `labelqueue new-adapter` writes: they work as they are."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from labelqueue.conformance.cases import hand_written
from labelqueue.conformance.judging import Findings, judge_case
from labelqueue.conformance.published.export import NotEmptyError
from labelqueue.conformance.subjects.clock import elsewhere
from labelqueue.conformance.subjects.program import program_named
from labelqueue.conformance.subjects.skeletons import COMMANDS, write_skeleton
from labelqueue.conformance.subjects.smoke import smoked
from lacking import lacks

# What builds each, and what starts it; the programs that both need.
BUILDS = {
    "python": ([], [sys.executable, "adapter.py"], []),
    "node": ([], ["node", "adapter.mjs"], ["node"]),
    "go": (["go", "build", "-o", "adapter", "adapter.go"], ["./adapter"], ["go"]),
    "rust": (["rustc", "--edition", "2021", "-o", "adapter", "adapter.rs"], ["./adapter"], ["rustc", "cc"]),
    "java": (["javac", "-d", "classes", "Adapter.java", "Json.java"], ["java", "-cp", "classes", "Adapter"], ["javac"]),
    "shell": ([], ["bash", "adapter.sh"], ["bash", "jq"]),
}
CASES = {
    case.id: case
    for case in hand_written()
    if case.id in {"cap-counts-skipped", "done-default-over-skipped", "req-ids-within-a-call", "keep-behaves-the-same"}
}


@pytest.fixture
def built(tmp_path, monkeypatch):
    """Write and build a skeleton, and go to its folder; return what starts it."""

    def build(language):
        command, start, needs = BUILDS[language]
        missing = [name for name in needs if shutil.which(name) is None]
        if missing:
            lacks(f"no {missing[0]} on this machine")
        write_skeleton(language, tmp_path / "mine")
        monkeypatch.chdir(tmp_path / "mine")
        if command:
            subprocess.run(command, check=True)
        return start

    return build


def test_every_language_has_one():
    """What can be asked for is what is there."""
    assert list(COMMANDS) == list(BUILDS)


@pytest.mark.parametrize("language", BUILDS)
def test_a_skeleton_passes_smoke(built, language):
    """As it is written, it speaks the wire."""
    said = []

    is_sound = smoked(built(language), said.append, timeout_s=60)

    assert is_sound, [line for line in said if line.who in ("wrong", "mend", "stderr")]


@pytest.mark.parametrize("language", BUILDS)
def test_a_skeleton_is_short(tmp_path, language):
    """No file of it has a hundred lines, and its README is there."""
    write_skeleton(language, tmp_path / "mine")
    lengths = {path.name: len(path.read_text("utf-8").splitlines()) for path in (tmp_path / "mine").iterdir()}

    assert max(lengths.values()) < 100
    assert f"labelqueue conform -- {COMMANDS[language]}" in (tmp_path / "mine" / "README.md").read_text("utf-8")


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
@pytest.mark.parametrize("language", ["python", "node"])
def test_a_skeleton_holds_in_a_few_cases(built, language, case):
    """The queue within is small, and right as far as it goes."""
    subject = program_named(built(language), timeout_s=60)
    found = Findings()
    try:
        with elsewhere():
            judge_case(case, subject, found)
    finally:
        subject.stop()

    core = {name: failure.message for name, failure in found.failures.items() if name in case.requirements}
    assert (core, found.errors, found.skips) == ({}, {}, {})
    assert all(found.checks[name] for name in case.requirements)


def test_nothing_is_overwritten(tmp_path):
    """A folder that holds something stays as it is."""
    (tmp_path / "mine").write_text("precious")

    with pytest.raises(NotEmptyError) as caught:
        write_skeleton("python", tmp_path)

    assert (
        str(caught.value) == f"{tmp_path}: is there already and not an empty folder; name another, nothing was written"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
