"""The suite for pytest: one test per case and requirement, and nothing that can be overridden."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from labelqueue.conformance.models.core import ModelQueue
from labelqueue.conformance.reports.known import InvalidKnownError
from labelqueue.conformance.suite import suite
from labelqueue.errors import SubjectError

pytest_plugins = ["pytester"]

MUTANT = """
from labelqueue.conformance.mutants import MUTANTS
from labelqueue.conformance.suite import suite

make = MUTANTS["skipped-is-free"].make
"""

# A whole run of few programs, which says the same of what is looked at here.
SHORT = """
from labelqueue.conformance import runner

runner.PROGRAMS = 5
runner.run.__kwdefaults__["programs"] = 5
"""


@pytest.fixture
def tried(pytester):
    """Run a test file in a process of its own, so that its options and warnings are its own."""

    def run(content, *arguments):
        pytester.makepyfile(content)
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", "-rA", *arguments)

    return run


def test_each_case_is_a_test_named_by_its_id(tried):
    """A case can be chosen by its id, and passes where the queue is right."""
    done = tried(
        "from labelqueue.conformance.suite import suite\n"
        'TestMine = suite("labelqueue.conformance.models.core:ModelQueue", profiles=[])',
        "-k",
        "cap-counts-skipped",
    )

    done.assert_outcomes(passed=1, deselected=done.parseoutcomes()["deselected"])
    done.stdout.fnmatch_lines(["PASSED *::TestMine::test_case?cap-counts-skipped?"])


def test_a_failing_case_is_told_without_a_traceback(tried):
    """What is shown is the requirement, the steps and what came back."""
    done = tried(MUTANT + "TestMine = suite(make, profiles=[])", "-k", "cap-counts-skipped")

    done.assert_outcomes(failed=1, deselected=done.parseoutcomes()["deselected"])
    done.stdout.fnmatch_lines(["CAP-3 Labeled and skipped MUST both count*", " 1 enqueue_drift(*"])
    done.stdout.no_fnmatch_line("*Traceback*")
    done.stdout.no_fnmatch_line("*_judge*")


def test_a_case_of_a_known_failure_is_expected_to_fail(tried):
    """Such a case is shown with the reason, as an expected failure."""
    content = (
        MUTANT
        + 'TestMine = suite(make, profiles=[], known=dict.fromkeys(["CAP-2", "CAP-3"], "Skipped asks are free."))'
    )
    done = tried(content, "-k", "cap-counts-skipped")

    done.assert_outcomes(xfailed=1, deselected=done.parseoutcomes()["deselected"])
    done.stdout.fnmatch_lines(["XFAIL *cap-counts-skipped* CAP-2: Skipped asks are free.*"])


def test_requirements_are_those_of_one_run(tried, pytester):
    """A known failure is a strict expected failure, a wrong entry fails, and the verdict and the report are there."""
    known = dict.fromkeys(["REQ-2", "DONE-3"], "Ids are older than the contract.") | {"ALL-1": "It was so."}
    content = (
        SHORT
        + MUTANT.replace("skipped-is-free", "id-without-hyphens")
        + f"TestMine = suite(make, profiles=[], known={known})"
    )

    done = tried(
        content,
        "-k",
        "test_requirement and TestMine and not test_case",
        "--labelqueue-report",
        "out",
        "--labelqueue-seed",
        "7",
    )

    done.assert_outcomes(passed=42, failed=1, xfailed=2, deselected=done.parseoutcomes()["deselected"])
    done.stdout.fnmatch_lines(
        [
            "_* TestMine.test_requirement?ALL-1? _*",
            "?XPASS(strict)? It was so.",
            "XFAIL *::TestMine::test_requirement?REQ-2? - Ids are older than the contract.",
            "FAILED *::TestMine::test_requirement?ALL-1?*",
        ],
    )
    done.stdout.fnmatch_lines(["TestMine: core: not conformant, as known"])
    report = json.loads((pytester.path / "out" / "TestMine" / "report.json").read_text())
    assert report["seed"] == 7
    assert report["requirements"]["REQ-2"]["outcome"] == "known"
    assert (pytester.path / "out" / "TestMine" / "report.html").exists()


def test_a_program_is_a_subject_too(tried):
    """A command is started when it is needed; what it does not claim is skipped with the reason."""
    command = [
        sys.executable,
        "-m",
        "labelqueue.conformance.subjects.serve",
        "labelqueue.conformance.models.core:ModelQueue",
    ]
    content = f"from labelqueue.conformance.suite import suite\nTestMine = suite({command!r}, profiles=[])"

    done = tried(content, "-k", "done-default-over-skipped")

    done.assert_outcomes(passed=1, deselected=done.parseoutcomes()["deselected"])


def test_without_the_plugin_it_works_as_well(tried):
    """Who blocks the plugin loses the options and the verdict, and no check."""
    done = tried(MUTANT + "TestMine = suite(make, profiles=[])", "-k", "cap-counts-skipped", "-p", "no:labelqueue")

    done.assert_outcomes(failed=1, deselected=done.parseoutcomes()["deselected"])


def test_a_suite_cannot_be_overridden():
    """It is no base class, and its attributes stay as they are; marks may be added."""
    made = suite(ModelQueue)

    with pytest.raises(TypeError, match="Mine cannot be made from a suite: assign it"):
        type("Mine", (made,), {})
    with pytest.raises(TypeError, match="test_case of a suite cannot be changed"):
        made.test_case = print
    with pytest.raises(TypeError, match="test_requirement of a suite cannot be changed"):
        del made.test_requirement
    assert pytest.mark.timeout(5)(made) is made


def test_slips_are_told_when_tests_are_collected():
    """A name that means nothing, and a known failure that nothing examines, are errors at once."""
    with pytest.raises(SubjectError):
        suite("nowhere:Queue")
    with pytest.raises(InvalidKnownError, match="entry XYZ-9: matches no requirement"):
        suite(ModelQueue, known={"XYZ-9": "A slip."})
    with pytest.raises(InvalidKnownError, match="entry CAP-3: has no reason"):
        suite(ModelQueue, known={"CAP-3": " "})


def test_the_plugin_costs_nothing_where_it_is_not_used():
    """pytest imports it in every run, so that it brings nothing of the package with it."""
    program = (
        "import pytest, sys; before = set(sys.modules); import labelqueue_pytest; print(set(sys.modules) - before)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "{'labelqueue_pytest'}"
