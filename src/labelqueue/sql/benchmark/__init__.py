"""The benchmark: what the queue on a database costs beside the raw driver, and beside other queues.

`python -m labelqueue.sql.benchmark URL [REQUESTS]` prints a table.  `turns` is how
two are measured in one run, `driver` makes our statements without us, and
`beside_driver` and `writers` compare with it; `other_queues` opens what people
would take instead of SQLite, and `flushes` counts what each of them flushes.
"""

from __future__ import annotations

from labelqueue.sql.benchmark.beside_driver import measure_beside_driver
from labelqueue.sql.benchmark.flushes import Flushes, flushes_of
from labelqueue.sql.benchmark.other_queues import measure_other_queues, settings_of
from labelqueue.sql.benchmark.turns import Figure
from labelqueue.sql.benchmark.writers import Writing, measure_writers

__all__ = [
    "Figure",
    "Flushes",
    "Writing",
    "flushes_of",
    "measure_beside_driver",
    "measure_other_queues",
    "measure_writers",
    "settings_of",
]
