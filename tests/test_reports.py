"""Reports: `report.json` has a schema, and everything that people look at is rendered from it."""

from __future__ import annotations

import dataclasses
import io
import json
import re
from xml.etree import ElementTree as ET

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped
from rich.console import Console

from labelqueue.conformance import PythonSubject, judging, run
from labelqueue.conformance.cases import Case
from labelqueue.conformance.models.core import ModelQueue
from labelqueue.conformance.mutants import MUTANTS
from labelqueue.conformance.reports.comparison import Change, compared
from labelqueue.conformance.reports.console import rendered
from labelqueue.conformance.reports.renderers import (
    RENDERERS,
    badge,
    html,
    junit,
    markdown,
    write_renderings,
    write_text,
)
from labelqueue.conformance.reports.renderers.timeline import timeline
from labelqueue.conformance.reports.report import InvalidReportError, RequirementReport, read_report, report_of
from labelqueue.conformance.runner import SelectionError
from labelqueue.spec import Refusal
from reports import CASE, FAILURE, HISTORY, found, report


def read(members):
    return report_of(json.loads(json.dumps(members)), "x")


@pytest.fixture(scope="module")
def every():
    """A report with every outcome."""
    return read(report())


def test_a_report_goes_through_json_unchanged(every):
    """What was read is written again as it was."""
    assert every.to_json() == report()


def test_what_a_run_writes_is_a_report(tmp_path):
    """The report of a run keeps its schema, and is read back equal."""
    made = run(PythonSubject("skips", MUTANTS["skipped-is-free"].make), only="CAP-3", programs=5)

    made.write(tmp_path)

    assert read_report(tmp_path).to_json() == made.to_json()
    assert read_report(tmp_path / "report.json").requirements["CAP-3"].outcome == "fail"


def test_several_patterns_select_what_each_does():
    """Requirements and cases may stand beside each other; a pattern that selects nothing is an error."""
    model = PythonSubject("the model", ModelQueue)

    made = run(model, only=["DONE-2", "cap-counts-skipped"], programs=0)

    assert {name: found.outcome for name, found in made.requirements.items()} == {"CAP-3": "pass", "DONE-2": "pass"}
    with pytest.raises(SelectionError, match="nothing-"):
        run(model, only=["DONE-2", "nothing-*"], programs=0)


@pytest.mark.parametrize(("only", "programs"), [("all-*", 0), ("ALL-*", 2), ("all-1", 2)])
def test_a_pattern_is_first_taken_as_it_is_written(only, programs):
    """In small letters it names cases, where there are such; only requirements are searched for."""
    model = PythonSubject("the model", ModelQueue)

    assert run(model, only=only, programs=2).programs == programs


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, "x at /: 'schema' is a required property"),
        (report(schema=2), "x at .schema: 1 was expected"),
        (report(verdict={"core": "splendid"}), None),
        (report({"REQ-1": found("skip")}), "x at .requirements['REQ-1']: 'reason' is a required property"),
        (report({"REQ-1": found("fail")}), None),
    ],
)
def test_what_breaks_the_schema_is_no_report(members, message):
    """A report is held against its schema before anything is made of it."""
    with pytest.raises(InvalidReportError) as caught:
        report_of(members, "x")

    assert message is None or str(caught.value) == message


def test_a_file_that_is_no_json_is_no_report(tmp_path):
    """A file that cannot be read is named."""
    with pytest.raises(InvalidReportError, match=r"report\.json at /: cannot be read"):
        read_report(tmp_path / "report.json")


def test_junit_counts_and_says_what_it_must(every):
    """A parser of JUnit files finds each requirement with the element of its outcome."""
    parsed = JUnitXml.fromstring(junit(every).encode("utf-8"))
    cases = {case.name: case.result for suite in parsed for case in suite}

    assert {name: [type(result) for result in results] for name, results in cases.items()} == {
        "REQ-1": [],
        "CAP-3": [Failure],
        "CAP-4": [Skipped],
        "CAP-5": [Failure],
        "ORD-1": [Error],
        "ORD-2": [Skipped],
        "ORD-3": [Skipped],
        "ORD-4": [Error],
        "SHARE-3": [Failure],
        "XYZ-9": [Failure],
    }
    assert (parsed.tests, parsed.failures, parsed.errors, parsed.skipped) == (10, 4, 2, 3)
    assert cases["CAP-4"][0].message == "known failure: Decided <i>so</i>."
    assert cases["CAP-3"][0].message == "returned 1 of <b>0</b> | requests \\ud800\\u0000"
    assert "got: [" in cases["CAP-3"][0].text


def test_junit_has_the_usual_shape(every):
    """Every element and attribute is one that the usual schema knows, in its place."""
    shape = {
        "testsuites": {"name", "time", "tests", "failures", "errors", "skipped"},
        "testsuite": {"name", "tests", "failures", "errors", "skipped"},
        "properties": set(),
        "property": {"name", "value"},
        "testcase": {"name", "classname", "time"},
        "failure": {"message", "type"},
        "error": {"message", "type"},
        "skipped": {"message"},
    }
    root = ET.fromstring(junit(every))  # noqa: S314 - our own

    assert {element.tag: set(element.attrib) for element in root.iter()} == shape
    assert {child.tag for child in root} == {"testsuite"}


def test_what_a_part_left_out_is_skipped_in_junit():
    """In a partial run an untested requirement is no error."""
    root = ET.fromstring(junit(read(report({"ORD-4": found("untested")}, partial=True))))  # noqa: S314 - our own

    assert [element.tag for element in root.find(".//testcase")] == ["skipped"]


def test_markdown_shows_what_did_not_pass(every):
    """The summary has a row per profile, each failure with its steps, and nothing that breaks the page."""
    text = markdown(every)

    assert "| core | ❌ not conformant | 8 | CAP-3 (fail), CAP-4 (known), CAP-5 (fixed), " in text
    assert "Take off the list of known failures: CAP-5, XYZ-9." in text
    assert "### CAP-3: fail" in text
    assert "**returned 1 of \\<b\\>0\\</b\\> \\| requests" in text
    assert " 3 get_pending()\nexpected []\ngot      [{" in text
    assert "### REQ-1" not in text
    outside = re.sub(r"^(```+)text\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    assert re.findall(r"(?<!\\)[<>]", outside) == []


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ({"core": "conformant", "input": "conformant"}, "core, input conformant"),
        ({"core": "conformant", "file": "not conformant"}, "core conformant"),
        ({"core": "not conformant", "file": "conformant"}, "not conformant"),
        ({"core": "not conformant, as known"}, "not conformant"),
        ({"core": "no verdict"}, "no verdict"),
        ({}, "no verdict"),
    ],
)
def test_the_badge_says_the_verdict(verdict, words):
    """The badge is an SVG that says in words what conforms."""
    root = ET.fromstring(badge(read(report(verdict=verdict))))  # noqa: S314 - our own

    assert root.attrib["aria-label"] == f"labelqueue: {words}"


def test_html_escapes_what_a_subject_said(every):
    """No text of a subject becomes markup."""
    text = html(every)

    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "Decided &lt;i&gt;so&lt;/i&gt;." in text
    assert "<code>It</code> MUST fail." in text
    assert re.findall(r"(?:src|href)=\"(?!data:)[^#\"]", text) == []


def test_every_form_is_a_pure_function_of_the_report(every, tmp_path):
    """Rendered from what was read back, every form is the same, byte for byte."""
    write_text(tmp_path / "report.json", json.dumps(every.to_json()))
    write_renderings(read_report(tmp_path), tmp_path)

    assert {name: (tmp_path / name).read_bytes() for name in RENDERERS} == {
        name: render(every).encode("utf-8", "backslashreplace") for name, render in RENDERERS.items()
    }


def test_the_timeline_shows_what_overlapped():
    """Boxes share a row exactly when their calls overlapped, and a call that never returned reaches the end."""
    drawn = timeline(HISTORY)
    spans = [(box.y, box.y + box.height) for box in drawn.boxes]

    assert [lane for lane, _ in drawn.lanes] == ["process 1", "process 2"]
    assert spans[0][1] > spans[1][0]
    assert spans[1][1] < spans[2][0]
    assert [box.is_open for box in drawn.boxes] == [False, False, True]
    assert drawn.boxes[2].label == "3 mark_done(<id of …"


def test_a_comparison_says_what_became_worse():
    """Each difference is there, with its direction, what is worse first."""
    old = read(
        report(
            {"CAP-3": found("pass"), "ORD-1": found("fail", failed=1, failures=[FAILURE])}, {"core": "not conformant"}
        )
    )
    new = read(
        report(
            {"CAP-3": found("fail", failed=1, failures=[FAILURE]), "ORD-1": found("pass"), "ALL-1": found("pass")},
            {"core": "not conformant", "file": "conformant"},
            kit="0.2.0",
        )
    )

    comparison = compared(old, new)

    assert comparison.changes == (
        Change("CAP-3", "pass", "fail", "worse"),
        Change("ORD-1", "fail", "pass", "better"),
        Change("ALL-1", "absent", "pass", "better"),
        Change("kit", "0.1.0", "0.2.0", "other"),
        Change("verdict of file", "absent", "conformant", "other"),
    )
    assert comparison.is_worse
    assert not compared(new, new).is_worse


@pytest.fixture(scope="module")
def judged():
    """A whole run over a queue with one mistake, with a list of known failures that is partly wrong."""
    failing = ["REQ-2", "DONE-3"]
    known = dict.fromkeys(failing, "Ids are older than the contract.")
    known |= {"DONE-2": "It was so.", "XYZ-9": "A slip."}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("labelqueue.conformance.runner.PROGRAMS", 10)  # which then are all
        return run(PythonSubject("hex", MUTANTS["id-without-hyphens"].make), profiles=(), known=known, programs=10)


def test_a_known_failure_is_known_and_a_wrong_entry_fails_the_run(judged):
    """The listed failure is known, the listed pass is fixed, and what matches nothing is named."""
    outcomes = {name: each.outcome for name, each in judged.requirements.items() if each.outcome != "pass"}

    failing = ["REQ-2", "DONE-3"]
    assert outcomes == {"DONE-2": "fixed"} | dict.fromkeys(failing, "known")
    assert judged.verdict == {"core": "not conformant, as known"}
    assert judged.requirements["REQ-2"].reason == "Ids are older than the contract."
    assert judged.requirements["REQ-2"].shortest is not None
    assert judged.stale == ("DONE-2", "XYZ-9")
    assert judged.exit_status == 1


def test_a_part_says_nothing_about_what_is_fixed():
    """A partial run may have left out just what fails, and other profiles' entries are not its matter."""
    known = {"DONE-2": "It was so.", "CAP-3": "Ids are older than the contract.", "XYZ-9": "A slip."}
    judged = run(PythonSubject("the model", ModelQueue), only="DONE-2", programs=0, known=known)

    assert {name: each.outcome for name, each in judged.requirements.items()} == {"DONE-2": "pass"}
    assert judged.unmatched == ("XYZ-9",)


def test_the_case_in_the_example_is_a_case():
    """What the other tests render is what a run would write."""
    from labelqueue.conformance.cases import case_of  # noqa: PLC0415 - for this test alone

    assert case_of(CASE, "x").id == "cap-counts-skipped"


def test_what_was_not_examined_again_is_neither_better_nor_worse():
    """A part of the profiles says nothing of the others."""
    old = read(
        report(
            {"CAP-3": found("pass"), "ORD-1": found("fail", failed=1, failures=[FAILURE])}, {"core": "not conformant"}
        )
    )
    new = read(report({"ALL-1": found("pass")}, {"core": "conformant"}))

    gone = [change for change in compared(old, new).changes if change.new == "absent"]
    assert [(change.what, change.direction) for change in gone] == [("CAP-3", "other"), ("ORD-1", "other")]


def test_the_cases_of_an_earlier_report_go(tmp_path):
    """Else what was mended would look as if it failed."""
    broken = run(PythonSubject("skips for free", MUTANTS["skipped-is-free"].make), only="CAP-3", programs=0)
    mended = run(PythonSubject("the model", ModelQueue), only="CAP-3", programs=0)
    other = tmp_path / "mine.json"
    other.write_text("{}")

    broken.write(tmp_path)
    assert (tmp_path / "CAP-3.json").exists()
    mended.write(tmp_path)

    assert sorted(file.name for file in tmp_path.iterdir()) == ["mine.json", "report.json"]


def test_the_folder_of_a_store_makes_no_failure_another_one():
    """Nor does the address of an object: what differs from one time to the next is told once."""
    kinds = {
        judging.Failure("KEEP-3", message, Case("c", ("KEEP-3",), "why", ()), 0, None, None).kind
        for message in (
            "opened '/tmp/labelqueue-by2ky1of/live/queue.json': <generator object at 0x7f01ab>",
            "opened '/var/x/labelqueue-0_aaaaaa/live/queue.json': <generator object at 0x7fcd21>",
        )
    }

    assert len(kinds) == 1


def test_what_fails_by_the_same_steps_is_told_together(every):
    """Two requirements that one case shows are named above its steps, which stand there once; each says how often."""
    shortest = {
        "case": {"id": "ord-lowest-first", "given": {}, "steps": [{"do": "all_items"}] * 100},
        "message": "the answer: expected length 2, got 3",
        "step": 99,
        "expected": None,
        "got": [],
        "found_by": "case",
    }
    first = RequirementReport("core", "fail", 9, sentence="It MUST.", failures=2, shortest=shortest)
    together = {"ORD-4": first, "ORD-5": dataclasses.replace(first, checks=4)}
    screen = Console(width=100, file=io.StringIO())
    screen.print(rendered(dataclasses.replace(every, requirements=together), {"ORD-4": "labelqueue replay ORD-4.json"}))
    text = screen.file.getvalue()

    assert text.count("expected length 2") == text.count("given a queue") == 1
    assert "ORD-4 failed 2 of 9 checks" in text
    assert "ORD-5 failed 2 of 4 checks" in text
    assert "61 lines more" in text


@pytest.mark.parametrize(
    ("message", "may_stand"),
    [
        ("fsync of the folder failed: Input/output error; nothing was changed, try again", False),
        ("flushing the folder failed; nothing was changed; the call may be tried again", False),
        ("flushing the folder failed", True),
        ("the change stands, but its folder was not flushed; nothing was changed beside it", True),
        ("the change may have been written", True),
        ("the queue could not be written; nothing has changed: Input/output error", False),
        ("the queue could not be saved: Input/output error", False),
        ("the change was rolled back: Input/output error", False),
    ],
)
def test_who_says_that_nothing_was_changed_leaves_no_doubt(message, may_stand):
    """Words about what failed are enough to tell that a change may stand, unless others deny it."""
    assert Refusal("other", message).says_that_it_may_stand is may_stand
