"""Refused values are kept up to a number, and for as long as the file."""

from datetime import timedelta

import pytest
from django.utils import timezone

from customers.models import Customer
from imports.models import ImportJob, ImportReject
from imports.services import clean_up_imports, confirm_job, run_job
from imports.services.staging import drop_stage
from tests.imports.conftest import counts

pytestmark = pytest.mark.django_db
BAD, KEPT = 60, 100


@pytest.fixture
def mostly_bad(check, settings):
    """Two refused values in each bad row, then good ones, one of them twice."""
    settings.IMPORT_REJECTS_KEPT = KEPT
    rows = "".join(f"L{n},bad,never\n" for n in range(BAD))
    good = "G,,2026-01-01\nG,,2026-01-02\n"
    return check(f"lms_lead_id,email,created_date\n{rows}{good}")


def test_all_are_counted_and_the_first_are_kept(mostly_bad):
    assert mostly_bad.rejects.count() == KEPT
    assert mostly_bad.rejects.latest("line").line == 1 + KEPT // 2
    assert mostly_bad.preview["rejected"] == BAD + 1
    assert mostly_bad.preview["created"] == 1

    run_job(confirm_job(mostly_bad))

    assert counts(mostly_bad) == (1, 0, 0, BAD + 1)


def test_what_was_not_kept_is_refused_also_when_the_stage_is_lost(mostly_bad):
    confirm_job(mostly_bad)
    drop_stage(mostly_bad)

    run_job(mostly_bad)

    assert counts(mostly_bad) == (1, 0, 0, BAD + 1)
    assert Customer.objects.get().created_date.day == 1


def test_the_page_says_that_not_all_are_kept(mostly_bad, admin_client):
    page = admin_client.get(f"/admin/imports/importjob/{mostly_bad.pk}/change/")

    assert "The first 100 are kept" in page.content.decode()


def test_they_are_deleted_with_the_file(load, settings):
    job = load("lms_lead_id,email\nA,bad\nB,\n")
    old = timezone.now() - timedelta(days=settings.IMPORT_FILE_DAYS, hours=1)
    clean_up_imports()
    kept = ImportReject.objects.count()
    ImportJob.objects.filter(pk=job.pk).update(finished_at=old)

    clean_up_imports()

    job.refresh_from_db()
    assert (kept, ImportReject.objects.count(), job.rejected_count) == (1, 0, 1)
