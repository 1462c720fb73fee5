import re

import pytest
from django.urls import reverse

from customers.models import Customer
from imports.models import ImportJob
from imports.tasks import work_on_imports
from tests import make
from tests.admin_urls import urls_of
from tests.imports.wizard import LEADS, choose, page_of, upload

pytestmark = pytest.mark.django_db
LIST = reverse("admin:imports_importjob_changelist")
MAY_IMPORT = (
    "imports.add_importjob",
    "imports.view_importjob",
    "customers.add_customer",
    "customers.view_customer",
)


@pytest.fixture
def job(admin_client):
    upload(admin_client, LEADS)
    return ImportJob.objects.get()


@pytest.fixture
def checked(admin_client, job):
    choose(admin_client, job, {"Prospect ID": "lms_lead_id"})
    work_on_imports()
    job.refresh_from_db()
    return job


def test_without_a_worker_the_page_says_that_it_waits(admin_client, job):
    choose(admin_client, job, {"Prospect ID": "lms_lead_id"})

    shown = admin_client.get(page_of(job)).content.decode()
    progress = admin_client.get(page_of(job, "progress")).json()

    assert "A worker checks every row as soon as it is free." in shown
    assert progress["is_moving"]
    assert progress["is_waiting"]


def test_the_progress_is_told_as_figures(admin_client, checked):
    admin_client.post(page_of(checked, "confirm"))
    work_on_imports()

    progress = admin_client.get(page_of(checked, "progress")).json()

    assert progress["status"] == "done"
    assert progress["percent"] == 100
    assert (progress["created"], progress["rejected"]) == (2, 1)
    assert progress["rate"] > 0


def test_refused_rows_come_as_csv(admin_client, checked):
    response = admin_client.get(page_of(checked, "rejects"))

    text = b"".join(response.streaming_content).decode("utf-8-sig")
    header, line = text.splitlines()
    assert header == "line,column,reason,value"
    assert line.startswith("4,email,")
    assert line.endswith("grace-at-example.org")


def test_a_cancelled_import_writes_nothing(admin_client, checked):
    admin_client.post(page_of(checked, "confirm"))
    admin_client.post(page_of(checked, "cancel"))
    work_on_imports()

    checked.refresh_from_db()
    assert checked.status == ImportJob.Status.CANCELLED
    assert not Customer.objects.exists()


def test_confirming_what_was_never_checked_is_refused_with_a_sentence(
    admin_client, job
):
    response = admin_client.post(page_of(job, "confirm"), follow=True)

    assert "This import is:" in response.content.decode()
    work_on_imports()
    assert not Customer.objects.exists()


def test_confirming_twice_is_confirming_once(admin_client, checked):
    for _ in range(2):
        admin_client.post(page_of(checked, "confirm"))
    work_on_imports()
    admin_client.post(page_of(checked, "confirm"))
    work_on_imports()

    assert Customer.objects.count() == 2


def test_the_columns_of_a_finished_import_cannot_be_changed(admin_client, checked):
    admin_client.post(page_of(checked, "confirm"))
    work_on_imports()

    response = choose_anyway(admin_client, checked)

    assert response.url == page_of(checked)


def choose_anyway(client, job):
    return client.post(page_of(job, "columns"), {"what_0": "email"})


@pytest.mark.parametrize("lacking", ["imports.add_importjob", "customers.add_customer"])
def test_importing_needs_both_permissions(client, checked, lacking):
    clerk = make.grant(make.user(), *(set(MAY_IMPORT) - {lacking}))
    client.force_login(clerk)

    statuses = {
        upload(client, LEADS).status_code,
        client.get(page_of(checked, "columns")).status_code,
        client.post(page_of(checked, "confirm")).status_code,
        client.post(page_of(checked, "cancel")).status_code,
        client.get(page_of(checked, "rejects")).status_code,
    }
    list_page = client.get(reverse("admin:customers_customer_changelist"))

    assert statuses == {403}
    assert reverse("admin:customers_customer_import") not in list_page.content.decode()
    checked.refresh_from_db()
    assert checked.status == ImportJob.Status.CHECKED


def test_who_may_import_sees_the_button_and_may_go_all_the_way(client):
    client.force_login(make.grant(make.user(), *MAY_IMPORT))

    list_page = client.get(reverse("admin:customers_customer_changelist"))
    upload(client, LEADS)
    job = ImportJob.objects.get()
    choose(client, job, {"Prospect ID": "lms_lead_id"})
    work_on_imports()
    client.post(page_of(job, "confirm"))
    work_on_imports()

    assert reverse("admin:customers_customer_import") in list_page.content.decode()
    assert Customer.objects.count() == 2


def test_who_may_only_look_sees_the_figures_but_no_cells(client, checked):
    client.force_login(make.grant(make.user(), "imports.view_importjob"))

    shown = client.get(page_of(checked)).content.decode()

    assert "What would happen" in shown
    assert "grace-at-example.org" not in shown
    assert page_of(checked, "confirm") not in shown


def test_a_list_imports_only_what_it_is_for(admin_client):
    response = upload(admin_client, LEADS, target="funnel_events")

    assert response.status_code == 200
    assert not ImportJob.objects.exists()


def test_nothing_of_an_import_is_edited_or_deleted_by_hand(admin_client, checked):
    before = list(ImportJob.objects.values())
    generic = [
        url
        for url in urls_of(ImportJob, checked.pk)
        if not url.endswith(("/confirm/", "/cancel/", "/columns/", "/fill-in/"))
    ]

    for url in generic:
        for form in ({}, {"post": "yes"}, {"status": "done", "_save": "Save"}):
            assert admin_client.post(url, form).status_code < 500

    assert list(ImportJob.objects.values()) == before


def test_only_a_post_confirms(admin_client, checked):
    answer = admin_client.get(page_of(checked, "confirm"))

    checked.refresh_from_db()
    assert answer.status_code == 403
    assert checked.status == ImportJob.Status.CHECKED


def test_a_cancel_is_asked_about_before(admin_client, checked):
    asked = admin_client.get(page_of(checked, "cancel"))

    checked.refresh_from_db()
    assert checked.status == ImportJob.Status.CHECKED
    assert "Nothing of this file was imported yet" in asked.content.decode()
    assert "Yes, cancel the import" in asked.content.decode()


def test_what_is_over_is_not_asked_about(admin_client, checked):
    admin_client.post(page_of(checked, "cancel"))

    answer = admin_client.get(page_of(checked, "cancel"))

    assert answer.url == page_of(checked, "change")


def test_the_check_says_that_customers_are_told_apart_by_their_addresses(admin_client):
    upload(admin_client, "email,city\na@example.org,Rome\n")
    job = ImportJob.objects.get()
    choose(admin_client, job, {"email": "email"})
    work_on_imports()

    shown = admin_client.get(page_of(job)).content.decode()

    assert "told apart by their e-mail addresses alone" in shown


def test_a_place_that_is_called_like_its_list_is_named_once(admin_client, checked):
    shown = admin_client.get(page_of(checked)).content.decode()

    titles = re.findall(r'truncate tracking-tight">(\w+)<', shown)
    assert titles.count("Imports") == 1


def test_earlier_imports_are_listed_with_their_state(
    admin_client, checked, django_assert_max_num_queries
):
    with django_assert_max_num_queries(10):
        shown = admin_client.get(LIST, {"target": "customers", "q": "leads"})

    assert "leads.csv" in shown.content.decode()
    assert "To confirm" in shown.content.decode()
    assert not admin_client.get(LIST, {"status": "failed"}).context["cl"].result_list


def test_the_same_file_again_is_warned_about(admin_client, checked):
    admin_client.post(page_of(checked, "confirm"))
    work_on_imports()

    upload(admin_client, LEADS)
    again = ImportJob.objects.exclude(pk=checked.pk).get()
    shown = admin_client.get(page_of(again, "columns")).content.decode()

    assert "imported before" in shown
