import logging

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path",
    [
        "/u/secret-token",
        "/l/secret-token",
        "/preferences/secret-token",
        "/me/in/secret-token",
        "/me/copy/secret-token",
    ],
)
def test_the_log_does_not_tell_whose_link_was_wrong(client, caplog, path):
    with caplog.at_level(logging.WARNING):
        answer = client.get(path)

    logged = " ".join(record.getMessage() for record in caplog.records)
    assert answer.status_code == 404
    assert "secret-token" not in logged


def test_the_log_still_tells_of_pages_that_are_not_there(client, caplog):
    client.get("/no-such-page")

    assert "Not Found: /no-such-page" in caplog.text
