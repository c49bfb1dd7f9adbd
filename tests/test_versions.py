"""Versions: what was released does not change unseen."""

from __future__ import annotations

import hashlib
import json

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from labelqueue.cli import app
from labelqueue.conformance.cases import DATA, hand_written
from labelqueue.conformance.published.index import changes, index, missing_step, text_of_index
from labelqueue.spec import REQUIREMENTS

RELEASED = json.loads((DATA / "released.json").read_text("utf-8"))
OLD = {"specification": "0.1", "requirements": {"ORD-1": "a"}, "cases": {"ord-x": "b"}}


@pytest.fixture
def said():
    """Run a command, and return its status and what it said."""

    def run(*arguments):
        done = CliRunner().invoke(app, arguments)
        return done.exit_code, done.output

    return run


def test_what_was_released_did_not_change_without_a_step():
    """A released requirement or case that differs needs a step of the version; see `labelqueue.spec.version`."""
    assert missing_step(RELEASED, index()) == []


def test_what_was_released_is_not_empty():
    """The index of the last release holds requirements and cases."""
    assert len(RELEASED["requirements"]) >= 45
    assert len(RELEASED["cases"]) >= 152


def test_the_index_is_fresh_and_complete():
    """The committed index is that of what is there, and its hashes are those of the files."""
    committed = (DATA / "index.json").read_text("utf-8")
    written = json.loads(committed)

    assert committed == text_of_index()
    assert list(written["requirements"]) == list(REQUIREMENTS)
    assert list(written["cases"]) == [case.id for case in hand_written()]
    file = DATA / "cases" / "cap" / "counts-skipped.json"
    assert written["cases"]["cap-counts-skipped"] == hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("version", "requirements", "cases", "missing"),
    [
        ("0.1", {"ORD-1": "a"}, {"ord-x": "b"}, []),
        ("0.1", {"ORD-1": "a"}, {"ord-x": "b", "ord-y": "new"}, []),
        ("0.1", {"ORD-1": "a"}, {"ord-x": "other"}, ["case ord-x changed: step minor"]),
        ("0.2", {"ORD-1": "a"}, {"ord-x": "other"}, []),
        ("0.1", {"ORD-1": "a", "ORD-2": "n"}, {"ord-x": "b"}, ["requirement ORD-2 is new: step minor"]),
        ("0.2", {"ORD-1": "z"}, {"ord-x": "b"}, ["requirement ORD-1 changed: step major"]),
        ("0.2", {}, {}, ["requirement ORD-1 is gone: step major"]),
        ("1.0", {}, {}, []),
    ],
)
def test_a_change_needs_its_step(version, requirements, cases, missing):
    """What is added needs a minor step, what changes or goes among requirements a major one."""
    present = {"specification": version, "requirements": requirements, "cases": cases}

    assert missing_step(OLD, present) == missing


def test_a_case_that_changes_is_a_change():
    """The comparison looks at hashes, not at ids."""
    assert changes(RELEASED, RELEASED | {"cases": RELEASED["cases"] | {"cap-counts-skipped": "0"}}) == {
        "case cap-counts-skipped changed": "minor"
    }


def test_what_is_exported_can_be_used_without_python(said, tmp_path):
    """Cases, schemas, requirements and index are written, and the cases keep the schema that lies beside them."""
    status, _ = said("export-cases", str(tmp_path / "out"))
    out = tmp_path / "out"
    schema = Draft202012Validator(json.loads((out / "schema" / "case.schema.json").read_text("utf-8")))
    cases = [json.loads(path.read_text("utf-8")) for path in (out / "cases").glob("*/*.json")]

    assert status == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "README.md",
        "cases",
        "index.json",
        "requirements.json",
        "schema",
    ]
    assert {case["id"] for case in cases} == set(json.loads((out / "index.json").read_text("utf-8"))["cases"])
    assert [case["id"] for case in cases if not schema.is_valid(case)] == []
    again, message = said("export-cases", str(out))
    assert (again, "nothing was written" in " ".join(message.split())) == (2, True)


def test_requirements_are_listed(said):
    """Each requirement of the profile is a line: id, profile, sentence."""
    status, text = said("list", "--profile", "core")

    assert status == 0
    assert len(text.splitlines()) == sum(rule.profile == "core" for rule in REQUIREMENTS.values())
    assert f"CAP-3    core    {REQUIREMENTS['CAP-3'].sentence}" in text.splitlines()
    assert said("list", "--profile", "fancy")[0] == 2


def test_a_requirement_is_explained(said):
    """Sentence, why, source, cases and mutants are shown, whatever the case of the letters."""
    status, text = said("explain", "cap-3")
    words = " ".join(text.split())

    assert status == 0
    assert REQUIREMENTS["CAP-3"].sentence in words
    assert " ".join(REQUIREMENTS["CAP-3"].why.split()) in words
    assert "source: the original's code" in words
    assert "cap-counts-skipped A skipped ask was still an ask" in words
    assert "skipped-is-free Only labeled requests count." in words


def test_a_case_is_explained(said):
    """Why, requirements and steps are shown."""
    status, text = said("explain", "cap-counts-skipped")

    assert status == 0
    assert "CAP-3 Labeled and skipped MUST both count" in text
    assert " 1 enqueue_drift(" in text


def test_a_slip_is_told_with_what_was_meant(said):
    """An id that is not there names those that look like it."""
    status, text = said("explain", "cap-counts-skiped")

    assert status == 2
    assert "did you mean cap-counts-skipped" in " ".join(text.split())
