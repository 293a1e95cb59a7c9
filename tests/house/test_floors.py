"""Imports only fall, neighbours do not meet, and the simulated Claude knows nobody."""

import ast
from functools import cache
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]

# The drawing of the README, from the ground up. Commands stand above the other doors: each opens one of them.
FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"telemetry", "storage", "environment", "databases", "secret"}),
    frozenset({"context", "claude", "money", "rendering", "files"}),
    frozenset({"turns"}),
    frozenset({"pages", "live", "review", "nightly"}),
    frozenset({"management"}),
    frozenset({"settings", "urls", "asgi", "onethread", "loop", "admin", "models", "apps"}),
)
OUTSIDE = frozenset({"simulator", "migrations"})
MAY_START_THE_SIMULATOR = "chatapp.management.commands.simulator"
WORDLESS_NAMES = {
    "utils",
    "util",
    "helpers",
    "helper",
    "managers",
    "manager",
    "services",
    "common",
    "misc",
    "base",
}
MOST_LINES = 250


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("chatapp", cache_dir=None)


def room_of(module: str) -> str:
    return module.split(".")[1]


def floor_of(module: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room_of(module) in rooms)


def modules() -> list[str]:
    return sorted(module for module in graph().modules if "." in module)


def imports() -> list[tuple[str, str]]:
    inside = [module for module in modules() if room_of(module) not in OUTSIDE]
    return [
        (importer, imported)
        for importer in inside
        for imported in sorted(graph().find_modules_directly_imported_by(importer))
        if "." in imported
    ]


def test_every_room_stands_on_a_floor_of_the_drawing() -> None:
    known = OUTSIDE.union(*FLOORS)
    assert sorted({room_of(module) for module in modules()} - known) == []


def test_imports_only_fall_and_neighbours_do_not_meet() -> None:
    wrong = [
        f"{importer} imports {imported}"
        for importer, imported in imports()
        if room_of(imported) not in OUTSIDE
        and room_of(importer) != room_of(imported)
        and floor_of(importer) < len(FLOORS) - 1
        and floor_of(imported) >= floor_of(importer)
    ]
    assert wrong == []


def test_the_simulated_claude_imports_nothing_of_ours_and_only_its_command_imports_it() -> None:
    simulator = [module for module in modules() if room_of(module) == "simulator"]
    outward = [
        f"{module} imports {imported}"
        for module in simulator
        for imported in graph().find_modules_directly_imported_by(module)
        if imported not in simulator
    ]
    inward = [
        f"{importer} imports {imported}"
        for importer, imported in imports()
        if imported in simulator and importer != MAY_START_THE_SIMULATOR
    ]
    assert outward + inward == []


@pytest.mark.parametrize("folder", ["chatapp", "tests", "bench"])
def test_a_file_has_one_subject(folder: str) -> None:
    files = [path for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts]
    long = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in files}
    assert {path: lines for path, lines in long.items() if lines > MOST_LINES} == {}


def test_a_name_says_what_is_inside() -> None:
    assert [module for module in modules() if module.rsplit(".", 1)[1] in WORDLESS_NAMES] == []


def test_every_module_opens_with_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "chatapp").rglob("*.py")
        if "migrations" not in path.parts and ast.get_docstring(ast.parse(path.read_text())) is None
    ]
    assert silent == []
