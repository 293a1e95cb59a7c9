"""A real PostgreSQL and a real Redis, started for the tests in a folder of their own and gone afterwards."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import machine


@contextmanager
def postgresql() -> Iterator[str]:
    """The DATABASE_URL of an empty PostgreSQL that listens on a socket in its own folder."""
    programs = machine.postgresql()
    assert programs is not None, "PostgreSQL is not installed; `make setup` says how"
    folder = Path(tempfile.mkdtemp(prefix="chatapp-postgresql-"))
    # PostgreSQL refuses to run as root; its package has made a user for it.
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)

    def run(program: str, *arguments: str) -> None:
        command = [f"{programs}/{program}", *arguments]
        subprocess.run(command, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)

    data = str(folder / "data")
    try:
        run("initdb", "-D", data, "-U", "chat", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-k {folder} -c listen_addresses= -c fsync=off"
        run("pg_ctl", "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
        try:
            yield f"postgres://chat@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def redis() -> Iterator[str]:
    """The REDIS_URL of an empty Redis that listens on a socket in its own folder."""
    program = machine.redis_server()
    assert program is not None, "Redis is not installed; `make setup` says how"
    folder = Path(tempfile.mkdtemp(prefix="chatapp-redis-"))
    socket = folder / "redis.sock"
    command = [program, "--port", "0", "--unixsocket", str(socket), "--dir", str(folder), "--save", ""]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            next(line for line in server.stdout if "eady to accept connections" in line)
            yield f"unix://{socket}"
        finally:
            server.terminate()
            server.stdout.read()
            server.wait(10)
            shutil.rmtree(folder, ignore_errors=True)
