"""A real PostgreSQL and a real Redis, started for the tests in a folder of their own and gone afterwards."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from redis import Redis

from tests import machine


class PostgreSQLServer:
    """A PostgreSQL on a socket in a folder of its own, which a test may stop, or let crash, and start again."""

    def __init__(self, folder: Path) -> None:
        programs = machine.postgresql()
        assert programs is not None, "PostgreSQL is not installed; `make setup` says how"
        self._folder, self._programs = folder, programs
        # PostgreSQL refuses to run as root; its package has made a user for it.
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user:
            os.chown(folder, pwd.getpwnam(self._user).pw_uid, -1)
        self.url = f"postgres://chat@/postgres?host={folder}"
        if not Path(self._data).exists():
            self._run("initdb", "-D", self._data, "-U", "chat", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.start()

    def start(self) -> None:
        # Several products at a time, each with pools of its own.
        options = f"-k {self._folder} -c listen_addresses= -c fsync=off -c max_connections=400"
        self._run("pg_ctl", "-D", self._data, "-o", options, "-l", str(self._folder / "log"), "-w", "start")

    def stop(self, mode: str = "immediate") -> None:
        """`fast` says goodbye to everybody; `immediate` is a crash, but for the files."""
        self._run("pg_ctl", "-D", self._data, "-m", mode, "-w", "stop")

    def close(self) -> None:
        command = [f"{self._programs}/pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop"]
        subprocess.run(command, user=self._user, cwd=self._folder, check=False, capture_output=True)

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _run(self, program: str, *arguments: str) -> None:
        command = [f"{self._programs}/{program}", *arguments]
        subprocess.run(command, user=self._user, cwd=self._folder, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def postgresql_server() -> Iterator[PostgreSQLServer]:
    folder = Path(tempfile.mkdtemp(prefix="chatapp-postgresql-"))
    try:
        with closing(PostgreSQLServer(folder)) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgresql(kept: Path | None = None) -> Iterator[str]:
    """The DATABASE_URL of an empty PostgreSQL that listens on a socket in its own folder; one in a folder that is kept
    has what was left there.
    """
    if kept is None:
        with postgresql_server() as server:
            yield server.url
        return
    kept.mkdir(exist_ok=True)
    server = PostgreSQLServer(kept)
    try:
        yield server.url
    finally:
        server.stop("fast")


class RedisServer:
    """A Redis on a socket in a folder of its own, which a test may kill, freeze, empty and start again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self.start()

    def start(self) -> None:
        program = machine.redis_server()
        assert program is not None, "Redis is not installed; `make setup` says how"
        options = ["--save", "", "--appendonly", "no", "--databases", "1000"]
        command = [program, "--port", "0", "--unixsocket", str(self.socket), "--dir", str(self._folder), *options]
        self._server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._server.stdout is not None
        next(line for line in self._server.stdout if "eady to accept connections" in line)

    def flush(self) -> None:
        with self.client() as client:
            client.flushall()

    def client(self) -> Redis:
        return Redis.from_url(self.url)

    def freeze(self) -> None:
        self._server.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._server.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self._server.kill()
        self._end()

    def close(self) -> None:
        if self._server.poll() is None:
            self._server.terminate()
            self.thaw()
            self._end()

    def _end(self) -> None:
        assert self._server.stdout is not None
        self._server.stdout.read()
        self._server.wait(10)
        self._server.stdout.close()


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    folder = Path(tempfile.mkdtemp(prefix="chatapp-redis-"))
    try:
        with closing(RedisServer(folder)) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def redis() -> Iterator[str]:
    """The REDIS_URL of an empty Redis that listens on a socket in its own folder."""
    with redis_server() as server:
        yield server.url


@contextmanager
def large() -> Iterator[dict[str, str]]:
    """What a site of several processes has, as the environment says it."""
    with postgresql() as database, redis() as messenger:
        yield {"DATABASE_URL": database, "REDIS_URL": messenger}
