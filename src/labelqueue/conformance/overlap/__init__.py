"""Overlap: several clients on one store at the same time."""

from __future__ import annotations

from labelqueue.conformance.overlap.processes import PROCESS_WAYS, of_processes
from labelqueue.conformance.overlap.run import CONCERNED, Way, overlap
from labelqueue.conformance.overlap.threads import THREAD_WAYS, of_threads

__all__ = ["CONCERNED", "PROCESS_WAYS", "THREAD_WAYS", "Way", "of_processes", "of_threads", "overlap"]
