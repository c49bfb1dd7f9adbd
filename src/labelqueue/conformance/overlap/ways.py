"""Ways: what is shared by clients in processes and by clients in threads, whichever way they share a store."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, ParamSpec

from labelqueue.conformance.subjects.subject import BrokenError, RefusedError
from labelqueue.spec import ABSENT, History, Seen

if TYPE_CHECKING:
    from labelqueue.conformance.overlap.clients import Perform
    from labelqueue.conformance.subjects.python_subject import PythonHandle
    from labelqueue.conformance.subjects.subject import Subject
    from labelqueue.progress import Progress
    from labelqueue.spec.interruption import State

__all__ = ["fresh_store", "histories_in", "performing", "state_of"]

# Each may have waited for seconds, and each is a fault already.
_MOST_REFUSED: Final = 24
_P = ParamSpec("_P")


def histories_in(
    ways: Mapping[str, Callable[_P, Iterator[History]]],
    names: Collection[str] | None,
    progress: Progress,
    *given: _P.args,
    **more: _P.kwargs,
) -> Iterator[History]:
    """Go through some ways of sharing a store, one after another; each ends early once many calls were refused.

    Args:
        ways: All of them, by their names.
        names: Those that are wanted; `None` for all.
        progress: Told before every history.
        given: What a way is given.
        more: What it is given by name.

    Yields:
        What happened, each time.
    """
    chosen = [way for name, way in ways.items() if names is None or name in names]
    for number, way in enumerate(chosen):
        progress("overlap", number, len(chosen))
        refused = 0
        for history in way(*given, **more):
            progress("overlap", number, len(chosen))
            yield history
            refused += len(history.refused)
            if refused >= _MOST_REFUSED:
                break
    progress("overlap", len(chosen), len(chosen))


@contextmanager
def fresh_store() -> Iterator[Path]:
    """Give the path of a store where nothing is yet; what is there in the end is removed, as far as it can be."""
    root = Path(tempfile.mkdtemp(prefix="labelqueue-"))
    try:
        yield root / "store" / "queue.json"
    finally:
        shutil.rmtree(root, ignore_errors=True)


def performing(handle: PythonHandle) -> Perform:
    """Return what makes a call on a queue of this process; what live requests say of their status is left out."""

    def perform(step: Any) -> Any:  # noqa: ANN401 - a step, any result
        value = handle.perform(step).value
        if not handle.is_live:
            return value
        return [_without_status(each) for each in value] if isinstance(value, list) else _without_status(value)

    return perform


def _without_status(value: Any) -> Any:  # noqa: ANN401 - a request, or anything else
    return replace(value, status=ABSENT) if isinstance(value, Seen) else value


def state_of(subject: Subject, store: Path, cap: int) -> State:
    """Return what another queue of this process reads, or a clause that says why it does not."""
    try:
        return tuple(subject.open(store, cap).all_items().value)
    except RefusedError as refused:
        return refused.refusal.message
    except BrokenError as error:
        return str(error)
