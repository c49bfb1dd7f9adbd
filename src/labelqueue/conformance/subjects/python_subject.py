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
import sys
from collections import ChainMap, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

from labelqueue.conformance.steps import Step, value_of
from labelqueue.conformance.subjects.clock import ProcessClock
from labelqueue.conformance.subjects.patience import Patience
from labelqueue.conformance.subjects.subject import EVERYTHING, Answer, Claims, RefusedError
from labelqueue.errors import SubjectError, shown
from labelqueue.spec import ABSENT, Profile, Refusal, Seen
from labelqueue.spec.call import Other, has_lone_surrogate
from labelqueue.spec.seen import FIELDS

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from labelqueue.conformance.subjects.store import StoreFolder

__all__ = ["CANONICAL", "SERVE", "PythonHandle", "PythonSubject", "in_one_line", "subject_named"]

CANONICAL: Final = "labelqueue:ActiveLabelingQueue"
"""The subject that is examined when none is named; to the kit a name like any other."""

_DATABASES: Final = "labelqueue.sql.subject"
"""The module that opens queues on databases, by name as well."""

SERVE: Final = (sys.executable, "-m", "labelqueue.conformance.subjects.serve")
"""What makes a program of a subject, the subject's name behind it."""

_OF_DATABASES: Final[tuple[Profile, ...]] = ("core", "input", "durable", "shared")
_LONGEST_MESSAGE: Final = 1000
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

    def open(self, store: Path, max_asks_per_day: Any) -> PythonHandle:  # noqa: ANN401 - also caps that are none
        """Open a queue over a store; see `Subject.open`."""
        arguments = (store,) if max_asks_per_day is None else (store, max_asks_per_day)
        made = self.patience.during("opening", lambda: _refusing(lambda: self.make(*arguments)))
        return PythonHandle(made, self.patience)

    def clock(self, now: datetime, *, runs: bool) -> ProcessClock:
        """Set the clock of this process."""
        return ProcessClock(now, runs=runs)

    def stop(self) -> None:
        """Nothing was started; what was left is removed."""
        self.remove()


class PythonHandle:
    """One opened queue of a subject."""

    def __init__(self, queue: Any, patience: Patience) -> None:  # noqa: ANN401 - anybody's class
        """Hold the queue."""
        self._queue = queue
        self._patience = patience

    def all_items(self) -> Answer:
        """Read `all_items`."""
        raw = self._patience.during("all_items", lambda: _refusing(lambda: self._queue.all_items))
        return Answer(_seen_in(raw), raw)

    def perform(self, step: Step) -> Answer:
        """Make the call that a resolved step asks for.

        Raises:
            RefusedError: The subject raised.
            BrokenError: It did not return in time.
        """
        do = step["do"]
        if do == "all_items":
            return self.all_items()
        arguments, keywords = _arguments_of(step)
        untouched = copy.deepcopy(arguments)
        rows = len(step.get("rows") or step.get("buckets") or ())
        call = partial(_refusing, lambda: getattr(self._queue, do)(*arguments, **keywords))
        raw = self._patience.during(do, call, rows)
        return Answer(_seen_in(raw), raw, _change(untouched, arguments))

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
        raise SubjectError(name, "is not a subject; write package.module:Name")
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
    except (ModuleNotFoundError, ValueError) as error:
        raise SubjectError(url.partition("://")[0] + "://…", in_one_line(error)) from error
    return PythonSubject(
        name=opener.name,
        make=opener,
        version=_version_of("labelqueue"),
        claims=Claims(profiles=frozenset(_OF_DATABASES), store="path" if opener.is_path else "name"),
        command=(*SERVE, opener.url),
        remove=opener.remove,
        unflushed=None if opener.is_path else opener.unflushed,
    )


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


def _arguments_of(step: Step) -> tuple[list[Any], dict[str, Any]]:
    names = ("threshold", "user_id", "limit", "status")
    keywords = {name: _native(step[name]) for name in names if name in step}
    if step["do"] == "enqueue_low_confidence":
        return [_frame_of(step)], keywords
    if step["do"] == "enqueue_drift":
        buckets = [_row_of(bucket) for bucket in step["buckets"]]
        return [tuple(map(_view_of, buckets)) if step.get("views") else buckets], keywords
    if step["do"] == "mark_done":
        return [step["request_id"]], keywords
    return [], keywords


def _view_of(bucket: dict[str, Any]) -> Mapping[str, Any]:
    """Make a mapping that is no dict, and that has a key for good once it is asked for by brackets."""
    return ChainMap(defaultdict(_nothing, bucket))


def _nothing() -> None:
    """The value of a key that is not there."""


def _row_of(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _native(value) for name, value in row.items()}


def _native(form: Any) -> Any:  # noqa: ANN401 - any JSON in, any Python out
    """Make the Python value that a form means, with the library's own types where it names one."""
    value = value_of(form)
    if isinstance(value, Other):
        return _of_another_kind(value)
    if not isinstance(form, Mapping) or not ({"of", "$missing"} & set(form)):
        return value
    import numpy as np  # noqa: PLC0415 - loaded for those who hand in its values
    import pandas as pd  # noqa: PLC0415 - as above

    if "$missing" in form:
        return {"nan": float("nan"), "NaT": pd.NaT, "NA": pd.NA}[form["$missing"]]
    if "$datetime" not in form:
        return np.int64(form["$int"]) if "$int" in form else np.float32(form["$float"])
    if form["of"] == "pandas":
        return pd.Timestamp(form["$datetime"])
    moment = pd.Timestamp(form["$datetime"])
    return (moment.tz_convert(None) if moment.tz is not None else moment).to_datetime64()


def _of_another_kind(other: Other) -> Any:  # noqa: ANN401 - any Python out
    import numpy as np  # noqa: PLC0415 - loaded for those who hand in its values

    make: dict[str, Callable[[Any], Any]] = {
        "bool": np.bool_,
        "bytes": lambda text: text.encode("utf-8"),
        "date": date.fromisoformat,
        "duration_s": lambda seconds: timedelta(seconds=seconds),
        "complex": lambda parts: complex(*parts),
    }
    return make[other.kind](other.value)


def _frame_of(step: Step) -> Any:  # noqa: ANN401 - a pandas frame
    import pandas as pd  # noqa: PLC0415 - loaded for those who hand in pandas

    rows = [_row_of(row) for row in step["rows"]]
    # A text column of pandas' own may be unable to hold what UTF-8 cannot carry.
    is_odd = any(has_lone_surrogate(value) for row in rows for value in row.values())
    frame = pd.DataFrame(rows, columns=step.get("columns"), index=step.get("index"), dtype=object if is_odd else None)
    if "index" in step:
        frame.index.name = "user_id"  # as `set_index(..., drop=False)` leaves it: who makes a column of it fails
    return frame.astype({name: kind for name, kind in step.get("types", {}).items() if name in frame})


def _change(before: Any, after: Any) -> str | None:  # noqa: ANN401 - any arguments
    for one, other in zip(before, after, strict=True):
        if not hasattr(one, "columns"):
            if one != other or repr(one) != repr(other):
                return f"it was {shown(one)} and is {shown(other)}"
        elif list(one.columns) != list(other.columns):
            return f"its columns were {list(one.columns)} and are {list(other.columns)}"
        elif list(one.index) != list(other.index) or one.index.names != other.index.names:
            return f"its index was {list(one.index)} and is {list(other.index)}"
        elif (dtypes := list(map(str, one.dtypes))) != list(map(str, other.dtypes)):
            return f"its column types were {dtypes} and are {list(map(str, other.dtypes))}"
        elif repr(one.to_numpy().tolist()) != repr(other.to_numpy().tolist()):
            return "values in it are others"
    return None


def _seen_in(raw: Any) -> Any:  # noqa: ANN401 - anything the subject returns
    if isinstance(raw, list):
        return [_seen_of(item) for item in raw]
    return _seen_of(raw)


def _seen_of(item: Any) -> Any:  # noqa: ANN401 - as above
    if item is None or (not hasattr(item, "request_id") and isinstance(item, str | bytes | int | float | Sequence)):
        return item
    values = [getattr(item, field, ABSENT) for field in FIELDS]
    if all(value is ABSENT for value in values):
        return item
    return Seen(**dict(zip(FIELDS, values, strict=True)), further=_further(item))


def _further(item: Any) -> tuple[str, ...]:  # noqa: ANN401 - anybody's request
    """Name the data that a request shows beyond the nine fields, whatever its class is made with."""
    kind: Any = type(item)
    more = getattr(item, "_fields", ()) if _declared(kind) is None else getattr(item, "model_extra", None) or ()
    return _further_names(kind, tuple(getattr(item, "__dict__", ())), tuple(more))


# Of most queues all requests are of one class and have the same names.
@lru_cache
def _further_names(kind: type, given: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    declared = _declared(kind)
    if declared is not None:
        # A copy may be given what its class does not know; what the class computes is no data of the request's.
        given = (*declared, *(name for name in given if not hasattr(kind, name)))
    return tuple(name for name in dict.fromkeys((*given, *more)) if name not in FIELDS and not name.startswith("_"))


@cache
def _declared(kind: type) -> list[str] | None:
    """Name the fields that a class of pydantic or a data class declares; `None` where it is neither."""
    if hasattr(kind, "model_fields"):
        return list(kind.model_fields)
    if dataclasses.is_dataclass(kind):
        return [field.name for field in dataclasses.fields(kind)]
    return None
