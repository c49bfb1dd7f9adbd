"""Overlap: several clients on one store at the same time."""

from __future__ import annotations

from labelqueue.conformance.overlap.run import CONCERNED, histories, overlap

__all__ = ["CONCERNED", "histories", "overlap"]
