"""What a token costs on its way in: the SDK as it comes, our transport, and our transport with paced looks.

`python -m bench.transport` plays each side in a process of its own, several times in turn, and prints medians.
"""

import argparse
import asyncio
import json
import os
import statistics
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from bench import servers, stamps

SIDES: Final = ("sdk", "unpaced", "paced")
REPETITIONS: Final = 3
WARM_UP_SECONDS: Final = 3.0
_KEPT: Final = ("PATH", "HOME", "LANG", "PYTHONPATH")


class Tally:
    """Tokens heard and how late they were, within the time that counts."""

    def __init__(self) -> None:
        self.counting = False
        self.tokens = 0
        self.batches = 0
        self.lags: list[float] = []

    def hear(self, text: str) -> None:
        if not self.counting:
            return
        words = stamps.WORD.findall(text.encode())
        self.tokens += len(words)
        self.batches += 1
        if words:
            self.lags.append(stamps.apart(stamps.read(words[0]), stamps.now()) * stamps.TICK_NS / 1e6)


Answer = Callable[[], AsyncIterator[str]]


def sdk_answers() -> Answer:
    import anthropic

    client = anthropic.AsyncAnthropic(max_retries=0)

    async def answer() -> AsyncIterator[str]:
        stream = await client.messages.create(
            model="claude-sonnet-5-5",
            max_tokens=4096,
            messages=[{"role": "user", "content": "Tell me."}],
            stream=True,
        )
        async for event in stream:
            if event.type == "content_block_delta" and event.delta.type == "text_delta":
                yield event.delta.text

    return answer


def our_answers(paced: bool) -> Answer:
    from django.conf import settings

    settings.configure(
        ANTHROPIC_API_KEY=os.environ["ANTHROPIC_API_KEY"],
        ANTHROPIC_BASE_URL=os.environ["ANTHROPIC_BASE_URL"],
    )
    from chatapp.claude import gateway, transport

    if not paced:
        transport.Body.paced = property(lambda body: False, lambda body, wanted: None)  # type: ignore[assignment]

    ask = gateway.Ask("claude-sonnet-5-5", ({"role": "user", "content": "Tell me."},), 4096)
    patience = gateway.Deadlines(connect=60, first_event=60, first_word=60, silence=60, answer=600)

    async def answer() -> AsyncIterator[str]:
        async for batch in gateway.open(ask, patience):
            yield batch.text

    return answer


async def play(side: str, streams: int, seconds: float) -> dict[str, Any]:
    answer = sdk_answers() if side == "sdk" else our_answers(side == "paced")
    tally = Tally()

    async def listen(place: int) -> None:
        # People do not ask all at the same instant.
        await asyncio.sleep(place / streams * WARM_UP_SECONDS)
        while True:
            async for text in answer():
                tally.hear(text)

    listeners = [asyncio.create_task(listen(place)) for place in range(streams)]
    await asyncio.sleep(WARM_UP_SECONDS + 1)
    tally.counting, cpu, began = True, time.process_time(), time.monotonic()
    await asyncio.sleep(seconds)
    spent, lasted = time.process_time() - cpu, time.monotonic() - began
    for listener in listeners:
        listener.cancel()
    await asyncio.gather(*listeners, return_exceptions=True)
    cuts = statistics.quantiles(tally.lags, n=100)
    return {
        "side": side,
        "us_per_token": spent / tally.tokens * 1e6,
        "tokens_per_second": tally.tokens / lasted,
        "tokens_per_batch": tally.tokens / tally.batches,
        "lag_p50_ms": cuts[49],
        "lag_p99_ms": cuts[98],
    }


def compare(streams: int, seconds: float) -> list[dict[str, Any]]:
    """The middle one of several rounds for each side, the sides in turn."""
    servers.ROOT.joinpath("var", "bench").mkdir(parents=True, exist_ok=True)
    port, cores = servers.free_port(), servers.cores()
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment = kept | {
        "ANTHROPIC_API_KEY": "bench",
        "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{port}",
    }
    rounds: list[dict[str, Any]] = []
    with servers.serving(
        "-m",
        "bench.stand_in",
        "--port",
        str(port),
        environment=environment,
        core=cores["rest"],
        port=port,
        log=servers.ROOT / "var" / "bench" / "stand-in.log",
    ):
        for _ in range(REPETITIONS):
            for side in SIDES:
                arguments = ("--side", side, "--streams", str(streams), "--seconds", str(seconds))
                printed = servers.python(
                    "-m", "bench.transport", *arguments, environment=environment, core=cores["server"]
                )
                rounds.append(json.loads(printed))
    return [_middle([one for one in rounds if one["side"] == side]) for side in SIDES]


def _middle(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    return sorted(rounds, key=lambda one: float(one["us_per_token"]))[len(rounds) // 2]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--side", choices=SIDES)
    options.add_argument("--streams", type=int, default=50)
    options.add_argument("--seconds", type=float, default=8.0)
    chosen = options.parse_args()
    if chosen.side:
        print(json.dumps(asyncio.run(play(chosen.side, chosen.streams, chosen.seconds))))
        return
    for figures in compare(chosen.streams, chosen.seconds):
        print(
            "{side:8} {us_per_token:6.1f} µs a token  {tokens_per_second:8.0f} tokens/s  "
            "{tokens_per_batch:4.1f} tokens a batch  lag {lag_p50_ms:5.1f} ms, p99 {lag_p99_ms:5.1f} ms".format(
                **figures
            )
        )


if __name__ == "__main__":
    main()
