"""Make `.venv` and install a requirements file into it, unless that is done already.

`PYTHON -m marketing_os.dev.virtualenv requirements.txt`, run from the project's folder
by the interpreter that the environment shall have. Needs the standard library only,
and no newer syntax than an old interpreter reads: it has to say that it is too old.
"""

import fcntl
import hashlib
import importlib.util
import os
import subprocess
import sys
import venv
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / ".venv"
PYTHON = FOLDER / "bin" / "python"
# The file for developers includes the other, so it serves for both.
INCLUDES = {
    "requirements.txt": ["requirements.txt"],
    "requirements-dev.txt": ["requirements-dev.txt", "requirements.txt"],
}


def main() -> None:
    name = sys.argv[1]
    if sys.version_info < OLDEST:
        found = "{}.{} ({})".format(*sys.version_info[:2], sys.executable)
        sys.exit(
            "Marketing OS needs Python 3.11 or newer; this one is " + found + ". "
            "Name another: make run PYTHON=/path/to/python3.11"
        )
    with open(str(ROOT / ".venv.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _is_usable() and _stamp(name).exists():
            return
        if not _is_usable():
            _make()
        _install(name)


def _is_usable() -> bool:
    """Say whether `.venv` works and, if PYTHON= was given, is of that version."""
    if not PYTHON.exists():
        return False
    if os.environ.get("PYTHON_IS_CHOSEN") != "1":
        return True
    asked = subprocess.run(
        [str(PYTHON), "-c", "import sys; print(*sys.version_info[:2])"],
        stdout=subprocess.PIPE,
        check=False,
    )
    return asked.stdout.decode().split() == [str(part) for part in sys.version_info[:2]]


def _make() -> None:
    if importlib.util.find_spec("ensurepip") is None:
        version = "{}.{}".format(*sys.version_info[:2])
        sys.exit(
            f"{sys.executable} cannot make virtual environments: it has no ensurepip. "
            f"On Debian or Ubuntu: apt-get install python{version}-venv. "
            "Or name another: make run PYTHON=/path/to/python3.11"
        )
    if FOLDER.is_symlink():
        sys.exit(f"{FOLDER} is a link to an environment of another Python. Remove it.")
    print(f"Making .venv with {sys.executable} …", flush=True)
    venv.create(str(FOLDER), with_pip=True, clear=True)


def _install(name: str) -> None:
    print(f"Installing {name}; the first time takes a minute …", flush=True)
    command = [str(PYTHON), "-m", "pip", "install", "-qq"]
    command += ["--disable-pip-version-check", "--no-input", "-r", str(ROOT / name)]
    if subprocess.run(command, check=False).returncode:
        sys.exit(f"The packages of {name} could not be installed; see above.")
    for old in FOLDER.glob(".installed-*"):
        old.unlink()
    for included in INCLUDES[name]:
        _stamp(included).touch()


def _stamp(name: str) -> Path:
    """Return the file that says that exactly this content is installed."""
    digest = hashlib.sha256()
    for included in INCLUDES[name]:
        digest.update((ROOT / included).read_bytes())
    return FOLDER / f".installed-{digest.hexdigest()[:16]}"


if __name__ == "__main__":
    main()
