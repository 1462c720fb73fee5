import shutil
import sys
import tempfile
from pathlib import Path

import pytest

from marketing_os.dev.places import open_places
from tests.dev.launcher import PROJECT, Run, forget

if sys.platform != "linux":
    pytest.skip("Looks for processes in /proc.", allow_module_level=True)


@pytest.fixture(scope="module")
def folder():
    """An empty folder that the database's user may enter, too."""
    path = Path(tempfile.mkdtemp(prefix="mos-dev-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def make_var(folder):
    """Name a VAR_DIR below `folder`; what still runs in it ends with the test."""
    made = []

    def make(name="var", inside=folder):
        made.append(inside / name)
        return made[-1]

    yield make
    for var_dir in made:
        sockets = open_places(var_dir).sockets if var_dir.exists() else None
        forget(var_dir)
        if sockets is not None:
            shutil.rmtree(sockets, ignore_errors=True)


@pytest.fixture(scope="module")
def running(folder):
    """The product, running, for tests that leave it so."""
    var_dir = folder / "running"
    run = Run(var_dir)
    try:
        run.wait_until_up()
        yield run
        run.stop()
    finally:
        sockets = open_places(var_dir).sockets
        forget(var_dir)
        shutil.rmtree(sockets, ignore_errors=True)


@pytest.fixture
def copy_project(folder):
    """Copy the project's files to a place of this name, as a clone would have them."""

    def copy(name):
        left_out = shutil.ignore_patterns(".*", "var", "__pycache__", "node_modules")
        target = folder / name
        shutil.copytree(PROJECT, target, ignore=left_out)
        return target

    return copy
