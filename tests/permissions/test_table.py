"""Who is answered what at every address, held against the table that is checked in.

`make permissions` writes the table anew; what changes in it is to be read like code.
"""

import os
from pathlib import Path

from tests.permissions.answers import lines
from tests.permissions.routes import all_routes

TABLE = Path(__file__).with_name("table.tsv")


def table():
    return TABLE.read_text().splitlines()


def rows_of(crowd, *addresses):
    """Ask anew at some addresses, whatever view is behind them now."""
    routes = [route for route in all_routes() if route.text in addresses]
    return lines(crowd.rows(routes))


def test_every_address_answers_everybody_as_the_table_says(crowd):
    found = lines([crowd.head(), *crowd.rows(all_routes())])
    if os.environ.get("PERMISSIONS") == "write":
        TABLE.write_text("\n".join(found) + "\n")

    known = table()

    assert [line for line in found if line not in known] == []
    assert [line for line in known if line not in found] == []


def test_a_page_that_is_new_or_lost_its_lock_is_noticed(crowd, settings):
    addresses = ("/admin/mailbox/", "/new-page/")
    assert rows_of(crowd, "/admin/mailbox/")[0] in table()

    settings.ROOT_URLCONF = "tests.permissions.urls_with_holes"
    found = rows_of(crowd, *addresses)

    assert {line.split("\t")[0] for line in found} == set(addresses)
    assert not set(found) & set(table())
