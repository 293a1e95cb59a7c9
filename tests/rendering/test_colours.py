"""Every colour of code can be read in both themes."""

import re
from pathlib import Path

import pytest

from chatapp.rendering import code

CSS = Path(__file__).resolve().parents[2] / "static" / "css"
READABLE = 4.5


def pairs(sheet: str, pattern: str) -> dict[str, tuple[str, str]]:
    """The light and the dark colour of each thing that a style sheet names."""
    text = (CSS / sheet).read_text()
    found = re.findall(pattern + r"\s*light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", text)
    return {name: (light, dark) for name, light, dark in found}


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


COLOURS = pairs("highlight.css", r"\.code \.([a-z]) \{ color:")


def test_every_class_of_code_has_a_colour_and_no_other_has() -> None:
    assert set(COLOURS) == set(code.CLASSES.values())


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("name", sorted(COLOURS))
def test_a_colour_of_code_can_be_read(name: str, theme: int) -> None:
    well = pairs("tokens.css", r"--(well):")["well"]
    assert contrast(COLOURS[name][theme], well[theme]) >= READABLE
