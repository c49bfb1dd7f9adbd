"""The command line: what it says, and what it exits with."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from labelqueue.conformance import run as examine
from labelqueue.conformance.mutants import MUTANTS
from labelqueue.conformance.subjects.python_subject import PythonSubject
from labelqueue.spec import PROFILES
from labelqueue.spec.version import VERSION

HELPERS = """
from labelqueue.conformance.models.core import ModelQueue
from labelqueue.conformance.mutants import MUTANTS

CountsLabeledAlone = MUTANTS["skipped-is-free"].make
LetsSurrogatesIn = MUTANTS["surrogates-pass"].make
Right = ModelQueue
number = 42

def returns_rubbish(path, cap=20):
    return 42

def raises(path, cap=20):
    raise RuntimeError("no luck\\nat all")

class TakesNoCap(Right):
    def __init__(self, path):
        super().__init__(path)

class AnswersRubbish:
    def __init__(self, path, cap=20): ...
    def enqueue_low_confidence(self, df, threshold=0.55): return "many"
    def enqueue_drift(self, buckets): return None
    def get_pending(self, user_id=None, limit=None): return 42
    def mark_done(self, request_id, status="labeled"): return [1]
    all_items = property(lambda self: [])

class Incomplete:
    def __init__(self, path, cap=20): ...
    def enqueue_drift(self, buckets): ...
"""


@pytest.fixture
def run(tmp_path):
    """Run the command in a folder that holds `subjects.py`."""
    (tmp_path / "subjects.py").write_text(HELPERS)

    def command(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "labelqueue", *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "COLUMNS": "120", "TMPDIR": str(tmp_path)},
        )

    return command


@pytest.mark.usefixtures("strace")
def test_the_canonical_queue_is_conformant(run, tmp_path):
    """With no subject the canonical queue is examined, and it conforms to all; nothing but the report is left."""
    done = run("conform", "--report", "out")

    assert (done.returncode, done.stderr) == (0, "")
    assert {path.name for path in tmp_path.iterdir()} == {"out", "subjects.py"}
    assert done.stdout.endswith("".join(f"{profile}: conformant\n" for profile in PROFILES))
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["verdict"] == dict.fromkeys(PROFILES, "conformant")
    assert {found["outcome"] for found in report["requirements"].values()} == {"pass"}
    assert all(found["checks"] > 0 for found in report["requirements"].values())


def test_a_fault_is_named_and_can_be_replayed(run):
    """A faulty queue exits with 1; requirement, sentence, steps, expected and got are shown; its replay fails, too."""
    done = run("conform", "subjects:CountsLabeledAlone", "--only", "CAP-3", "--report", "out")

    assert done.returncode == 1
    assert "CAP-3 Labeled and skipped MUST both count" in done.stdout
    assert "core: not conformant (CAP-3)" in done.stdout
    assert "expected" in done.stdout
    assert "replay: labelqueue replay out/CAP-3.json subjects:CountsLabeledAlone" in done.stdout
    again = run("replay", "out/CAP-3.json", "subjects:CountsLabeledAlone")
    assert again.returncode == 1
    assert "CAP-3 Labeled and skipped MUST both count" in again.stdout
    assert run("replay", "out/CAP-3.json").returncode == 0


def test_without_a_report_the_replay_works_as_well(run):
    """The replay command that is shown works as it stands, whether a report was asked for or not."""
    done = run("conform", "subjects:CountsLabeledAlone", "--only", "cap-counts-skipped")
    [command] = [line for line in done.stdout.splitlines() if "replay: " in line]

    assert run(*command.partition("replay: labelqueue ")[2].split()).returncode == 1


def test_a_part_gives_no_verdict(run):
    """A partial run that finds nothing exits with 4."""
    done = run("conform", "--only", "done-*")

    assert done.returncode == 4
    assert "core: no verdict (only a part was run)" in done.stdout


def test_several_parts_are_all_run(run, tmp_path):
    """`--only` may be repeated, and each is run; one that selects nothing is named."""
    run("conform", "--only", "done-defaults-*", "--only", "CAP-Counts-skipped", "--report", "out")
    report = json.loads((tmp_path / "out" / "report.json").read_text())

    assert report["requirements"].keys() == {"DONE-2", "CAP-3"}
    assert "--only 'nothing-*' selects" in run("conform", "--only", "done-2", "--only", "nothing-*").stderr


@pytest.mark.parametrize(
    ("subject", "message"),
    [
        ("nowhere:Queue", "nowhere:Queue: cannot be imported: ModuleNotFoundError: No module named 'nowhere'"),
        ("subjects:Nothing", "subjects:Nothing: module subjects has no attribute 'Nothing'"),
        ("subjects", "subjects: is not a subject; write package.module:Name"),
        ("subjects:number", "subjects:number: is 42, which cannot be called with (queue_path, max_asks_per_day)"),
        ("subjects:raises", "subjects:raises: cannot be opened: RuntimeError: no luck at all"),
        ("subjects:returns_rubbish", "subjects:returns_rubbish: made 42, which has no method enqueue_low_confidence"),
        ("subjects:Incomplete", None),
        ("subjects:TakesNoCap", None),
        ("./adapter", "./adapter: is not a subject; write package.module:Name, or -- ./adapter for a program"),
        ("postgresql://localhost:1/nothing", None),
    ],
)
def test_a_subject_that_cannot_be_examined_is_one_line(run, subject, message):
    """What is wrong with the subject is one line on standard error, and the status is 3."""
    done = run("conform", subject)

    assert (done.returncode, done.stdout) == (3, "")
    assert len(done.stderr.splitlines()) == 1
    if message is not None:
        assert done.stderr == f"labelqueue: {message}\n"


def test_a_subject_beside_a_program_is_not_passed_over(run):
    """Who names both is told so; none of them would be the right one."""
    done = run("conform", "subjects:AnswersRubbish", "--", "node", "adapter.mjs")

    assert done.returncode == 2
    assert "give subjects:AnswersRubbish or the program after --, not both" in " ".join(done.stderr.split())


def test_rubbish_answers_are_failures_and_no_traceback(run):
    """A subject that answers rubbish is not conformant, in words."""
    done = run("conform", "subjects:AnswersRubbish", "--only", "get-*")

    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert "get_pending returned 42, expected a list of requests" in done.stdout


def test_rubbish_answers_survive_the_search():
    """The search takes a subject that answers rubbish, and no error of the examination's own comes of it."""
    namespace = {}
    exec(HELPERS, namespace)  # noqa: S102 - the subjects above

    report = examine(PythonSubject("rubbish", namespace["AnswersRubbish"]), profiles=["input", "file"], programs=3)

    assert [name for name, found in report.requirements.items() if found.outcome == "error"] == []
    assert set(report.verdict.values()) == {"not conformant"}


def test_what_utf_8_cannot_carry_goes_into_a_report(run, tmp_path):
    """A failing case with a lone surrogate is shown, written and replayed like any other."""
    done = run(
        "conform", "subjects:LetsSurrogatesIn", "--profile", "input", "--only", "in-surrogate-*", "--report", "out"
    )

    assert (done.returncode, done.stderr) == (1, "")
    assert r"\ud800" in done.stdout
    assert (tmp_path / "out" / "report.json").read_text("ascii")
    again = run("replay", "out/IN-12.json", "subjects:LetsSurrogatesIn")
    assert (again.returncode, again.stderr) == (1, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("conform", "--only", "nothing-*"), "--only 'nothing-*' selects no requirement"),
        (("conform", "--only", "dur-1", "--profile", "core"), "but something with --profile durable"),
        (("conform", "--profile", "fancy"), "'fancy' is not one of core"),
        (("conform", "--seed", "x"), "valid integer"),
        (("conform", "node", "adapter.mjs"), "too many words: adapter.mjs; after -- comes the command of a program"),
        (("mutants", "--only", "nothing-*"), "'nothing-*' is no mutant and no requirement"),
        (("replay", "absent.json"), "absent.json at /: cannot be read"),
        (("frobnicate",), "No such command"),
    ],
)
def test_usage_errors_exit_with_2(run, arguments, message):
    """What is wrong with the command line is said, and the status is 2."""
    done = run(*arguments)

    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_the_versions_are_told(run):
    """`labelqueue --version` says which package and which specification this is."""
    assert run("--version").stdout == f"labelqueue {version('labelqueue')}, specification {VERSION}\n"


def test_mutants_are_listed(run):
    """`labelqueue mutants` shows each mutant, its requirement and its mistake."""
    done = run("mutants", "--only", "cap-3")

    # That all of them are killed is what tests/test_mutants.py asserts.
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "3 of 3 mutants killed by the requirement that they violate"
    assert [line.split()[0] for line in done.stdout.splitlines()[1:-2]] == [
        name for name, mutant in MUTANTS.items() if mutant.requirement == "CAP-3"
    ]
    assert "Only labeled requests count." in done.stdout


@pytest.mark.usefixtures("strace")
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP])
def test_a_run_that_is_asked_to_end_leaves_no_process(tmp_path, ending):
    """Neither those of the subject, one of which is held at a call, nor the strace that holds it."""
    with subprocess.Popen(
        [sys.executable, "-m", "labelqueue", "conform", "--only", "DUR-1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)},
    ) as run:
        started = {}
        while not any(words[:2] == ["strace", "-f"] for words in started.values()):
            assert run.poll() is None
            started = descendants(run.pid)
        run.send_signal(ending)
        said, _ = run.communicate(timeout=60)

    assert (run.returncode, said) == (128 + ending, b"")
    assert [words for pid, words in started.items() if words_of(pid) == words] == []
    assert list(tmp_path.iterdir()) == []


def descendants(pid):
    """Return the commands of the processes that a process has started, and of theirs, by id."""
    found = {}
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, thread.read_text().split()):
                found |= {child: words_of(child) or []} | descendants(child)
    return found


def words_of(pid):
    """Return the command of a process, or `None` where there is no process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return None


def test_the_name_of_a_subject_is_shown_as_it_is(run):
    """A class may be called like a sign that terminals have."""
    assert run("conform", "absent:boom:x").stderr.startswith("labelqueue: absent:boom:x: cannot be imported")


def test_a_file_is_no_module(run):
    """What is tried first is answered with what is meant."""
    assert "go to its folder, and write its module" in run("conform", "subjects.py:Right").stderr


@pytest.mark.parametrize("command", [["list"], ["--help"], ["mutants", "--only", "CAP-1"]])
def test_a_full_disk_is_one_line(command):
    """Also where it is what is said that cannot be written."""
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "labelqueue", *command]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)

    assert (done.returncode, done.stderr) == (2, b"labelqueue: standard output: No space left on device\n")


def test_where_nothing_can_be_written_is_told_at_once(run):
    """And not behind an examination of minutes."""
    done = run("conform", "--write-known", "/absent/known.toml")

    assert (done.returncode, done.stderr) == (2, "labelqueue: /absent: No such file or directory\n")
