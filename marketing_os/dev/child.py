"""A long-lived program that we start, watch and end."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from marketing_os.dev.errors import LauncherError
from marketing_os.dev.os_user import OsUser, as_user
from marketing_os.dev.places import lock

PR_SET_PDEATHSIG = 1  # prctl(2)
LOG_LIMIT = 10 * 1024 * 1024


class Child:
    """One program in a session of its own.

    All its processes inherit a lock on `NAME.lock`, which holds the number of the
    first of them. While the lock is held that number is theirs, so an orphan of a
    killed launcher is known for certain and can be ended without hitting a stranger.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        run: Path,
        log: Path,
        stop_signal: signal.Signals = signal.SIGTERM,
        patience: float = 20,
        user: OsUser | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path = Path("/"),
        keep: Sequence[int] = (),
    ) -> None:
        self.name, self.command, self.log = name, list(command), log / f"{name}.log"
        self.stop_signal, self.patience = stop_signal, patience
        self.user, self.env, self.cwd, self.keep = user, env, cwd, tuple(keep)
        self.process: subprocess.Popen[bytes] | None = None
        self._lock_path = run / f"{name}.lock"
        self._lock: int | None = None

    def claim(self) -> int:
        """Take the lock, ending what a killed launcher left running; return it."""
        if self._lock is None:
            self._lock = self._locked()
        return self._lock

    def start(self) -> None:
        """Start the program."""
        held = self.claim()
        with _open_log(self.log) as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=self.cwd,
                env=self.env,
                pass_fds=(held, *self.keep),
                preexec_fn=_die_with_parent(self.stop_signal),
                **as_user(self.user),
            )
        os.ftruncate(held, 0)
        os.pwrite(held, str(self.process.pid).encode(), 0)

    def has_died(self) -> bool:
        """Say whether the program has ended; whatever it had started ends then too."""
        if self.process is None or self.process.poll() is None:
            return False
        _signal_group(self.process.pid, signal.SIGKILL)
        return True

    def stop(self) -> None:
        """Ask the program to end, and end it by force when it takes too long."""
        if self.process is None or self.has_died():
            return
        self.process.send_signal(self.stop_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(self.patience)
        self.kill()
        self.process.wait()

    def kill(self) -> None:
        """End the program and all that it started, at once."""
        if self.process is not None:
            _signal_group(self.process.pid, signal.SIGKILL)

    def log_tail(self, lines: int = 15) -> str:
        """Return the end of the log, to say why the program did not come up."""
        try:
            text = self.log.read_text(errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def _locked(self) -> int:
        for end_orphan in (None, self._ask_orphan, self._kill_orphan):
            deadline = time.monotonic()
            if end_orphan is not None:
                end_orphan()
                deadline += self.patience
            while (descriptor := lock(self._lock_path)) is None:
                if time.monotonic() > deadline:
                    break
                time.sleep(0.05)
            else:
                return descriptor
        raise LauncherError(
            f"An earlier {self.name} is still running and cannot be stopped "
            f"(process {self.last_pid()})."
        )

    def last_pid(self) -> int:
        """Return the number of the process started last, 0 when there was none."""
        with contextlib.suppress(OSError, ValueError):
            return int(self._lock_path.read_text())
        return 0

    def _ask_orphan(self) -> None:
        if pid := self.last_pid():
            try:
                os.kill(pid, self.stop_signal)
            except ProcessLookupError:
                self._kill_orphan()

    def _kill_orphan(self) -> None:
        if pid := self.last_pid():
            _signal_group(pid, signal.SIGKILL)


def _open_log(path: Path) -> BinaryIO:
    """Open a log to write on; a long one is put aside, over the one before it."""
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_suffix(".log.old"))
    return path.open("ab")


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)


def _die_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """Return what makes a new process get `number` when its parent dies (Linux only).

    Elsewhere, or when a whole group outlives its first process, the lock file lets
    the next start end the orphans.
    """
    if sys.platform != "linux":
        return None
    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()

    def ask_kernel() -> None:
        prctl(PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:
            os.kill(os.getpid(), number)

    return ask_kernel
