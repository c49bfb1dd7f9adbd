"""The conformance kit: examine any implementation of the queue.

From the command line: `labelqueue conform package.module:Name`.  From a program:
`run(subject_named("package.module:Name"))`, which returns a report.
"""

from __future__ import annotations

from labelqueue.conformance.cases import Case, hand_written, load_case
from labelqueue.conformance.program import ProgramSubject, program_named
from labelqueue.conformance.python_subject import PythonSubject, subject_named
from labelqueue.conformance.report import Report, RequirementReport
from labelqueue.conformance.run import run
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
