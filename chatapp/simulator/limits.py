"""The rate-limit headers: buckets that empty with use and fill again within a minute. Nothing is ever refused."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

REFILL_SECONDS = 60.0
MAX_BUCKETS = 4_096
SIZES = {"requests": 10_000, "input-tokens": 10_000_000, "output-tokens": 2_000_000}
FABLE_SIZES = {"requests": 4_000, "input-tokens": 4_000_000, "output-tokens": 800_000}


@dataclass(slots=True)
class Bucket:
    size: int
    used: float = 0.0
    seen: float = 0.0

    def take(self, amount: float, now: float) -> None:
        self.used = min(float(self.size), max(0.0, self.used - (now - self.seen) * self.size / REFILL_SECONDS) + amount)
        self.seen = now

    @property
    def left(self) -> int:
        return int(self.size - self.used)

    @property
    def seconds_to_full(self) -> float:
        return self.used / self.size * REFILL_SECONDS


class Limits:
    """One set of buckets for each workspace and class of models."""

    def __init__(self) -> None:
        self.sets: dict[tuple[str, str], dict[str, Bucket]] = {}

    def take(self, workspace: str, line: str, now: float, **amounts: int) -> dict[str, Bucket]:
        key = (workspace, line)
        if key not in self.sets:
            if len(self.sets) >= MAX_BUCKETS:
                self.sets.clear()
            sizes = FABLE_SIZES if line in ("fable", "mythos") else SIZES
            self.sets[key] = {name: Bucket(size, seen=now) for name, size in sizes.items()}
        buckets = self.sets[key]
        for name, bucket in buckets.items():
            bucket.take(amounts.get(name.replace("-", "_"), 0), now)
        return buckets


def headers(buckets: dict[str, Bucket]) -> dict[str, str]:
    clock = datetime.now(UTC)
    lines: dict[str, str] = {}
    for name, bucket in buckets.items():
        reset = (clock + timedelta(seconds=bucket.seconds_to_full)).strftime("%Y-%m-%dT%H:%M:%SZ")
        left = bucket.left if name == "requests" else round(bucket.left, -3)
        lines |= described(name, bucket.size, left, reset)
    tightest = min((buckets["input-tokens"], buckets["output-tokens"]), key=lambda bucket: bucket.left)
    reset = lines["anthropic-ratelimit-input-tokens-reset"]
    return lines | described("tokens", tightest.size, round(tightest.left, -3), reset)


def described(name: str, size: int, left: int, reset: str) -> dict[str, str]:
    start = f"anthropic-ratelimit-{name}"
    return {f"{start}-limit": str(size), f"{start}-remaining": str(left), f"{start}-reset": reset}
