"""A program that works on a queue file together with others, and tells what was acknowledged.

Arguments: the file, the worker's name, how many buckets to enqueue at a time.  Each
line of its output is one thing that the queue acknowledged: the id of a request
that was labeled, or the name of a bucket that was enqueued.
"""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path

from labelqueue import ActiveLabelingQueue


def bucket(user_id, number):
    hour, minute = divmod(number, 60)
    return {
        "user_id": user_id,
        "bucket_start_ts": f"2026-01-{1 + hour // 24:02}T{hour % 24:02}:{minute:02}:00Z",
        "bucket_end_ts": "2026-03-01T00:00:00Z",
    }


def tell(what):
    os.write(1, f"{what}\n".encode())


def work(path, name, rounds):
    queue = ActiveLabelingQueue(path)
    for number in itertools.islice(itertools.count(), rounds):
        if queue.enqueue_drift([bucket(name, number)]):
            tell(f"enqueued {name} {number}")
        mine = [r for r in queue.all_items if r.user_id == name and r.status == "pending"]
        if mine and queue.mark_done(mine[0].request_id):
            tell(f"labeled {mine[0].request_id}")


if __name__ == "__main__":
    work(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]) or None)
