"""A store is many processes, and those that have come and gone count, too."""

import subprocess

from bench import meters

BURN = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done"


def test_what_a_process_costs_includes_its_children_and_those_that_have_ended() -> None:
    # A child that has ended, and one that is still there.
    script = f"sh -c '{BURN}'; sleep 600 & echo $!; read line; kill $!"
    with subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert list(meters.family(parent.pid)) == [parent.pid, child]
        assert meters.cpu_seconds(parent.pid) > 10 * meters.cpu_seconds(child)
        both = meters.memory_kb(parent.pid)["rss"]
        assert both > meters.memory_kb(child)["rss"] > 0
        parent.communicate("go")
