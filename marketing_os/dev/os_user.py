"""The OS user that runs PostgreSQL when we are root; PostgreSQL refuses to be root."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marketing_os.dev.errors import LauncherError

NAME = "marketing-os"


@dataclass(frozen=True)
class OsUser:
    uid: int
    gid: int


def server_user() -> OsUser | None:
    """Return the user that PostgreSQL runs as: None for ourselves, unless we are root."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        entry = _make_user()
    return OsUser(entry.pw_uid, entry.pw_gid)


def _make_user() -> pwd.struct_passwd:
    command = ["useradd", "--system", "--user-group", "--no-create-home"]
    command += ["--home-dir", "/nonexistent", "--shell", "/bin/false", NAME]
    try:
        subprocess.run(command, capture_output=True, check=False)
        return pwd.getpwnam(NAME)  # also when another process was faster
    except (OSError, KeyError) as error:
        raise LauncherError(
            "PostgreSQL does not run as root, and a user for it could not be made "
            "with useradd. Start as a plain user, or set DATABASE_URL."
        ) from error


def as_user(user: OsUser | None) -> dict[str, Any]:
    """Return the arguments that make `subprocess` run a program as `user`."""
    if user is None:
        return {}
    return {"user": user.uid, "group": user.gid, "extra_groups": []}


def own(path: Path, user: OsUser | None) -> None:
    """Hand a file or folder to `user`."""
    if user is not None:
        os.chown(path, user.uid, user.gid)


def can_reach(path: Path, user: OsUser | None) -> bool:
    """Say whether `user` may enter the folder, or run the file, `path`."""
    if user is None:
        return True
    probe = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)]
    return subprocess.run(probe, cwd="/", check=False, **as_user(user)).returncode == 0


def link_or_copy(source: str, target: str) -> str:
    """Give a file a second name or, on another file system, a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target
