"""Known failures: a list with reasons, which must stay true."""

from __future__ import annotations

import pytest

from labelqueue.conformance import run
from labelqueue.conformance.mutants import MUTANTS
from labelqueue.conformance.reports.known import InvalidKnownError, known_in, read_known
from labelqueue.conformance.reports.report import report_of
from labelqueue.conformance.subjects.python_subject import PythonSubject
from reports import FAILURE, found, report


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[CAP-3]\n", 'known.toml, entry CAP-3: is no entry; write [CAP-3] and below it reason = "…"'),
        ("CAP-3 = 1\n", 'known.toml, entry CAP-3: is no entry; write [CAP-3] and below it reason = "…"'),
        (
            '[CAP-3]\nreason = " "\n',
            "known.toml, entry CAP-3: has no reason; say in a sentence why the failure is accepted",
        ),
        ("[CAP-3\n", "known.toml: cannot be read: "),
    ],
)
def test_an_entry_needs_a_reason(text, message, tmp_path, monkeypatch):
    """A file with an entry that says nothing is refused, with the entry and the mend."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "known.toml"
    path.write_text(text)

    with pytest.raises(InvalidKnownError) as caught:
        read_known(path.relative_to(tmp_path))

    assert str(caught.value).startswith(message)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    """A list that is missing is no empty list."""
    with pytest.raises(InvalidKnownError, match="cannot be read"):
        read_known(tmp_path / "known.toml")


def test_what_is_written_holds_every_failure(tmp_path):
    """New failures come without a reason, old ones keep theirs, fixed ones go, those of other profiles stay."""
    requirements = {
        "CAP-3": found("fail", failed=1, failures=[FAILURE]),
        "CAP-4": found("known", reason='Ours "is" so.', failed=1, failures=[FAILURE]),
        "CAP-5": found("fixed", reason="It was so."),
    }
    judged = report_of(report(requirements), "x")
    reasons = {"CAP-4": 'Ours "is" so.', "CAP-5": "It was so.", "IN-1": "Elsewhere.", "XYZ-9": "A slip."}

    text = known_in(judged, reasons)

    assert text == (
        "# Known failures of mine:<Queue>; an entry needs a reason.\n"
        '\n[CAP-3]\n# `It` MUST fail.\nreason = ""\n'
        '\n[CAP-4]\n# `It` MUST known.\nreason = "Ours \\"is\\" so."\n'
        '\n[IN-1]\nreason = "Elsewhere."\n'
    )
    path = tmp_path / "known.toml"
    path.write_text(text.replace('reason = ""', 'reason = "Free."'))
    assert read_known(path) == {"CAP-3": "Free.", "CAP-4": 'Ours "is" so.', "IN-1": "Elsewhere."}


def test_a_run_until_the_first_failure_ends_there():
    """What was not tried stays untested, so that there is a verdict where something failed alone."""
    subject = PythonSubject(name="mutant", make=MUTANTS["skipped-is-free"].make)

    ended = run(subject, profiles=["core"], until_first=True, programs=0)

    assert (ended.verdict, ended.is_partial) == ({"core": "not conformant"}, True)
    assert {"CAP-2", "CAP-3"} == {name for name, found in ended.requirements.items() if found.outcome == "fail"}
    assert ended.requirements["CAP-7"].outcome == "untested"


def test_a_run_until_the_first_failure_passes_by_what_is_known():
    """A known failure ends nothing: everything is tried."""
    subject = PythonSubject(name="mutant", make=MUTANTS["skipped-is-free"].make)
    reasons = dict.fromkeys(("CAP-2", "CAP-3", "CAP-4"), "Skipped asks are free.")

    whole = run(subject, only="CAP-*", until_first=True, known=reasons, programs=0)

    assert {found.outcome for found in whole.requirements.values()} == {"known", "pass"}
