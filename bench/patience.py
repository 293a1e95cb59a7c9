"""How long after a deadline has passed its sentence is on the page, beside a Claude that says nothing.

`python -m bench.patience` asks from many pages at once. The clock starts when the question is sent, so accepting it
counts, too; it stops when the frame with the end has come.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import urllib.parse
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

from websockets.asyncio.client import connect

from bench import report, servers, stage
from bench.report import Verdict

PAGES: Final = 40
ROUNDS: Final = 8
DEADLINE_SECONDS: Final = 1.0
BOUND_MS: Final = 300.0
_TOKEN: Final = "b" * 32
# Nothing else is tried: the sentence is all that is left.
_ONE_TRY: Final = {
    "CHATAPP_DEADLINE_FIRST_EVENT": str(DEADLINE_SECONDS),
    "CHATAPP_RETRIES": "0",
    "CHATAPP_STAND_IN": "none",
    "CHATAPP_BREAKER": "0",
}


@dataclass(frozen=True, slots=True)
class Site:
    port: int
    cookies: tuple[str, ...]


@contextmanager
def raised(claude_port: int) -> Iterator[Site]:
    """The product on a fresh database, with people who are signed in."""
    stage.RESULTS.mkdir(parents=True, exist_ok=True)
    cores = servers.cores()
    with tempfile.TemporaryDirectory(dir=stage.RESULTS, prefix="room-") as name:
        environment = stage.environment(Path(name), claude_port) | _ONE_TRY
        servers.python("manage.py", "migrate", "--verbosity", "0", environment=environment, core=cores["rest"])
        told = json.loads(
            servers.python("-m", "bench.people", "--count", str(PAGES), environment=environment, core=cores["rest"])
        )
        port = servers.free_port()
        daphne = ("-m", "daphne", "--verbosity", "0", "-b", "127.0.0.1", "-p", str(port), "chatapp.asgi:application")
        log = stage.RESULTS / "patience.log"
        with servers.serving(*daphne, environment=environment, core=cores["server"], port=port, log=log):
            names = (told["session_cookie"], told["csrf_cookie"])
            yield Site(port, tuple(f"{names[0]}={one}; {names[1]}={_TOKEN}" for one in told["sessions"]))


async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A Claude that takes a request and is never heard of again."""
    while await reader.read(65536):
        pass
    writer.close()


async def page(site: Site, cookies: str) -> list[float]:
    """Ask again and again; how late each sentence was, in milliseconds."""
    loop = asyncio.get_running_loop()
    first = await asyncio.to_thread(_post, site, cookies, "/c/")
    conversation = first["conversation"]
    late = []
    async with connect(
        f"ws://127.0.0.1:{site.port}/ws/c/{conversation}/",
        additional_headers={"Cookie": cookies},
        origin=f"http://127.0.0.1:{site.port}",  # type: ignore[arg-type]  # a plain string is one
        compression=None,
        max_size=None,
    ) as socket:
        await _hears_the_end(socket, first["turn"])
        for _ in range(ROUNDS):
            began = loop.time()
            asked = await asyncio.to_thread(_post, site, cookies, f"/c/{conversation}/turns/")
            await _hears_the_end(socket, asked["turn"])
            late.append((loop.time() - began - DEADLINE_SECONDS) * 1000)
    return late


async def _hears_the_end(socket: Any, turn: int) -> None:
    end = f'data-turn="{turn}" data-state="failed"'.encode()
    async with asyncio.timeout(30):
        while end not in await socket.recv(decode=False):
            pass


def _post(site: Site, cookies: str, path: str) -> dict[str, Any]:
    form = urllib.parse.urlencode({"question": "Is anybody there?", "ask_id": str(uuid.uuid4())})
    headers = {
        "Cookie": cookies,
        "X-CSRFToken": _TOKEN,
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    connection = HTTPConnection("127.0.0.1", site.port, timeout=30)
    connection.request("POST", path, form, headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    if response.status != 200:
        raise RuntimeError(f"asking answered {response.status}: {body[:300]!r}")
    told: dict[str, Any] = json.loads(body)
    return told


async def play() -> list[float]:
    silent = await asyncio.start_server(says_nothing, "127.0.0.1", 0)
    with raised(silent.sockets[0].getsockname()[1]) as site:
        late = [one for lates in await asyncio.gather(*(page(site, one) for one in site.cookies)) for one in lates]
    silent.close()
    return late


def main() -> int:
    try:
        late = sorted(asyncio.run(play()))
    except servers.NotStarted as failure:
        report.say(str(failure))
        return 2
    p99 = late[int(len(late) * 0.99) - 1]
    middle = statistics.median(late)
    report.say(
        f"  {len(late)} sentences on {PAGES} pages: p50 {middle:.1f} ms, p99 {p99:.1f} ms, last {late[-1]:.1f} ms"
    )
    verdicts = [Verdict("from a deadline to its sentence, p99", p99, BOUND_MS, "ms")]
    for verdict in verdicts:
        report.say(verdict.line())
    report.keep(stage.RESULTS / "patience.json", [{"late_ms": late}], {}, verdicts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
