import pytest


def insist_on_superuser(opened):
    """Skip what the owner of a database may do only where he rules the server."""
    if opened.info.parameter_status("is_superuser") != "on":
        pytest.skip("The tests' database user is no superuser.")
