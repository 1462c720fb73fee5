import logging

import pytest

from tests.permissions.answers import Crowd
from tests.permissions.world import World


@pytest.fixture
def crowd(db, settings, tmp_path):
    """Everybody, in a world with one object of every kind.

    What only takes time is switched off: drawing pages and their menu, keeping
    sessions in the database, and writing each refusal with its traceback.
    """
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MAILBOX_DIR = tmp_path / "mailbox"
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    settings.SESSION_SAVE_EVERY_REQUEST = False
    settings.UNFOLD = settings.UNFOLD | {"SIDEBAR": {"navigation": []}}
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "tests.permissions.unrendered.Unrendered",
    ]
    logging.disable(logging.WARNING)
    yield Crowd(World())
    logging.disable(logging.NOTSET)
