from importlib import import_module
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings as current
from django.db import connection
from django.test import override_settings

_prepared = set()


def let_sql_segments_work():
    """Prepare the test's database for SQL segments; return the setting for it."""
    services = import_module("segments.services")  # needs Django, which starts later
    name = connection.settings_dict["NAME"]
    url = urlsplit(current.SEGMENTS_DATABASE_URL)
    address = urlunsplit(url._replace(path=f"/{name}"))
    with override_settings(SEGMENTS_DATABASE_URL=address):
        if name not in _prepared:
            problems = services.prepare_segment_access()
            assert problems == [], problems
            _prepared.add(name)
        assert services.access_problem() == ""
    return address


@pytest.fixture
def sql_segments(transactional_db, settings):
    """Let SQL segments work: they read, as another role, what was committed."""
    settings.SEGMENTS_DATABASE_URL = let_sql_segments_work()
