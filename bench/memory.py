"""How much memory a process took at its peak."""

from pathlib import Path


def peak_megabytes():
    """The peak of this process's resident memory; not of what it was forked from."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise OSError("The system does not tell the peak of a process's memory.")
