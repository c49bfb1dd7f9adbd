"""The conformance matrix: the reports that are kept are of what is there, and the page shows them."""

from __future__ import annotations

import json
import re

import pytest

from labelqueue.conformance.cases import DATA
from labelqueue.conformance.published.implementations import (
    IMPLEMENTATIONS,
    kept,
    made_from,
    page,
    page_of_failures,
    reports,
)
from labelqueue.conformance.reports.report import report_of
from labelqueue.spec import REQUIREMENTS
from reports import report

REPORTS = reports()
FILES = sorted((DATA / "results").glob("*.json"))


@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_it_was_examined_by_what_is_there(name):
    """Run `python tests/examine_implementations.py` when this fails."""
    assert REPORTS[name].subject["index"] == made_from()


@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_its_report_is_of_every_requirement_of_its_profiles(name):
    """Nothing was deselected, and each requirement stands there as it is worded now."""
    found = REPORTS[name]

    assert not found.is_partial
    assert {each: (one.profile, one.sentence) for each, one in found.requirements.items()} == {
        each: (one.profile, one.sentence) for each, one in REQUIREMENTS.items() if one.profile in found.verdict
    }


@pytest.mark.parametrize("name", ["canonical", "sqlite", "postgresql", "node"])
def test_the_queues_of_this_project_conform(name):
    """Each is conformant to every profile that it claims, core and input among them."""
    assert {"core", "input"} <= REPORTS[name].verdict.keys()
    assert set(REPORTS[name].verdict.values()) == {"conformant"}


def test_the_original_conforms_to_core():
    """A core requirement that the original fails is a fault of this project."""
    assert REPORTS["taskclf"].subject["version"] == "0.4.15"
    assert REPORTS["taskclf"].verdict["core"] == "conformant"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_kept_report_is_small_and_tells_nothing_of_the_machine(path):
    """There is no folder and no address of the machine on which it was made."""
    text = path.read_text(encoding="utf-8")

    assert len(text) < 60_000
    assert re.findall(r"/(?:tmp|home|root|work|Users)/|postgresql[+\w]*://\w|localhost|@", text) == []


def test_what_is_kept_of_a_report():
    """Of every requirement the shortest failure stays, without the folders of the run."""
    members = json.loads(json.dumps(report()))
    members["requirements"]["CAP-3"]["failures"][0]["message"] = "no '/tmp/labelqueue-1yiz/store' here"

    written = json.loads(kept(report_of(members, "x")))

    assert written["requirements"]["CAP-3"]["failures"][0]["message"] == "no '…/store' here"
    assert {len(found["failures"]) for found in written["requirements"].values() if "failures" in found} == {1}
    assert written["subject"] == members["subject"] | {"index": made_from()}


def test_the_matrix_has_a_word_in_every_cell():
    """A row per requirement; each cell is a word, and each failure leads to its shortest case."""
    rows = re.findall(r"^\| \[([A-Z]+-\d+)\]\[\] \| (.*) \|$", page(REPORTS), flags=re.MULTILINE)
    cells = {name: cells.split(" | ") for name, cells in rows}

    assert cells.keys() == REQUIREMENTS.keys()
    assert {len(each) for each in cells.values()} == {len(IMPLEMENTATIONS)}
    assert cells["FILE-5"] == [
        '<span class="outcome pass">pass</span>',
        '<span class="outcome not-claimed">not claimed</span>',
        '<span class="outcome not-claimed">not claimed</span>',
        '<span class="outcome pass">pass</span>',
        "[fail](taskclf.md#taskclf-FILE-5){ .outcome .fail }",
    ]


def test_every_failure_is_shown_with_its_case():
    """The page of an implementation has a section for each failure, with the case where steps alone show it."""
    found = REPORTS["taskclf"]
    text = page_of_failures("taskclf", found) or ""
    failed = {name: one.shortest for name, one in found.requirements.items() if one.shortest is not None}
    cases = re.findall(r"^    ```json\n(.*?)^    ```$", text, flags=re.DOTALL | re.MULTILINE)

    assert re.findall(r"^## ([A-Z]+-\d+) \{ #taskclf-\1 \}$", text, flags=re.MULTILINE) == list(failed)
    assert [json.loads(case) for case in cases] == [
        each["case"] for each in failed.values() if each["found_by"] in ("case", "search")
    ]


def test_what_conforms_has_no_page_of_failures():
    """There is nothing to show."""
    assert page_of_failures("canonical", REPORTS["canonical"]) is None
