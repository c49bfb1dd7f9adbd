"""Every error that labelqueue raises on purpose, by whose fault it is.

```text
LabelQueueError
├── InvalidInputError (also ValueError)   the caller's: an argument breaks a rule
│   └── InvalidRowsError                  rows of a batch break rules; names every one
├── UnreadableStoreError                  the store's: the file is no queue file
│   └── NewerSchemaError                  a database of a release that is not this one
├── StoreBusyError (also TimeoutError)    the store's: others hold its lock for too long
├── StoreFailedError                      the store's: a database failed; nothing was changed
├── OutcomeUnknownError                   the store's: whether a change to a database stands is not known
├── UnconfirmedChangeError (also OSError) the store's: the change is made, but not known to be flushed
└── SubjectError                          the subject's: it cannot be examined at all
```

A write to a file that failed is none of these: the operating system's own error reaches
the caller, since nobody can name the cause better, and nothing has changed.  The one
failure that comes too late for that is an `UnconfirmedChangeError`.

Every error carries its data as attributes, compares by them and can be pickled.
The message says where, what, which rule and how to mend, in this order.
"""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = [
    "InvalidInputError",
    "InvalidRowsError",
    "LabelQueueError",
    "NewerSchemaError",
    "OutcomeUnknownError",
    "RowProblem",
    "StoreBusyError",
    "StoreFailedError",
    "SubjectError",
    "UnconfirmedChangeError",
    "UnreadableStoreError",
    "shown",
]

_LONGEST_VALUE = 80
_MOST_ROWS_NAMED = 10


def shown(value: object) -> str:
    """Write a value for a message: its `repr`, cut at 80 characters.

    Examples:
        >>> shown("a" * 100)[-8:]
        'aaaaaaa…'
    """
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - a caller's broken repr must not hide our message
        text = f"<{type(value).__name__} without a repr>"
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


class LabelQueueError(Exception):
    """What all errors of labelqueue have in common: catch this to catch them all.

    Examples:
        >>> from labelqueue import ActiveLabelingQueue
        >>> try:
        ...     ActiveLabelingQueue(folder / "queue.json", max_asks_per_day=-1)
        ... except LabelQueueError as error:
        ...     print(type(error).__name__)
        InvalidInputError
    """

    def _data(self) -> tuple[Any, ...]:
        return tuple(vars(self).values())

    def __eq__(self, other: object) -> bool:
        """Compare by class and data."""
        if type(other) is not type(self):
            return NotImplemented
        return self._data() == other._data()

    def __hash__(self) -> int:
        """Hash by the message, which is made of the data."""
        return hash((type(self), str(self)))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as the constructor's arguments."""
        return type(self), self._data()


class InvalidInputError(LabelQueueError, ValueError):
    """An argument breaks a rule of the contract; nothing was changed.

    Attributes:
        argument: Which argument, by its name in the signature.
        value: What was handed in, as the message shows it.
        rule: What it breaks, as a clause that continues "value …".
        mend: What to do instead.

    Examples:
        >>> print(InvalidInputError("limit", "-1", "is not an integer of 0 or more", "leave it out for no limit"))
        limit=-1 is not an integer of 0 or more; leave it out for no limit.
    """

    def __init__(self, argument: str, value: str, rule: str, mend: str) -> None:
        """Keep the data; see the attributes."""
        self.argument = argument
        self.value = value
        self.rule = rule
        self.mend = mend
        super().__init__(argument, value, rule, mend)

    def __str__(self) -> str:
        """Say where, what, which rule, how to mend."""
        return f"{self.argument}={self.value} {self.rule}; {self.mend}."


class RowProblem(NamedTuple):
    """One value of one row that breaks a rule.

    Attributes:
        row: The row's place in what was handed in, from 0.
        column: The column or key.
        value: What stands there, as the message shows it.
        rule: What it breaks, as a clause that continues "value …".

    Examples:
        >>> problem = RowProblem(3, "confidence", "inf", "is not finite")
        >>> problem.row, problem.column
        (3, 'confidence')
    """

    row: int
    column: str
    value: str
    rule: str


class InvalidRowsError(InvalidInputError):
    """Rows of a batch break rules of the contract; not one row was added.

    Attributes:
        argument: `predictions_df` or `buckets`.
        problems: Every problem found, in row order; the message names the first
            ten rows and counts the rest.

    Examples:
        >>> print(InvalidRowsError("buckets", (RowProblem(3, "confidence", "inf", "is not finite"),)))
        buckets row 3: confidence=inf is not finite; nothing was added; mend or drop these rows and call again.
    """

    def __init__(self, argument: str, problems: tuple[RowProblem, ...]) -> None:
        """Keep the data; see the attributes."""
        LabelQueueError.__init__(self, argument, problems)
        self.argument = argument
        self.problems = problems

    def __str__(self) -> str:
        """Name the first ten rows, each with column, value and rule."""
        by_row: dict[int, list[RowProblem]] = {}
        for problem in self.problems:
            by_row.setdefault(problem.row, []).append(problem)
        lines = [
            f"{self.argument} row {row}: " + ", ".join(f"{p.column}={p.value} {p.rule}" for p in problems)
            for row, problems in list(by_row.items())[:_MOST_ROWS_NAMED]
        ]
        if len(by_row) > _MOST_ROWS_NAMED:
            lines.append(f"and {len(by_row) - _MOST_ROWS_NAMED} more rows")
        lines.append("nothing was added; mend or drop these rows and call again.")
        return "\n".join(lines) if len(lines) > 2 else "; ".join(lines)  # noqa: PLR2004 - one row


class UnreadableStoreError(LabelQueueError):
    """The store holds something that is no queue; it was left as it was.

    Attributes:
        store: The file, as the caller named it.
        item: The place of the offending item in the array, from 0, or `None`.
        field: The offending member of that item, or `None`.
        rule: What is wrong, in words.

    Examples:
        >>> print(UnreadableStoreError("queue.json", 12, "status", "'done' is no status"))
        queue.json item 12, field 'status': 'done' is no status; the file was not changed.
    """

    def __init__(self, store: str, item: int | None, field: str | None, rule: str) -> None:
        """Keep the data; see the attributes."""
        self.store = store
        self.item = item
        self.field = field
        self.rule = rule
        super().__init__(store, item, field, rule)

    def __str__(self) -> str:
        """Say which file, item and field, what is wrong, and that nothing changed."""
        where = self.store
        if self.item is not None:
            where += f" item {self.item}"
        if self.field is not None:
            where += f", field {self.field!r}"
        return f"{where}: {self.rule}; the file was not changed."


class StoreBusyError(LabelQueueError, TimeoutError):
    """Another writer held the store's lock for too long; nothing was changed.

    Attributes:
        store: The store, as the caller named it.
        lock: What the lock is on.
        holder: The id of the process that holds it, or `None` where nobody can tell.
        waited_s: How long the call waited, in seconds.

    Examples:
        >>> print(StoreBusyError("queue.json", "queue.json.lock", 4711, 60.0))  # doctest: +ELLIPSIS
        queue.json: process 4711 holds the lock queue.json.lock, which was not free for 60 s; nothing was changed; ...
    """

    def __init__(self, store: str, lock: str, holder: int | None, waited_s: float) -> None:
        """Keep the data; see the attributes."""
        self.store = store
        self.lock = lock
        self.holder = holder
        self.waited_s = waited_s
        super().__init__(store)

    def __str__(self) -> str:
        """Say who holds what, since when at least, that nothing changed, and what to do."""
        holder = "another writer" if self.holder is None else f"process {self.holder}"
        return (
            f"{self.store}: {holder} holds the lock {self.lock}, which was not free for {self.waited_s:g} s; "
            "nothing was changed; call again, or end the process that holds it."
        )


class UnconfirmedChangeError(LabelQueueError, OSError):
    """The change is made and seen by all, but it is not known to survive a power cut.

    It took effect before something failed: in a file, the folder could not be
    flushed after the new content was in place.  The cause is `__cause__`, and its
    `errno` and `strerror` are this error's own.  To call again does no harm, and
    flushes again where it writes.

    Attributes:
        store: The store, as the caller named it.

    Examples:
        >>> print(UnconfirmedChangeError("queue.json", 5, "Input/output error"))  # doctest: +ELLIPSIS
        queue.json: the change took effect, but may not survive a power cut: Input/output error (errno 5); ...
    """

    def __init__(self, store: str, errno: int | None, strerror: str | None) -> None:
        """Keep the data; see the attributes, and those of `OSError`."""
        self.store = store
        super().__init__(errno, strerror)

    def _data(self) -> tuple[Any, ...]:
        return self.store, self.errno, self.strerror

    def __str__(self) -> str:
        """Say what stands, what failed and what to do."""
        return (
            f"{self.store}: the change took effect, but may not survive a power cut: "
            f"{self.strerror} (errno {self.errno}); mend the cause and call again."
        )


class NewerSchemaError(UnreadableStoreError):
    """The tables of a database are those of another release; they were left as they were.

    Attributes:
        store: The database, as it may be shown.
        version: The version of its schema.
        known: The version that this release reads and writes.

    Examples:
        >>> print(NewerSchemaError("sqlite:///queue.db", 9, 1))  # doctest: +ELLIPSIS
        sqlite:///queue.db: its tables have schema version 9, and this release of labelqueue knows version 1; ...
    """

    def __init__(self, store: str, version: int | None, known: int) -> None:
        """Keep the data; see the attributes."""
        LabelQueueError.__init__(self, store, version, known)
        self.store = store
        self.version = version
        self.known = known

    def __str__(self) -> str:
        """Say which database, which version, and what to do."""
        return (
            f"{self.store}: its tables have schema version {self.version}, and this release of labelqueue knows "
            f"version {self.known}; use the release that made them. Nothing was changed."
        )


class StoreFailedError(LabelQueueError):
    """A database failed or could not be reached; nothing was changed.

    The same call may be made again.  The driver's own error is the `__cause__`.

    Attributes:
        store: The database, as it may be shown.
        what: What is wrong, in words.
        cause: What the driver said.
        mend: What to do.

    Examples:
        >>> print(StoreFailedError("sqlite:///queue.db", "it is locked", "database is locked", "call again"))
        sqlite:///queue.db: it is locked (database is locked); nothing was changed; call again.
    """

    def __init__(self, store: str, what: str, cause: str, mend: str) -> None:
        """Keep the data; see the attributes."""
        self.store = store
        self.what = what
        self.cause = cause
        self.mend = mend
        super().__init__(store, what, cause, mend)

    def __str__(self) -> str:
        """Say where, what, why, that nothing changed, and how to mend."""
        return f"{self.store}: {self.what} ({self.cause}); nothing was changed; {self.mend}."


class OutcomeUnknownError(LabelQueueError):
    """The answer to a commit was lost: the change of the call may or may not stand.

    If it stands, it stands as a whole.  Every call may simply be made again:
    marking sets the same status, and buckets that were added are duplicates now.

    Attributes:
        store: The database, as it may be shown.
        cause: What the driver said.

    Examples:
        >>> print(OutcomeUnknownError("postgresql://db/labels", "server closed the connection"))  # doctest: +ELLIPSIS
        postgresql://db/labels: the answer to the commit was lost (server closed the connection); ...
    """

    def __init__(self, store: str, cause: str) -> None:
        """Keep the data; see the attributes."""
        self.store = store
        self.cause = cause
        super().__init__(store, cause)

    def __str__(self) -> str:
        """Say that nobody knows, and that calling again is safe."""
        return (
            f"{self.store}: the answer to the commit was lost ({self.cause}); the change may or may not stand, "
            "as a whole; look, or call again: what stands already is not done twice."
        )


class SubjectError(LabelQueueError):
    """A subject cannot be examined: it is not there, or it is no queue.

    Attributes:
        subject: The subject, as it was named.
        reason: What is wrong with it, and what would mend it.

    Examples:
        >>> print(SubjectError("mine:MyQueue", "cannot be imported: No module named 'mine'"))
        mine:MyQueue: cannot be imported: No module named 'mine'
    """

    def __init__(self, subject: str, reason: str) -> None:
        """Keep the data; see the attributes."""
        self.subject = subject
        self.reason = reason
        super().__init__(subject, reason)

    def __str__(self) -> str:
        """Name the subject and the reason in one line."""
        return f"{self.subject}: {self.reason}"
