"""Workers: a slow subject is gone through by several processes at once, and what is found is the same."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import replace

import pytest

from labelqueue.conformance import program_named, run, subject_named, workers
from labelqueue.conformance.cases import cases_about
from labelqueue.conformance.pieces import pieces_of_cases, pieces_of_search
from labelqueue.conformance.subjects.python_subject import SERVE
from labelqueue.spec import REQUIREMENTS

SUBJECTS = """
import os
import time

from labelqueue.conformance.models.core import ModelQueue
from labelqueue.conformance.mutants import MUTANTS

CountsLabeledAlone = MUTANTS["skipped-is-free"].make

class Prints(ModelQueue):
    def get_pending(self, user_id=None, limit=None):
        print("asked")
        return super().get_pending(user_id, limit)

class Dies(ModelQueue):
    def mark_done(self, request_id, status="labeled"):
        if status == "skipped":
            os._exit(3)
        return super().mark_done(request_id, status)

class Slow(ModelQueue):
    all_items = property(lambda self: time.sleep(0.01) or ModelQueue.all_items.fget(self))
"""
CORE = frozenset({"core"})


@pytest.fixture
def named(tmp_path, monkeypatch):
    """Name a subject of this module; everyone is slow enough for workers, of which there are two."""
    (tmp_path / "slow_subjects.py").write_text(SUBJECTS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "slow_subjects", raising=False)
    monkeypatch.setattr(workers, "_SLOW_S", 0.0)
    monkeypatch.setattr(workers, "_MOST", 2)
    return lambda name: subject_named(f"slow_subjects:{name}")


@pytest.fixture
def temporaries(tmp_path, monkeypatch):
    """The folder in which what is temporary lies."""
    folder = tmp_path / "temporaries"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def processes(monkeypatch):
    """Collect the processes that are started."""
    started = []

    class Collected(subprocess.Popen):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Collected)
    return started


@pytest.mark.parametrize("is_program", [False, True])
def test_they_find_what_one_process_finds(named, is_program):
    """The same failures by the same steps, as often, and as many checks."""
    subject = named("CountsLabeledAlone")
    if is_program:
        subject = program_named((*SERVE, subject.name))
    pieces = pieces_of_cases(cases_about([REQUIREMENTS["CAP-2"]], CORE))
    pieces += [] if is_program else pieces_of_search(seed=1, programs=2)

    def found_by(some):
        with some(subject, CORE) as examine:
            return [
                (
                    findings.programs,
                    findings.checks,
                    findings.failure_counts,
                    {name: failure.case for name, failure in findings.failures.items()},
                )
                for findings in examine(pieces)
            ]

    found = found_by(workers.workers)

    assert found == found_by(workers.nobody_else)
    assert sum(counts["CAP-2"] for _, _, counts, _ in found) > 0
    subject.stop()


def test_a_slow_subject_is_gone_through_by_them(named, processes):
    """By as many as there may be."""
    run(named("CountsLabeledAlone"), profiles=["core"], only="cap-*", programs=0)

    assert [workers.__name__ in process.args for process in processes].count(True) == 2


def test_what_a_subject_prints_is_no_finding(named):
    """It goes where errors go, as with any program."""
    with workers.workers(named("Prints"), CORE) as examine:
        findings = list(examine(pieces_of_cases(cases_about([REQUIREMENTS["GET-3"]], CORE))))

    assert [found.errors | found.failures for found in findings] == [{}] * len(findings)
    assert sum(found.checks["GET-3"] for found in findings) > 0


def test_whoever_dies_is_an_error_of_what_was_gone_through(named, temporaries):
    """The rest is gone through by others, and nothing of it is left behind."""
    pieces = pieces_of_cases(cases_about([REQUIREMENTS["DONE-1"]], CORE))
    with workers.workers(named("Dies"), CORE) as examine:
        findings = list(examine(pieces))

    died = [piece for piece, found in zip(pieces, findings, strict=True) if found.errors]
    assert 0 < len(died) < len(pieces)
    for piece, found in zip(pieces, findings, strict=True):
        assert set(found.errors.values()) <= {f"{piece.what}: its process ended"}
        assert set(found.errors) in (set(), set(piece.about))
    assert list(temporaries.iterdir()) == []


def test_nobody_works_on_when_no_more_is_wanted(named, processes, temporaries):
    """Those that are in the middle of something are ended."""
    with workers.workers(named("Slow"), CORE) as examine:
        next(examine(pieces_of_cases(cases_about([REQUIREMENTS["CAP-2"]], CORE))))

    assert [process.poll() is not None for process in processes] == [True, True]
    assert list(temporaries.iterdir()) == []


@pytest.mark.parametrize(("name", "is_slow"), [("Slow", True), ("Dies", False)])
def test_whoever_takes_its_time_for_a_reading_is_slow(named, monkeypatch, name, is_slow):
    """A queue in memory is not."""
    monkeypatch.setattr(workers, "_SLOW_S", 0.01)

    assert workers.is_slow(named(name)) is is_slow


def test_what_no_other_process_can_open_is_gone_through_here(named):
    """However slow it is."""
    assert not workers.is_slow(replace(named("Slow"), command=()))
