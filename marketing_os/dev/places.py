"""Where the launcher keeps what belongs to one VAR_DIR: secrets, locks, logs, sockets."""

import contextlib
import fcntl
import hashlib
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from marketing_os.dev.errors import LauncherError

BASE_DIR = Path(__file__).resolve().parent.parent.parent
SOCKETS_ROOT = Path("/tmp")  # noqa: S108 - see `_socket_folder` for how it is made safe


@dataclass(frozen=True)
class Places:
    """The folders of one installation; `open_places` makes them."""

    var: Path
    run: Path
    log: Path
    sockets: Path


def open_places(var_dir: Path) -> Places:
    """Make the folders below `var_dir` that the launcher needs, and name them."""
    var = Path(os.path.realpath(var_dir))
    try:
        # Root's database runs as another user, who must pass through this folder.
        var.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True)
    except FileExistsError:
        pass
    except OSError as error:
        raise LauncherError(f"The folder {var} cannot be made: {error}.") from error
    if not os.access(var, os.W_OK | os.X_OK):
        raise LauncherError(
            f"The folder {var} belongs to another user. "
            "Name one of your own: VAR_DIR=/path/to/folder."
        )
    for name in ("run", "log"):
        (var / name).mkdir(mode=0o700, exist_ok=True)
    return Places(var, var / "run", var / "log", _socket_folder(var))


def _socket_folder(var: Path) -> Path:
    """Return a short private folder for sockets, always the same one for `var`.

    The path of a Unix socket may have about 100 characters and, as the host of a
    database URL, no capitals (URL parsers lower them), so it cannot lie below a
    clone. In a folder open to all another user may have taken the name before us:
    then the next free one is ours.
    """
    digest = hashlib.sha256(os.fsencode(var)).hexdigest()[:12]
    for number in range(10):
        folder = SOCKETS_ROOT / f"mos-{os.geteuid()}-{digest}-{number}"
        try:
            folder.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700)
        except FileExistsError:
            found = folder.lstat()
            ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
            if not ours or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                continue
        return folder
    raise LauncherError(
        f"Every name for the socket folder below {SOCKETS_ROOT} is taken by others."
    )


def secret(var: Path, name: str, size: int = 36) -> str:
    """Return the secret kept in the file `name`, made of `size` bytes at first."""
    path = var / name
    if not path.exists():
        draft = var / f".{name}.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(size))
        try:
            os.link(draft, path)  # unlike a rename, never replaces another's
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    try:
        return path.read_text().strip()
    except PermissionError as error:
        raise LauncherError(
            f"The file {path} belongs to another user. "
            "Name a folder of your own: VAR_DIR=/path/to/folder."
        ) from error


def lock(path: Path) -> int | None:
    """Lock a file and return its descriptor, or None when another process holds it.

    The lock lasts until every process that has the descriptor has closed it or
    died, however it died.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def remember_site_url(places: Places) -> None:
    """Write down where the site is, for commands beside it that make links."""
    (places.run / "site_url").write_text(os.environ["SITE_URL"])


def recall_site_url(places: Places) -> None:
    """Use the address that the site was last run at, unless another is set."""
    with contextlib.suppress(FileNotFoundError):
        os.environ.setdefault("SITE_URL", (places.run / "site_url").read_text())
