"""What was taken from others is exactly what the manifests say, and nothing else lies beside it."""

import hashlib
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
Entry = dict[str, str]


@pytest.fixture(params=["static/vendor", "tests/vendor"])
def vendor(request: pytest.FixtureRequest) -> Path:
    return ROOT / str(request.param)


@pytest.fixture
def entries(vendor: Path) -> list[Entry]:
    manifest: list[Entry] = json.loads((vendor / "manifest.json").read_text())
    return manifest


def test_every_vendored_file_is_the_published_one(vendor: Path, entries: list[Entry]) -> None:
    for entry in entries:
        assert hashlib.sha256((vendor / entry["file"]).read_bytes()).hexdigest() == entry["sha256"], entry["file"]


def test_every_vendored_file_names_its_version_and_brings_its_licence(vendor: Path, entries: list[Entry]) -> None:
    for entry in entries:
        assert entry["name"]
        assert entry["version"]
        assert entry["licence"]
        assert (vendor / entry["licence_text"]).read_text().strip()


def test_nothing_is_vendored_that_a_manifest_does_not_name(vendor: Path, entries: list[Entry]) -> None:
    named = {"manifest.json"} | {
        value for entry in entries for key, value in entry.items() if key in ("file", "licence_text")
    }
    found = {str(path.relative_to(vendor)) for path in vendor.rglob("*") if path.is_file()}
    assert {name for name in found if "third-party" not in name} == named
