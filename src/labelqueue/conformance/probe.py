"""The probe: a queue opened once, to see that there is one to examine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from labelqueue.conformance.python_subject import PythonSubject, in_one_line
from labelqueue.conformance.subject import BrokenError, RefusedError
from labelqueue.errors import SubjectError, shown

if TYPE_CHECKING:
    from pathlib import Path

    from labelqueue.conformance.subject import Subject

__all__ = ["probe"]

_MEMBERS: Final = ("enqueue_low_confidence", "enqueue_drift", "get_pending", "mark_done")


def probe(subject: Subject, path: Path) -> None:
    """Open a queue once, to see that it is one.

    Args:
        subject: The subject.
        path: A store that does not exist.

    Raises:
        SubjectError: It cannot be opened, or lacks a member of the contract.
    """
    if isinstance(subject, PythonSubject):
        _probe_class(subject, path)
        return
    try:
        handle = subject.open(path, None)
        handle.all_items()
    except (RefusedError, BrokenError) as error:
        raise SubjectError(subject.name, f"cannot be opened: it {error}") from error
    handle.close()


def _probe_class(subject: PythonSubject, path: Path) -> None:
    try:
        queue = subject.make(path)
    except (Exception, SystemExit) as error:
        raise SubjectError(subject.name, f"cannot be opened: {in_one_line(error)}") from error
    for member in _MEMBERS:
        if not callable(getattr(queue, member, None)):
            raise SubjectError(subject.name, f"made {shown(queue)}, which has no method {member}")
    try:
        queue.all_items  # noqa: B018 - reading it is the point
    except AttributeError as error:
        raise SubjectError(subject.name, f"made {shown(queue)}, which has no property all_items") from error
    except (Exception, SystemExit) as error:
        raise SubjectError(subject.name, f"all_items of a new queue raised {in_one_line(error)}") from error
