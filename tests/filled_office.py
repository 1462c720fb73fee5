"""An office for all tests of a module: filled once, behind a web server."""

from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.core.management import call_command
from django.test import override_settings
from pytest_django.live_server_helper import LiveServer

from tests.sql_segments import let_sql_segments_work


@dataclass
class FilledOffice:
    """The server's address, what filling returned, a browser context that is signed in."""

    url: str
    filled: Any
    context: Any


@contextmanager
def filled_office(browser, fill: Callable[[], Any], sign_in, **settings: Any):
    """Fill the database, serve it, and let `sign_in` enter; rows go at the end."""
    with ExitStack() as leaving:
        leaving.callback(_empty_the_database)
        _empty_the_database()  # a run that was killed left its rows
        server = LiveServer("localhost")
        leaving.callback(server.stop)
        cache.clear()
        leaving.enter_context(
            override_settings(
                SITE_URL=server.url,
                ALLOWED_HOSTS=["localhost", "testserver"],
                SEGMENTS_DATABASE_URL=let_sql_segments_work(),
                **settings,
            )
        )
        filled = fill()
        context = browser.new_context(base_url=server.url, locale="en-GB")
        leaving.callback(context.close)
        sign_in(context)
        yield FilledOffice(server.url, filled, context)


def _empty_the_database():
    call_command("flush", verbosity=0, interactive=False)
