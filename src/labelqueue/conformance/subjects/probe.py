"""The probe: a queue opened once, to see that there is one to examine."""

from __future__ import annotations

import inspect
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from labelqueue.conformance.subjects.python_subject import PythonSubject, reason_of
from labelqueue.conformance.subjects.store import StoreFolder
from labelqueue.conformance.subjects.subject import BrokenError, RefusedError
from labelqueue.errors import SubjectError, shown

if TYPE_CHECKING:
    from pathlib import Path

    from labelqueue.conformance.subjects.subject import Subject

__all__ = ["probe"]

_ATTEMPTS: Final = 3
_MEMBERS: Final = ("enqueue_low_confidence", "enqueue_drift", "get_pending", "mark_done")


def probe(subject: Subject) -> str | None:
    """Open a queue once, to see that it is one; a program is given three attempts.

    Args:
        subject: The subject.

    Returns:
        Why a program cannot be examined, or `None`.

    Raises:
        SubjectError: A Python subject cannot be opened, or lacks a member of the contract.
    """
    reason = None
    for _ in range(_ATTEMPTS):
        store = StoreFolder()
        try:
            if isinstance(subject, PythonSubject):
                _probe_class(subject, store.path)
            else:
                handle = subject.open(store.path, None)
                handle.all_items()
                handle.close()
        except (RefusedError, BrokenError) as error:
            reason = f"no queue could be opened in {_ATTEMPTS} attempts: the program {error}"
        else:
            return None
        finally:
            store.remove()
    return reason


def _probe_class(subject: PythonSubject, path: Path) -> None:
    try:
        queue = subject.make(path)
    except (Exception, SystemExit) as error:
        raise SubjectError(subject.name, f"cannot be opened: {reason_of(error)}") from error
    with suppress(ValueError):  # not everything that can be called has a signature
        try:
            inspect.signature(subject.make).bind(path, 1)
        except TypeError as error:
            rule = f"cannot be called with (queue_path, max_asks_per_day): {error}"
            raise SubjectError(subject.name, rule) from error
    for member in _MEMBERS:
        if not callable(getattr(queue, member, None)):
            raise SubjectError(subject.name, f"made {shown(queue)}, which has no method {member}")
    try:
        queue.all_items  # noqa: B018 - reading it is the point
    except AttributeError as error:
        raise SubjectError(subject.name, f"made {shown(queue)}, which has no property all_items") from error
    except (Exception, SystemExit) as error:
        raise SubjectError(subject.name, f"all_items of a new queue raised {reason_of(error)}") from error
