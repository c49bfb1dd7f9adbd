"""The conformance kit: examine any implementation of the queue.

From the command line: `labelqueue conform package.module:Name`, or
`labelqueue conform -- COMMAND…` for a program in any language.  From a program:
`run(subject_named("package.module:Name"))`, which returns a report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from labelqueue.lazy import lazily

if TYPE_CHECKING:
    from labelqueue.conformance.cases import Case, hand_written, load_case
    from labelqueue.conformance.reports.report import Report, RequirementReport
    from labelqueue.conformance.runner import run
    from labelqueue.conformance.subjects.program import ProgramSubject, program_named
    from labelqueue.conformance.subjects.python_subject import PythonSubject, subject_named
    from labelqueue.conformance.subjects.subject import Claims, Subject

__all__ = [
    "Case",
    "Claims",
    "ProgramSubject",
    "PythonSubject",
    "Report",
    "RequirementReport",
    "Subject",
    "hand_written",
    "load_case",
    "program_named",
    "run",
    "subject_named",
]

# Loaded when they are asked for: a served subject is started hundreds of times in a
# run, and needs neither Hypothesis nor the cases.
_WHERE: Final = {
    "Case": "cases",
    "Claims": "subjects.subject",
    "ProgramSubject": "subjects.program",
    "PythonSubject": "subjects.python_subject",
    "Report": "reports.report",
    "RequirementReport": "reports.report",
    "Subject": "subjects.subject",
    "hand_written": "cases",
    "load_case": "cases",
    "program_named": "subjects.program",
    "run": "runner",
    "subject_named": "subjects.python_subject",
}

__getattr__ = lazily(__name__, _WHERE)
