"""The queue on a database with a fault in how it takes a lost connection; arguments: the fault and the URL."""

from __future__ import annotations

import sys

from labelqueue.conformance.subjects.serve import serve_here
from labelqueue.errors import OutcomeUnknownError, StoreFailedError
from labelqueue.sql.database import Database
from labelqueue.sql.queue import SqlLabelingQueue

commit, mark_done = Database._commit, SqlLabelingQueue.mark_done
LOST = (StoreFailedError, OutcomeUnknownError)


def passes_over(self, request_id, status="labeled"):
    """A call whose connection was lost is taken for one that was made."""
    [known] = [request for request in self.all_items if request.request_id == request_id]
    try:
        return mark_done(self, request_id, status)
    except LOST:
        return known.model_copy(update={"status": status})


def blames_the_caller(self, request_id, status="labeled"):
    """Any failure is told as bad input."""
    try:
        return mark_done(self, request_id, status)
    except LOST as error:
        raise ValueError(str(error)) from error


def is_plain(self, connection):
    """A commit whose answer was lost is a plain failure."""
    try:
        commit(self, connection)
    except OutcomeUnknownError:
        raise StoreFailedError(self.name, "no connection", "the socket", "look at the network") from None


FAULTS = {
    "none": lambda: None,
    "passes-over": lambda: setattr(SqlLabelingQueue, "mark_done", passes_over),
    "is-plain": lambda: setattr(Database, "_commit", is_plain),
    "blames-the-caller": lambda: setattr(SqlLabelingQueue, "mark_done", blames_the_caller),
}

if __name__ == "__main__":
    FAULTS[sys.argv[1]]()
    serve_here(sys.argv[2])
