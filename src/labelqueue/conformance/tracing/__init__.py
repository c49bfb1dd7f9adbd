"""Tracing: what a process does with the system, seen from outside, and its state."""
