"""The proxy of the deployment, run natively: its very configuration in front of processes of a test's own."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import machine
from tests.patience import until
from tests.web import free_port

ROOT = Path(__file__).resolve().parent.parent
CONFIGURATION = ROOT / "deploy" / "nginx.conf"


@dataclass
class Proxy:
    """A running nginx; a person may take it for a web process."""

    port: int
    log: Path
    pid: int


@contextmanager
def proxy(*ports: int, beside: str = "", whole: bool = False) -> Iterator[Proxy]:
    """The deployment's own file; only where it listens and writes is another place, and what stands behind it.

    `beside` is what an operator has put into `tls/`. Tests have one process instead of a whole nginx with its workers.
    """
    program = machine.nginx()
    assert program is not None, "nginx is not installed; `make setup` says how"
    folder = Path(tempfile.mkdtemp(prefix="chatapp-nginx-"))
    port = free_port()
    text = CONFIGURATION.read_text()
    for here, there in (("listen 8080 ", f"listen 127.0.0.1:{port} "), ("/tmp/", f"{folder}/"), ("/dev/stdout", "log")):
        assert here in text, f"the configuration says nothing of {here}"
        text = text.replace(here, there)
    (folder / "nginx.conf").write_text(text)
    (folder / "tls").mkdir()
    (folder / "tls" / "listen.conf").write_text(beside)
    servers = (f"server 127.0.0.1:{behind} max_fails=1 fail_timeout=5s;\n" for behind in ports)
    (folder / "webs.conf").write_text("".join(servers))
    # The workers of a whole one are another user's.
    folder.chmod(0o755)
    manner = "daemon off;" if whole else "daemon off; master_process off;"
    command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", manner]
    with (folder / "errors").open("wb") as errors, subprocess.Popen(command, stdout=errors, stderr=errors) as server:
        try:
            until(lambda: _listens(port) or server.poll() is not None, 10, "the proxy")
            assert server.poll() is None, (folder / "errors").read_text()
            yield Proxy(port, folder / "log", server.pid)
        finally:
            if whole:
                server.terminate()
            else:
                server.kill()
            server.wait()
            shutil.rmtree(folder, ignore_errors=True)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
