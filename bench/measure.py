"""Runs a whole process and measures it: wall time, CPU time of it and its children, largest resident set."""

import os
import platform
import subprocess
import time
from dataclasses import dataclass


@dataclass
class Cost:
    wall: float  # seconds
    cpu: float  # seconds, user and system
    memory: int  # bytes, VmHWM of the largest process


def run(command, env=None, log=None):
    """The cost of one run. Raises RuntimeError with the end of its output when it fails."""
    start = time.perf_counter()
    process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               env={**os.environ, **(env or {})})
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if log:
        log.write_text(output, encoding="utf-8")
    if status != 0:
        raise RuntimeError(f"{command[0]} failed:\n" + "\n".join(output.splitlines()[-12:]))
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def median(costs):
    """The run with the median wall time."""
    return sorted(costs, key=lambda c: c.wall)[len(costs) // 2]


def machine():
    """One line that says what was measured on."""
    model = platform.processor() or platform.machine()
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    flags = " ".join(f for f in ("avx2", "avx512f", "amx_tile") if f in open("/proc/cpuinfo", encoding="utf-8").read())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return f"{model}, {os.cpu_count()} cores ({flags}), {memory:.0f} GiB, load {load:.1f} when it began"
