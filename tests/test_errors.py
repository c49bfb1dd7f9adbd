"""The errors: the whole text of each, its data, and that it survives a pickle."""

from __future__ import annotations

import pickle

import pytest

from labelqueue import errors
from labelqueue.conformance.cases import InvalidCaseError
from labelqueue.conformance.runner import SelectionError
from labelqueue.errors import (
    InvalidInputError,
    InvalidRowsError,
    LabelQueueError,
    NewerSchemaError,
    OutcomeUnknownError,
    RowProblem,
    StoreBusyError,
    StoreFailedError,
    SubjectError,
    UnconfirmedChangeError,
    UnreadableStoreError,
    shown,
)


def problems(count):
    return tuple(RowProblem(n, "confidence", "inf", "is not a finite number") for n in range(count))


ERRORS = {
    "input": (
        InvalidInputError("limit", "-1", "is not an integer of 0 or more", "leave it out for no further limit"),
        "limit=-1 is not an integer of 0 or more; leave it out for no further limit.",
    ),
    "one-row": (
        InvalidRowsError("buckets", problems(1)),
        "buckets row 0: confidence=inf is not a finite number; "
        "nothing was added; mend or drop these rows and call again.",
    ),
    "one-row-twice": (
        InvalidRowsError("buckets", (*problems(1), RowProblem(0, "user_id", "7", "is not text"))),
        "buckets row 0: confidence=inf is not a finite number, user_id=7 is not text; "
        "nothing was added; mend or drop these rows and call again.",
    ),
    "nine-rows": (
        InvalidRowsError("predictions_df", problems(9)),
        "predictions_df row 0: confidence=inf is not a finite number\n"
        "predictions_df row 1: confidence=inf is not a finite number\n"
        "predictions_df row 2: confidence=inf is not a finite number\n"
        "predictions_df row 3: confidence=inf is not a finite number\n"
        "predictions_df row 4: confidence=inf is not a finite number\n"
        "predictions_df row 5: confidence=inf is not a finite number\n"
        "predictions_df row 6: confidence=inf is not a finite number\n"
        "predictions_df row 7: confidence=inf is not a finite number\n"
        "predictions_df row 8: confidence=inf is not a finite number\n"
        "nothing was added; mend or drop these rows and call again.",
    ),
    "many-rows": (
        InvalidRowsError("predictions_df", problems(41)),
        "predictions_df row 0: confidence=inf is not a finite number\n"
        "predictions_df row 1: confidence=inf is not a finite number\n"
        "predictions_df row 2: confidence=inf is not a finite number\n"
        "predictions_df row 3: confidence=inf is not a finite number\n"
        "predictions_df row 4: confidence=inf is not a finite number\n"
        "predictions_df row 5: confidence=inf is not a finite number\n"
        "predictions_df row 6: confidence=inf is not a finite number\n"
        "predictions_df row 7: confidence=inf is not a finite number\n"
        "predictions_df row 8: confidence=inf is not a finite number\n"
        "predictions_df row 9: confidence=inf is not a finite number\n"
        "and 31 more rows\n"
        "nothing was added; mend or drop these rows and call again.",
    ),
    "file": (
        UnreadableStoreError("queue.json", None, None, "is empty, not a JSON array"),
        "queue.json: is empty, not a JSON array; the file was not changed.",
    ),
    "item": (
        UnreadableStoreError("queue.json", 12, None, "is null, not an object"),
        "queue.json item 12: is null, not an object; the file was not changed.",
    ),
    "field": (
        UnreadableStoreError("queue.json", 12, "status", "'done' is not one of them"),
        "queue.json item 12, field 'status': 'done' is not one of them; the file was not changed.",
    ),
    "busy": (
        StoreBusyError("queue.json", "labels/queue.json.lock", 4711, 60.0),
        "queue.json: process 4711 holds the lock labels/queue.json.lock, which was not free for 60 s; "
        "nothing was changed; call again, or end the process that holds it.",
    ),
    "busy-unnamed": (
        StoreBusyError("queue.json", "labels/queue.json.lock", None, 0.5),
        "queue.json: another writer holds the lock labels/queue.json.lock, which was not free for 0.5 s; "
        "nothing was changed; call again, or end the process that holds it.",
    ),
    "unconfirmed": (
        UnconfirmedChangeError("queue.json", 5, "Input/output error"),
        "queue.json: the change took effect, but may not survive a power cut: "
        "Input/output error (errno 5); mend the cause and call again.",
    ),
    "newer-schema": (
        NewerSchemaError("sqlite:///q.db", 9, 1),
        "sqlite:///q.db: its tables have schema version 9, and this release of labelqueue knows version 1; "
        "use the release that made them. Nothing was changed.",
    ),
    "failed": (
        StoreFailedError("sqlite:///q.db", "cannot be written", "disk full", "free some space"),
        "sqlite:///q.db: cannot be written (disk full); nothing was changed; free some space.",
    ),
    "outcome-unknown": (
        OutcomeUnknownError("postgresql://host/q", "connection reset"),
        "postgresql://host/q: the answer to the commit was lost (connection reset); the change may or may not stand, "
        "as a whole; look, or call again: what stands already is not done twice.",
    ),
    "subject": (
        SubjectError("mine:Queue", "cannot be imported: no such module"),
        "mine:Queue: cannot be imported: no such module",
    ),
    "case": (InvalidCaseError("a.json", ".id", "is not text"), "a.json at .id: is not text"),
    "selection": (
        SelectionError("x-*"),
        "--only 'x-*' selects no requirement (such as 'CAP-*') and no case (such as 'cap-limit-*')",
    ),
    "selection of several in one": (
        SelectionError("CAP-1,CAP-2"),
        "--only 'CAP-1,CAP-2' selects no requirement (such as 'CAP-*') and no case (such as 'cap-limit-*'); "
        "for several, repeat --only",
    ),
    "selection of another profile": (
        SelectionError("DUR-*", ["durable"]),
        "--only 'DUR-*' selects nothing of what is examined, but something with --profile durable",
    ),
}


@pytest.mark.parametrize(("error", "text"), ERRORS.values(), ids=list(ERRORS))
def test_the_whole_text(error, text):
    """The message says where, what, which rule and how to mend."""
    assert str(error) == text


@pytest.mark.parametrize("error", [error for error, _ in ERRORS.values()], ids=list(ERRORS))
def test_an_error_survives_a_pickle(error):
    """An error that comes out of another process is equal, with the same data and text."""
    again = pickle.loads(pickle.dumps(error))

    assert again == error
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
    assert hash(again) == hash(error)


def test_every_class_is_asserted():
    """No error class is missing above."""
    classes = {each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, LabelQueueError)}

    assert classes - {type(error) for error, _ in ERRORS.values()} == {LabelQueueError}


def test_the_callers_fault_is_a_value_error():
    """Who catches ValueError catches the caller's mistakes, and neither the store's nor the subject's."""
    caught = {name for name, (error, _) in ERRORS.items() if isinstance(error, ValueError)}

    assert caught == {"input", "one-row", "one-row-twice", "nine-rows", "many-rows"}


def test_errors_of_other_data_differ():
    """Errors compare by class and data."""
    error = UnreadableStoreError("queue.json", 1, None, "is null")

    assert error != UnreadableStoreError("queue.json", 2, None, "is null")
    assert error != SubjectError("queue.json", "is null")


class _Broken:
    def __repr__(self):
        raise RuntimeError("no repr")


@pytest.mark.parametrize(
    ("value", "text"),
    [("a" * 100, "'" + "a" * 78 + "…"), (_Broken(), "<_Broken without a repr>"), ("\ud800", "'\\ud800'")],
)
def test_a_value_is_shown_in_any_case(value, text):
    """A value is its repr, cut at 80 characters; one that has none is named by its class."""
    assert shown(value) == text
