"""What a variable may hold: each function makes a value of a text, or says in a ValueError what it must be."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/-]{0,127}")
HOST_NAME = re.compile(r"\*|\.?[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")
LEAST_TOKEN_LETTERS = 16


def folder(text: str) -> str:
    if "\x00" in text or not Path(text).is_absolute():
        raise ValueError("must be a folder's whole path, from the root")
    if Path(text).exists() and not Path(text).is_dir():
        raise ValueError("must be a folder")
    return text


def switch(text: str) -> bool:
    switches = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False}
    switches["off"] = False
    if text.lower() not in switches:
        raise ValueError("must be 1 or 0")
    return switches[text.lower()]


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", text) or not lowest <= int(text) <= highest:
            raise ValueError(f"must be a whole number from {lowest} to {highest}")
        return int(text)

    return parse


def seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]+)?", text) or not 0 < float(text) <= 86_400:
        raise ValueError("must be a number of seconds, more than 0 and at most 86400")
    return float(text)


def seconds_or_none(text: str) -> float:
    return 0.0 if re.fullmatch(r"0(\.0+)?", text) else seconds(text)


def lease(text: str) -> float:
    # Shorter, and a busy process loses its own turns; longer, and a restart leaves them open for more than 30 s.
    found = seconds(text)
    if not 1 <= found <= 20:
        raise ValueError("must be a number of seconds from 1 to 20")
    return found


def one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError(f"must be one of: {', '.join(choices)}")
        return text.lower()

    return parse


def url(*schemes: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        meaning = f"must be a URL that begins with {' or '.join(f'{scheme}:' for scheme in schemes)}"
        try:
            parts = urlsplit(text)
            _ = parts.port
        except ValueError:
            raise ValueError(meaning) from None
        has_target = parts.path if parts.scheme in ("sqlite", "unix") else parts.hostname or parts.query
        if parts.scheme not in schemes or not has_target or re.search(r"\s", text):
            raise ValueError(meaning)
        return text

    return parse


def header_value(text: str) -> str:
    if not re.fullmatch(r"[\x21-\x7e]+", text):
        raise ValueError("must be printable ASCII without spaces")
    return text


def token(text: str) -> str:
    if len(header_value(text)) < LEAST_TOKEN_LETTERS:
        raise ValueError(f"must be at least {LEAST_TOKEN_LETTERS} characters")
    return text


def secret(text: str) -> str:
    if len(text) < 32 or len(set(text)) < 5:
        raise ValueError("must be at least 32 characters of real randomness")
    return text


def model(text: str) -> str:
    if not MODEL_NAME.fullmatch(text):
        raise ValueError("must be the name of a model, like claude-sonnet-5-5")
    return text


def model_or_none(text: str) -> str:
    return "" if text.lower() in ("none", "off", "0") else model(text)


def hosts(text: str) -> tuple[str, ...]:
    hosts = items(text)
    if not all(HOST_NAME.fullmatch(host) for host in hosts):
        raise ValueError("must be host names without scheme or port, separated by commas")
    return hosts


def origins(text: str) -> tuple[str, ...]:
    origins = items(text)
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query:
            raise ValueError("must be origins like https://chat.example.org, separated by commas")
    return origins


def items(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(",") if item.strip())
