"""Any calls at all: the queue does what the kit's naive model of a queue does, and its indexes stay true."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from unittest.mock import patch

import pandas as pd
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from beside_the_model import BesideTheModel, buckets
from invariants import check_invariants
from labelqueue import ActiveLabelingQueue


class OnAFile(BesideTheModel):
    """The queue on a file, which another program rewrites now and then."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "queue.json"

    def teardown(self):
        self.folder.cleanup()

    def opened_anew(self):
        return ActiveLabelingQueue(self.path, self.cap)

    @rule(rows=st.lists(buckets(), max_size=8), threshold=st.sampled_from([0.0, 0.3, 0.55, 1e300]), plain=st.booleans())
    def enqueue_low_confidence(self, rows, threshold, plain):
        # Columns of objects are read row by row, others as a whole.
        frame = pd.DataFrame(rows, dtype=None if plain else object)
        # Unknown is below every threshold (IN-4), which the model does not know.
        low = [row for row in rows if row["confidence"] is None or row["confidence"] < threshold]
        ours, expected = self.on_both(
            lambda queue: queue.enqueue_low_confidence(frame, threshold),
            lambda model: model.enqueue(low, "low_confidence"),
        )
        assert ours == expected

    @rule()
    def write_it_otherwise(self):
        if self.path.exists():
            self.path.write_text(json.dumps(json.loads(self.path.read_bytes()), ensure_ascii=False), encoding="utf-8")

    @invariant()
    def hold_true_indexes(self):
        check_invariants(self.queue._view.ledger)


def test_any_calls_do_what_the_model_does():
    """Returned values and what is stored are equal after every call, however small the chunks, and indexes true."""
    with patch("labelqueue.chunks._LENGTH", 3), patch("labelqueue.chunks._SIZE", 700):
        run_state_machine_as_test(OnAFile, settings=settings(max_examples=60, stateful_step_count=25, deadline=None))
