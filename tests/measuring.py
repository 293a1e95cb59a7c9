"""What a web process says of itself at /metrics, read as Prometheus would."""

from __future__ import annotations

import re
import urllib.request

from tests.web import Web

_LINE = re.compile(r"([a-z_]+)(?:\{(.*)\})? (\S+)")
_LABEL = re.compile(r'([a-z]+)="((?:[^"\\]|\\.)*)"')


class Scrape(dict[tuple[str, ...], float]):
    """Values by the measure's name and those of its labels."""

    def of(self, measure: str) -> dict[tuple[str, ...], float]:
        return {labels: value for (name, *found), value in self.items() if name == measure for labels in [tuple(found)]}


def scrape(web: Web) -> Scrape:
    with urllib.request.urlopen(f"http://127.0.0.1:{web.port}/metrics", timeout=20) as answer:
        return read(answer.read().decode())


def read(text: str) -> Scrape:
    found = Scrape()
    for line in text.splitlines():
        if not line.startswith("#"):
            matched = _LINE.fullmatch(line)
            assert matched, f"Prometheus could not read {line!r}"
            key = (matched[1], *(value for _, value in _LABEL.findall(matched[2] or "")))
            assert key not in found, f"{key} is told twice"
            found[key] = float(matched[3])
    return found
