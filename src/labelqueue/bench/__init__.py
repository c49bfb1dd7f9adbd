"""The benchmark: any subjects side by side, in one run, by the same measuring stick.

`labelqueue bench SUBJECT…` on the command line; from a program:
`measure([bench_subject("package.module:Name")])`.  The subjects take turns, call by
call, so that all of them see the same machine; what is compared is the median.
"""

from __future__ import annotations

from labelqueue.bench.figures import Figure, Measurement
from labelqueue.bench.measuring import measure
from labelqueue.bench.subject import BenchSubject, bench_subject

__all__ = ["BenchSubject", "Figure", "Measurement", "bench_subject", "measure"]
