"""`python -m chatapp.simulator`: the simulated Claude on its own."""

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from chatapp.simulator import answers
from chatapp.simulator.server import Options, serve


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, required=True, help="where to listen; 0 picks a free port")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: 127.0.0.1)")
    parser.add_argument("--seed", type=int, default=0, help="another seed, other answers (default: 0)")
    parser.add_argument(
        "--speed", type=float, default=answers.USUAL_PACE, metavar="TOKENS_PER_SECOND",
        help="how fast it writes (default: %(default)g; 0: as fast as it is read)",
    )  # fmt: skip
    parser.add_argument("--journal", type=Path, metavar="FILE", help="append every finished request as a JSON line")
    parser.add_argument("--parent", type=int, metavar="PID", help="end when this process is gone (Linux)")
    parser.add_argument(
        "--clock", type=float, default=0.0, metavar="SECONDS", help="how far its clock is ahead (default: 0)"
    )
    parser.add_argument("--json", action="store_true", dest="as_json", help="JSON lines instead of sentences")


def run(options: Mapping[str, Any]) -> None:
    """Serves as the parsed arguments say, whoever parsed them."""
    asyncio.run(serve(Options(**{field.name: options[field.name] for field in fields(Options)})))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="simulator", description="A simulated Claude on a real port.")
    add_arguments(parser)
    run(vars(parser.parse_args(arguments)))


if __name__ == "__main__":
    main()
