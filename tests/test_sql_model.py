"""Any calls at all: the queue on a database does what the kit's model of a queue does."""

from __future__ import annotations

import uuid

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from beside_the_model import BesideTheModel
from labelqueue.sql import SqlLabelingQueue


class OnADatabase(BesideTheModel):
    """A queue of a name of its own, in one database for all."""

    url = ""

    def __init__(self):
        super().__init__()
        self.name = str(uuid.uuid4())

    def opened_anew(self):
        return SqlLabelingQueue(self.url, self.cap, name=self.name)


def test_any_calls_do_what_the_model_does(url):
    """Returned values and what is stored are equal after every call: values to the bit, order, and budget by day."""
    machine = type("OnThisDatabase", (OnADatabase,), {"url": url})

    run_state_machine_as_test(machine, settings=settings(max_examples=25, stateful_step_count=20, deadline=None))
