"""The commands about reports and known failures, as they are typed."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from labelqueue.cli import app
from labelqueue.conformance.reports.renderers import badge, html, junit, markdown
from labelqueue.conformance.reports.report import report_of
from reports import FAILURE, found, report

MUTANT = "subjects:CountsLabeledAlone"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in a folder that holds `subjects.py` and a report."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report.json").write_text(json.dumps(report()))

    def command(*arguments):
        done = CliRunner().invoke(app, arguments)
        return done.exit_code, done.output

    return command


def test_a_report_is_rendered_into_the_files_that_are_named(run, tmp_path):
    """Each option writes its form, and nothing else is written or said."""
    status, text = run(
        "report", "report.json", "--html", "a.html", "--junit", "out/b.xml", "--markdown", "c.md", "--badge", "d.svg"
    )
    read = report_of(report(), "x")

    assert (status, text) == (0, "")
    files = {path.name: path.read_bytes() for path in tmp_path.rglob("*.*") if path.name != "report.json"}
    assert files == {
        name: render(read).encode("utf-8", "backslashreplace")
        for name, render in {"a.html": html, "b.xml": junit, "c.md": markdown, "d.svg": badge}.items()
    }


def test_without_an_option_the_report_is_shown(run):
    """The folder of a report will do, and what is stale is said."""
    status, text = run("report", ".")

    assert status == 0
    assert "core: not conformant" in text
    assert "take off the list of known failures: CAP-5, XYZ-9" in text
    assert "known: CAP-4" in text


def test_what_is_no_report_is_one_line(run, tmp_path):
    """A file that breaks the schema exits with 2."""
    (tmp_path / "report.json").write_text("{}")

    assert run("report", "report.json") == (2, "labelqueue: report.json at /: 'schema' is a required property\n")
    assert run("compare", ".", "absent.json")[0] == 2


def test_a_comparison_exits_with_1_where_something_became_worse(run, tmp_path):
    """What became worse is named first; the other way round it became better."""
    (tmp_path / "new.json").write_text(json.dumps(report({"CAP-5": found("fail", failed=1, failures=[FAILURE])})))
    (tmp_path / "old.json").write_text(json.dumps(report({"CAP-5": found("pass")})))

    assert run("compare", "old.json", "new.json") == (1, "worse  CAP-5: pass → fail\n")
    assert run("compare", "new.json", "old.json") == (0, "better CAP-5: fail → pass\n")
    assert run("compare", "new.json", "new.json") == (0, "nothing changed\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--known", "absent.toml"), "absent.toml: cannot be read"),
        (("--write-known", "known.toml", "--only", "CAP-3"), "needs a whole run, without --only and --exitfirst"),
        (("--write-known", "known.toml", "--exitfirst"), "needs a whole run, without --only and --exitfirst"),
    ],
)
def test_a_wrong_list_of_known_failures_is_told_at_once(run, arguments, message):
    """Nothing is examined where the list cannot be used, and the status is 2."""
    status, text = run("conform", *arguments)

    assert status == 2
    assert message in " ".join(text.replace("│", " ").split())


def test_a_known_failure_is_shown_with_its_reason(run, tmp_path):
    """In a part the profile is not conformant all the same; every form of the report is written."""
    (tmp_path / "subjects.py").write_text(
        "from labelqueue.conformance.mutants import MUTANTS\nCountsLabeledAlone = MUTANTS['skipped-is-free'].make\n"
    )
    (tmp_path / "known.toml").write_text('[CAP-3]\nreason = "Skipped asks are free."\n')

    status, text = run("conform", MUTANT, "--only", "CAP-3", "--known", "known.toml", "--report", "out")

    assert status == 1
    assert "known: CAP-3\n  Skipped asks are free.\n" in text
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "CAP-3.json",
        "badge.svg",
        "junit.xml",
        "report.html",
        "report.json",
        "summary.md",
    ]
