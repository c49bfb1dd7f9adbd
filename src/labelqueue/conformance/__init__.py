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
    from labelqueue.conformance.program import ProgramSubject, program_named
    from labelqueue.conformance.python_subject import PythonSubject, subject_named
    from labelqueue.conformance.report import Report, RequirementReport
    from labelqueue.conformance.runner import run
    from labelqueue.conformance.subject import Claims, Subject

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
    "Claims": "subject",
    "ProgramSubject": "program",
    "PythonSubject": "python_subject",
    "Report": "report",
    "RequirementReport": "report",
    "Subject": "subject",
    "hand_written": "cases",
    "load_case": "cases",
    "program_named": "program",
    "run": "runner",
    "subject_named": "python_subject",
}

__getattr__ = lazily(__name__, _WHERE)
