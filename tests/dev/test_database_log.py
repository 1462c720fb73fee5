import os
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from tests import make

pytestmark = pytest.mark.django_db


def test_the_log_of_the_embedded_database_names_no_customer():
    log = Path(os.environ["VAR_DIR"]) / "log" / "postgres.log"
    if not log.exists():
        pytest.skip("The tests run on a database that somebody else keeps.")
    make.customer(lms_lead_id="canary-of-the-log", email="canary@example.org")

    with pytest.raises(IntegrityError), transaction.atomic():
        make.customer(lms_lead_id="canary-of-the-log")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (session,) = cursor.fetchone()

    lines = [line for line in log.read_text().splitlines() if f"[{session}]" in line]
    assert any("duplicate key value" in line for line in lines)
    assert not any("canary" in line for line in lines)
