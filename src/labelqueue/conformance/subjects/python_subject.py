"""The Python subject: a class, or anything callable as `(queue_path, max_asks_per_day)`.

It is named `package.module:Name`.  The kit calls it and what it returns exactly as a program
would; it needs no adapter, no base class and no clock parameter.  The URL of a database is a
name as well: that of the queue on this database.
"""

from __future__ import annotations

import copy
import dataclasses
import gc
import importlib
import importlib.metadata
import random
import sys
import weakref
from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

from labelqueue.conformance.subjects.clock import ProcessClock
from labelqueue.conformance.subjects.patience import Patience
from labelqueue.conformance.subjects.python_answers import seen_in
from labelqueue.conformance.subjects.python_arguments import arguments_of, change, native
from labelqueue.conformance.subjects.subject import EVERYTHING, Answer, Claims, RefusedError
from labelqueue.errors import LabelQueueError, SubjectError, shown
from labelqueue.spec import ABSENT, Profile, Refusal

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    from labelqueue.conformance.steps import Step
    from labelqueue.conformance.subjects.program import ProgramSubject
    from labelqueue.conformance.subjects.store import StoreFolder
    from labelqueue.conformance.subjects.subject import Subject

__all__ = ["CANONICAL", "SERVE", "PythonHandle", "PythonSubject", "in_one_line", "reason_of", "subject_named"]

CANONICAL: Final = "labelqueue:ActiveLabelingQueue"
"""The subject that is examined when none is named; to the kit a name like any other."""

_DATABASES: Final = "labelqueue.sql.subject"
"""The module that opens queues on databases, by name as well."""

SERVE: Final = (sys.executable, "-m", "labelqueue.conformance.subjects.serve")
"""What makes a program of a subject, the subject's name behind it."""

_OF_DATABASES: Final[tuple[Profile, ...]] = ("core", "input", "durable", "shared")
_LONGEST_MESSAGE: Final = 1000
_SERVED_WITHIN_S: Final = 10.0
_CALLERS_FAULT: Final = (ValueError, TypeError, KeyError)


@dataclasses.dataclass(frozen=True)
class PythonSubject:
    """An implementation in this process.

    Attributes:
        name: What the user called it.
        make: Opens a queue: called with the path, and the cap where there is one.
        version: The version of the distribution that it comes from, or empty.
        claims: What it claims; a class has no way to say, so that everything is examined.
        command: The command that makes a program of it, where its name can be imported.
        remove: Removes what the run left where the kit cannot.
        unflushed: As in `Subject`.
        patience: How long its calls are waited for.
        is_seeded: Whether opening seeds the process's generator of random numbers, as programs that
            learn do when they start; ids must be unique all the same (REQ-2).
        is_live: Whether its requests live, so that a status may be of a later moment than the call
            that returned them.
    """

    name: str
    make: Callable[..., Any]
    version: str = ""
    claims: Claims = EVERYTHING
    command: tuple[str, ...] = ()
    language: str = "python"
    how: str = "in this process"
    remove: Callable[[], None] = lambda: None
    unflushed: Callable[[], str | None] | None = None
    patience: Patience = dataclasses.field(default_factory=Patience, compare=False)
    is_seeded: bool = True
    is_live: bool = False

    def in_another_process(self) -> Subject:
        """Serve it in another process, where its name can be imported; what this one remembers is no help there."""
        return self._served or self

    @cached_property
    def _served(self) -> ProgramSubject | None:
        from labelqueue.conformance.subjects.program import ProgramSubject  # noqa: PLC0415 - it serves by our command

        if not self.command or self.claims.store != "path":
            return None
        try:
            served = ProgramSubject(self.command, _SERVED_WITHIN_S, processes=1)
        except SubjectError:
            return None
        # Where nobody stops what is in this process; it ends with this one, too.
        weakref.finalize(self, served.stop).atexit = False
        return served

    def open(self, store: Path, max_asks_per_day: Any) -> PythonHandle:  # noqa: ANN401 - also caps that are none
        """Open a queue over a store; see `Subject.open`."""
        if self.is_seeded:
            random.seed(0)
        arguments = (store,) if max_asks_per_day is None else (store, native(max_asks_per_day))
        made = self.patience.during("opening", lambda: _refusing(lambda: self.make(*arguments)))
        return PythonHandle(made, self.patience, is_live=self.is_live)

    def clock(self, now: datetime, *, runs: bool) -> ProcessClock:
        """Set the clock of this process."""
        return ProcessClock(now, runs=runs)

    def stop(self) -> None:
        """End what serves it elsewhere, and remove what was left."""
        if served := vars(self).pop("_served", None):
            served.stop()
        self.remove()


class PythonHandle:
    """One opened queue of a subject."""

    def __init__(self, queue: Any, patience: Patience, *, is_live: bool) -> None:  # noqa: ANN401 - anybody's class
        """Hold the queue."""
        self.is_live = is_live
        self._queue = queue
        self._patience = patience

    def all_items(self) -> Answer:
        """Read `all_items`."""
        raw = self._patience.during("all_items", lambda: _refusing(lambda: self._queue.all_items))
        return Answer(seen_in(raw), raw)

    def perform(self, step: Step) -> Answer:
        """Make the call that a resolved step asks for.

        Raises:
            RefusedError: The subject raised.
            BrokenError: It did not return in time.
        """
        do = step["do"]
        if do == "all_items":
            return self.all_items()
        arguments, keywords = arguments_of(step)
        untouched = copy.deepcopy(arguments)
        rows = len(step.get("rows") or step.get("buckets") or ())
        call = partial(_refusing, lambda: getattr(self._queue, do)(*arguments, **keywords))
        raw = self._patience.during(do, call, rows)
        return Answer(seen_in(raw), raw, change(untouched, arguments))

    def watched(self, store: StoreFolder, copies: list[Path]) -> AbstractContextManager[None]:
        """Copy the store after every function of C that changed it."""
        return store.watched(copies)

    def close(self) -> None:
        """Drop the queue: a subject may hold its store for itself."""
        self._queue = None
        gc.collect(0)


def subject_named(name: str) -> PythonSubject:
    """Find the subject that a name such as `package.module:Name`, or a database URL, means.

    Raises:
        SubjectError: There is no such module or attribute, or it is no queue.

    Examples:
        >>> subject = subject_named("labelqueue:ActiveLabelingQueue")
        >>> subject.name, sorted(subject.claims.profiles)
        ('labelqueue:ActiveLabelingQueue', ['core', 'durable', 'file', 'input', 'shared'])
    """
    if "://" in name:
        return _database_named(name)
    module_name, _, attribute = name.partition(":")
    if not module_name or not attribute:
        program = f", or -- {name} for a program" if "/" in name else ""
        raise SubjectError(name, f"is not a subject; write package.module:Name{program}")
    if "/" in module_name or module_name.endswith(".py"):
        raise SubjectError(name, "names a file; go to its folder, and write its module, such as mine:MyQueue")
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:
        raise SubjectError(name, f"cannot be imported: {in_one_line(error)}") from error
    made: Any = module
    for part in attribute.split("."):
        made = getattr(made, part, ABSENT)
        if made is ABSENT:
            raise SubjectError(name, f"module {module_name} has no attribute {attribute!r}")
    if not callable(made):
        raise SubjectError(name, f"is {shown(made)}, which cannot be called with (queue_path, max_asks_per_day)")
    command = (*SERVE, name)
    return PythonSubject(name=name, make=made, version=_version_of(module_name), command=command)


def _database_named(url: str) -> PythonSubject:
    """Find the queue on a database; its stores are files, or queues of a name of their own."""
    try:
        opener = importlib.import_module(_DATABASES).Opener(url)
    except (ModuleNotFoundError, ValueError, LabelQueueError) as error:
        raise SubjectError(url.partition("://")[0] + "://…", reason_of(error)) from error
    return PythonSubject(
        name=opener.name,
        make=opener,
        version=_version_of("labelqueue"),
        claims=Claims(profiles=frozenset(_OF_DATABASES), store="path" if opener.is_path else "name"),
        command=(*SERVE, opener.url),
        remove=opener.remove,
        unflushed=None if opener.is_path else opener.unflushed,
    )


def reason_of(error: BaseException) -> str:
    """Say why there is no subject: our own errors say it in full."""
    return str(error) if isinstance(error, LabelQueueError) else in_one_line(error)


def _version_of(module_name: str) -> str:
    package = module_name.partition(".")[0]
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        pass
    # To look through all distributions takes longer than all else that a served
    # subject does when it starts; a module of the user's own comes from none.
    if "-packages" in (getattr(sys.modules.get(package), "__file__", None) or ""):
        for distribution in importlib.metadata.packages_distributions().get(package, ()):
            return importlib.metadata.version(distribution)
    return ""


def in_one_line(error: BaseException) -> str:
    """Write an exception in one line: its class, what it and its notes say, and what it was raised from."""
    text = " ".join("; ".join(filter(None, [str(error), *getattr(error, "__notes__", ())])).split())
    line = f"{type(error).__name__}: {text[:_LONGEST_MESSAGE]}" if text else type(error).__name__
    # What it was raised beside does not count: a clean-up that fails hides the cause.
    return line if error.__cause__ is None else f"{line} (from {in_one_line(error.__cause__)})"


def _refusing(call: Callable[[], Any]) -> Any:  # noqa: ANN401 - anything the subject returns
    try:
        return call()
    except (Exception, SystemExit) as error:
        kind = "invalid_input" if isinstance(error, _CALLERS_FAULT) else "other"
        raise RefusedError(Refusal(kind, f"raised {in_one_line(error)}")) from error
