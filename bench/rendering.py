"""What a frame of an answer costs to draw, beside drawing the whole answer anew with every frame.

`python -m bench.rendering` prints a table and writes JSON. Only the CPU time of this process counts. Whoever draws
everything anew has no memory, so each of those frames colours its code again; markdown-it, the usual choice in Python,
gets the same colours, where it is installed.
"""

import json
import os
import platform
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from bench import writing
from chatapp.rendering import Document, Kind, code, render

OUTPUT = Path("var/bench/rendering.json")
ROUNDS = 3
SAMPLES = 20
CASES = (
    *((kind, 20_000, 50) for kind in writing.KINDS),
    *((kind, 20_000, 10) for kind in writing.KINDS),
    ("mixed", 200_000, 50),
)
COLUMNS = (
    ("answer", lambda run: f"{run['kind']} {run['characters'] // 1000} KB"),
    ("frames", lambda run: run["frames"]),
    ("µs/frame", lambda run: f"{run['us_per_frame']:.1f}"),
    ("ms", lambda run: f"{run['ms']:.1f}"),
    ("colours", lambda run: f"{run['colours_ms']:.1f}"),
    ("of whole", lambda run: f"1/{run['times_whole']:.0f}"),
    ("of md-it", lambda run: f"1/{run['times_markdown_it']:.0f}" if run["times_markdown_it"] else "—"),
    ("appended", lambda run: f"{run['only_appended']:.0%}"),
    ("sent/char", lambda run: f"{run['sent_per_character']:.1f}"),
)

Run = dict[str, Any]
Draw = Callable[[str], object]


def measure(kind: str, length: int, size: int) -> Run:
    """One answer in pieces of one size."""
    pieces = list(writing.pieces(writing.answer(kind, length), size))
    ours = min(_seconds(partial(_stream, pieces)) for _ in range(ROUNDS))
    known = min(_seconds(partial(_stream, pieces, forget=False)) for _ in range(ROUNDS))
    whole = _each_frame(pieces, partial(render, key="1"))
    markdown_it = _markdown_it()
    document = Document("1")
    patches = [document.feed(piece) for piece in pieces]
    return {
        "kind": kind,
        "characters": length,
        "frames": len(pieces),
        "us_per_frame": ours / len(pieces) * 1e6,
        "ms": ours * 1e3,
        "colours_ms": (ours - known) * 1e3,
        "times_whole": whole / ours,
        "times_markdown_it": markdown_it and _each_frame(pieces, markdown_it) / ours,
        "only_appended": sum(all(change.kind is Kind.APPEND for change in patch) for patch in patches) / len(patches),
        "sent_per_character": sum(len(change.html) for patch in patches for change in patch) / length,
    }


def _stream(pieces: list[str], forget: bool = True) -> None:
    if forget:
        code.forget()
    document = Document("1")
    for piece in pieces:
        document.feed(piece)


def _each_frame(pieces: list[str], draw: Draw) -> float:
    """The seconds of drawing everything with every frame, reckoned from some of the frames."""
    frames = [round((number + 0.5) * len(pieces) / SAMPLES) for number in range(SAMPLES)]
    seconds = 0.0
    for frame in frames:
        code.forget()
        seconds += _seconds(partial(draw, "".join(pieces[: frame + 1])))
    return seconds * len(pieces) / SAMPLES


def _markdown_it() -> Draw | None:
    try:
        from markdown_it import MarkdownIt  # type: ignore[import-not-found,unused-ignore] # not among our tools
    except ImportError:
        return None
    colours = {"html": False, "highlight": lambda source, language, _: code.colour(language, source)}
    draw: Draw = MarkdownIt("commonmark", colours).enable(["table", "strikethrough"]).render
    return draw


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> int:
    runs = [measure(*case) for case in CASES]
    sys.stdout.write("".join(f"{name:>14}" for name, _ in COLUMNS) + "\n")
    for run in runs:
        sys.stdout.write("".join(f"{read(run)!s:>14}" for _, read in COLUMNS) + "\n")
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    machine = {"cpus": os.cpu_count(), "kernel": platform.release(), "python": platform.python_version()}
    OUTPUT.write_text(json.dumps({"machine": machine, "runs": runs}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
