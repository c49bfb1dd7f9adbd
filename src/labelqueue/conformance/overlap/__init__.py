"""Overlap: several clients on one store at the same time."""

from __future__ import annotations

from labelqueue.conformance.overlap.run import CONCERNED, Way, of_processes, of_threads, overlap

__all__ = ["CONCERNED", "Way", "of_processes", "of_threads", "overlap"]
