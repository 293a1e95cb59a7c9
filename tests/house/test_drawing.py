"""The README draws the rooms that there are and lists the commands that there are: no more, and no fewer."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
COLUMNS = re.compile(r" {2,}")


def test_every_command_is_listed() -> None:
    commands = {path.stem for path in (ROOT / "chatapp/management/commands").glob("[a-z]*.py")}
    table = README.split("| command of `manage.py` |")[1].split("\n\n")[0]
    assert set(re.findall(r"^\| `([a-z_]+)", table, re.MULTILINE)) == commands


def test_every_room_is_drawn_and_every_drawn_one_is_there() -> None:
    rooms = {path.parent.name for path in (ROOT / "chatapp").glob("*/__init__.py")} - {"migrations"}
    lines = re.findall(r"^    (?:roof|floor \d|outside) .*", README, re.MULTILINE)
    # The first column names the floor, the last one says what it is for.
    drawn = {name for line in lines for column in COLUMNS.split(line)[2:-1] for name in re.findall(r"\w+", column)}
    assert rooms <= drawn
    assert {name for name in drawn if not list((ROOT / "chatapp").glob(f"{name}*"))} == set()
