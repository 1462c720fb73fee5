import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _nothing_remembered():
    """Figures of the home page are kept for a moment, by one process."""
    cache.clear()


@pytest.fixture(autouse=True)
def _database(db):
    pass
