"""Examine every implementation of the conformance matrix anew: `python tests/examine_implementations.py [NAME...]`.

Run it from the root of a checkout, in an environment with the tests' dependencies.
It writes `conformance/results/NAME.json`, and then the pages that are made of them.
PostgreSQL comes from the wheel of the tests, unless `LABELQUEUE_TEST_POSTGRES_URL`
names a server; taskclf comes from the package index, without what its own
programs need, since the queue needs nothing of that.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import postgres
from labelqueue.conformance.published.implementations import IMPLEMENTATIONS, kept
from labelqueue.conformance.published.pages import main as write_pages
from labelqueue.conformance.reports.report import read_report

RESULTS = Path("conformance/results")
TASKCLF = "taskclf==0.4.15"


@contextlib.contextmanager
def examination(name, scratch):
    """Give what follows `labelqueue conform`, and variables of the environment."""
    if name == "postgresql":
        with postgres_url() as url:
            yield [url], {}
    elif name == "taskclf":
        # It asks for a newer Python than its queue needs.
        options = ["--quiet", "--no-deps", "--ignore-requires-python", "--target", scratch / "taskclf-packages"]
        subprocess.run([sys.executable, "-m", "pip", "install", *options, TASKCLF], check=True)
        yield ["taskclf.labels.queue:ActiveLabelingQueue"], {"PYTHONPATH": str(scratch / "taskclf-packages")}
    else:
        words = {
            "canonical": [],
            "sqlite": ["sqlite:///any.db"],
            "node": ["--", "node", "conformance/adapters/node/adapter.mjs"],
        }
        yield words[name], {}


@contextlib.contextmanager
def postgres_url():
    """Make an empty database, on a server of our own where none is named."""
    server = None
    if postgres.URL_VARIABLE not in os.environ:
        server = postgres.Server(postgres.installed_binaries()[0])
    try:
        with postgres.database(
            os.environ.get(postgres.URL_VARIABLE) or server.url, f"labelqueue_{uuid.uuid4().hex}"
        ) as url:
            yield url
    finally:
        if server is not None:
            server.end()


def examine(name, scratch):
    """Examine an implementation, and keep its report; say what the verdict is."""
    folder = scratch / name
    with examination(name, scratch) as (words, variables):
        command = [sys.executable, "-m", "labelqueue", "conform", "--report", folder, *words]
        subprocess.run(command, check=False, env=os.environ | variables, stdout=subprocess.DEVNULL)
    report = read_report(folder)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(kept(report), encoding="utf-8")
    print(name, report.verdict, flush=True)


def main():
    """Examine those that are named, or all."""
    names = sys.argv[1:] or list(IMPLEMENTATIONS)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        for finished in [pool.submit(examine, name, Path(folder)) for name in names]:
            finished.result()
    write_pages()


if __name__ == "__main__":
    main()
