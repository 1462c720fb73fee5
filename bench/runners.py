"""Processes that are started before the clock, and let go together."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Took:
    """How long the slowest process took, and the most memory that one had."""

    seconds: float
    megabytes: float


def timed(commands, prepare=None, **environment):
    """Let processes prepare, then do `prepare` and let them go on, on the clock.

    Each command says "ready" when it waits for a line, and at its end its memory.
    """
    running = [
        subprocess.Popen(
            [sys.executable, "-m", *command],
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for command in commands
    ]
    for process in running:
        process.stdout.readline()
    start = time.perf_counter()
    if prepare:
        prepare()
    memory = [_last_line(process) for process in _let_go(running)]
    return Took(time.perf_counter() - start, max(memory))


def _let_go(running):
    for process in running:
        process.stdin.write("\n")
        process.stdin.flush()
    return running


def _last_line(process):
    output, _errors = process.communicate()
    if process.returncode:
        raise RuntimeError(f"A process ended with {process.returncode}.")
    return float(output.split()[-1])
