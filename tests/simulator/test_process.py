"""The simulation as a process: how it starts, what it says, and when it ends."""

import json
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulator.talk import ask
from tests.stand_in import ROOT, standing_in

MANAGED = [sys.executable, "manage.py", "simulator"]
ALONE = [sys.executable, "-m", "chatapp.simulator"]


@pytest.mark.parametrize("command", [MANAGED, ALONE])
def test_one_line_says_where_it_listens_and_a_signal_ends_it_at_once(command: list[str]) -> None:
    with subprocess.Popen([*command, "--port", "0"], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("simulated Claude listening on http://127.0.0.1:")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=2) == 0


def test_it_is_ready_within_a_second_of_a_processors_time() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with standing_in():
        pass
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1


def test_a_signal_ends_it_while_answers_run_and_the_journal_file_says_so(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    with standing_in("--journal", str(file), speed=10) as claude:
        claude.plan_fault("silence_after_headers")
        assert ask(claude, "hello", patience=0.2).error
        claude.settled_journal()
        claude.clear()
        with subprocess.Popen(
            ["curl", "-sN", f"{claude.url}/v1/messages", "-H", "x-api-key: k", "-H", "anthropic-version: 1", "-d",
             json.dumps({"model": "claude-haiku-5-5", "max_tokens": 900, "stream": True,
                         "messages": [{"role": "user", "content": "[[tokens:900]]"}]})],
            stdout=subprocess.PIPE,
        ) as reader:  # fmt: skip
            assert reader.stdout is not None
            assert reader.stdout.readline() == b"event: message_start\n"
            claude.process.terminate()
            assert claude.process.wait(timeout=2) == 0
    entries = [json.loads(line) for line in file.read_text().splitlines()]
    assert [entry["ended"] for entry in entries] == ["client went away", "simulator stopped"]


def test_it_does_not_outlive_the_process_that_wanted_it() -> None:
    parent = "import subprocess, sys, os; subprocess.Popen([*sys.argv[1:], '--parent', str(os.getpid())])"
    command = [sys.executable, "-c", parent, *ALONE, "--port", "0", "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["event"] == "ready"
        # The pipe ends when the last one who could write to it is gone.
        assert process.stdout.read() == ""


def test_importing_it_brings_neither_django_nor_anything_else_of_ours() -> None:
    program = (
        "import sys, chatapp.simulator.__main__;"
        "print([name for name in sys.modules if name.split('.')[0] in ('django', 'anthropic', 'channels')"
        " or name.startswith('chatapp.') and not name.startswith('chatapp.simulator')])"
    )
    assert subprocess.check_output([sys.executable, "-c", program], cwd=ROOT, text=True).strip() == "[]"
