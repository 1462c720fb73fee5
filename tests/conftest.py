"""Starts the tests' own servers, before Django reads its settings, and offers fixtures.

pytest's first process starts the servers; the workers of xdist inherit their URLs,
and pytest-django makes a database for each. TEST_VAR_DIR=FOLDER keeps the servers'
data, so that `--reuse-db` saves the migrations.
"""

import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

import django
import pytest

from marketing_os.dev.errors import LauncherError
from marketing_os.dev.servers import ensure_servers, with_login
from tests.browser import browser, page, playwright_browser  # noqa: F401
from tests.smtp import smtp_sink  # noqa: F401
from tests.sql_segments import sql_segments  # noqa: F401

_servers = ExitStack()


def _start_servers():
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    # A developer's .env is for running, not for tests.
    os.environ["ENV_FILE"] = os.devnull
    # Playwright's event loop runs in the test's thread, which also asks the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    if given := os.environ.get("DATABASE_URL"):
        # A role belongs to the whole server, where a product may run beside the tests.
        login = with_login(given, "mos_segment_test", "only for tests")
        os.environ.setdefault("SEGMENTS_DATABASE_URL", login)
    kept = os.environ.get("TEST_VAR_DIR")
    var_dir = Path(kept or tempfile.mkdtemp(prefix="mos-test-"))
    var_dir.chmod(0o711)  # root's database runs as another user, who must pass
    leftovers = ExitStack()
    _servers.push(leftovers)
    try:
        servers = _servers.enter_context(ensure_servers(var_dir))
    except LauncherError as error:
        pytest.exit(str(error), returncode=3)
    if not kept:
        for folder in (var_dir, servers.places.sockets):
            leftovers.callback(shutil.rmtree, folder, ignore_errors=True)
    django.setup()


if "PYTEST_XDIST_WORKER" not in os.environ:
    _start_servers()


def pytest_unconfigure():
    _servers.close()


@pytest.fixture(scope="session")
def real_data():
    folder = os.environ.get("REAL_DATA_DIR")
    if not folder or not Path(folder).is_dir():
        pytest.skip("REAL_DATA_DIR does not name the folder of the real data sets.")
    return Path(folder)


@pytest.fixture
def admin(client, django_user_model):
    """A client in which an administrator is signed in."""
    users = django_user_model.objects
    client.force_login(users.create_superuser("chief", "chief@example.org"))
    return client
