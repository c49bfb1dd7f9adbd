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

_ATTEMPTS: Final = (False, False, True)  # whether the folder of the store is there beforehand
_MEMBERS: Final = ("enqueue_low_confidence", "enqueue_drift", "get_pending", "mark_done")


def probe(subject: Subject) -> str | None:
    """Open a queue, to see that it is one; a program is given three attempts.

    A queue that only lacks its store is one: that it does not open is a failure of KEEP-3.

    Args:
        subject: The subject.

    Returns:
        Why a program cannot be examined, or `None`.

    Raises:
        SubjectError: A Python subject cannot be opened, or lacks a member of the contract.
    """
    failures: list[SubjectError | RefusedError | BrokenError] = []
    for has_folder in _ATTEMPTS:
        store = StoreFolder(has_folder=has_folder)
        try:
            if isinstance(subject, PythonSubject):
                _probe_class(subject, store.path)
            else:
                handle = subject.open(store.path, None)
                handle.all_items()
                handle.close()
        except (SubjectError, RefusedError, BrokenError) as error:
            if _lacks_its_store(error, store.path):
                return None
            failures.append(error)
        else:
            return None
        finally:
            store.remove()
    first = failures[0]
    if isinstance(first, SubjectError):
        raise first
    return f"no queue could be opened in {len(_ATTEMPTS)} attempts: the program {first}"


def _lacks_its_store(error: Exception, path: Path) -> bool:
    """Tell whether a refusal speaks of the store, which is not there yet, or of the folders that it will be in."""
    is_refusal = isinstance(error, RefusedError) or isinstance(error.__cause__, OSError)
    return is_refusal and str(path.parents[1]) in str(error)


def _probe_class(subject: PythonSubject, path: Path) -> None:
    try:
        queue = subject.make(path) if _has_default_cap(subject, path) else subject.make(path, 20)
    except (Exception, SystemExit) as error:
        raise SubjectError(subject.name, f"cannot be opened: {reason_of(error)}") from error
    for member in _MEMBERS:
        if not callable(getattr(queue, member, None)):
            raise SubjectError(subject.name, f"made {shown(queue)}, which has no method {member}")
    try:
        queue.all_items  # noqa: B018 - reading it is the point
    except AttributeError as error:
        raise SubjectError(subject.name, f"made {shown(queue)}, which has no property all_items") from error
    except (Exception, SystemExit) as error:
        raise SubjectError(subject.name, f"all_items of a new queue raised {reason_of(error)}") from error


def _has_default_cap(subject: PythonSubject, path: Path) -> bool:
    """Tell whether the cap can be left out; where it cannot, that is a failure of CAP-1."""
    try:
        signature = inspect.signature(subject.make)
    except ValueError:  # not everything that can be called has one
        return True
    try:
        signature.bind(path, 20)
    except TypeError as error:
        rule = f"cannot be called with (queue_path, max_asks_per_day): {error}"
        raise SubjectError(subject.name, rule) from error
    with suppress(TypeError):
        signature.bind(path)
        return True
    return False
