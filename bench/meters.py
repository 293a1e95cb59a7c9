"""What a process costs, as the kernel counts it."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> Iterator[int]:
    """A process and all that descend from it."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            yield from family(int(child))


def cpu_seconds(pid: int) -> float:
    """Of all its threads and those of its children, the ones that have ended too, in the kernel and outside."""
    ticks = 0
    for member in family(pid):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / _TICKS_PER_SECOND


def memory_kb(pid: int) -> dict[str, int]:
    """Resident, and proportional (what is shared with other processes counted by share); children included."""
    sizes = {"Rss": 0, "Pss": 0}
    for member in family(pid):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for line in Path(f"/proc/{member}/smaps_rollup").read_text().splitlines()[1:]:
                name = line.split(":")[0]
                if name in sizes:
                    sizes[name] += int(line.split()[1])
    return {"rss": sizes["Rss"], "pss": sizes["Pss"]}


def core_seconds(core: int) -> tuple[float, float]:
    """Busy and idle seconds of a core since the machine started, whoever used it."""
    for line in Path("/proc/stat").read_text().splitlines():
        if line.startswith(f"cpu{core} "):
            user, nice, system, idle, waiting, irq, soft, stolen = map(int, line.split()[1:9])
            busy = user + nice + system + irq + soft + stolen
            return busy / _TICKS_PER_SECOND, (idle + waiting) / _TICKS_PER_SECOND
    raise LookupError(f"no core {core}")


class Stretch:
    """CPU spent between two moments by some processes, and how busy each core was, strangers included."""

    def __init__(self, pids: dict[str, int], cores: dict[str, int]) -> None:
        self._pids = pids
        self._cores = cores
        self._cpu = {name: cpu_seconds(pid) for name, pid in pids.items()}
        self._core = {name: core_seconds(core) for name, core in cores.items()}

    def cpu_seconds(self) -> dict[str, float]:
        return {name: cpu_seconds(pid) - self._cpu[name] for name, pid in self._pids.items()}

    def busy(self) -> dict[str, float]:
        shares = {}
        for name, core in self._cores.items():
            busy, idle = core_seconds(core)
            spent, spare = busy - self._core[name][0], idle - self._core[name][1]
            shares[name] = round(spent / max(spent + spare, 0.01), 3)
        return shares
