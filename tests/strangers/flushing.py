"""What strangers do on the disk so that nothing is lost when the power goes."""

from __future__ import annotations

import os


def flush(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write(descriptor, data):
    while data:
        data = data[os.write(descriptor, data) :]
    os.fsync(descriptor)


def make(folder):
    """Make a folder and those above it, and flush their names."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for made in missing:
        flush(made.parent)
