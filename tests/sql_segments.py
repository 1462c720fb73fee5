from importlib import import_module
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

_prepared = set()


@pytest.fixture
def sql_segments(transactional_db, settings):
    """Let SQL segments work: they read, as another role, what was committed."""
    services = import_module("segments.services")  # needs Django, which starts later
    name = connection.settings_dict["NAME"]
    url = urlsplit(settings.SEGMENTS_DATABASE_URL)
    settings.SEGMENTS_DATABASE_URL = urlunsplit(url._replace(path=f"/{name}"))
    if name not in _prepared:
        assert services.prepare_segment_access() == []
        _prepared.add(name)
    assert services.access_problem() == ""
