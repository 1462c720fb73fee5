"""What an import keeps of what it changed."""

import pytest

from customers.models import Customer
from funnel.models import Activity
from imports.models import ImportChange
from imports.services import can_be_undone, ingest_rows
from segments.models import SegmentMember
from tests import make

pytestmark = pytest.mark.django_db


def kept(job):
    """Line, subject, owner and action of every change."""
    rows = ImportChange.objects.filter(job=job).order_by("line")
    return list(rows.values_list("line", "subject_id", "owner_id", "action"))


def test_created_customers_are_kept_by_their_id(load):
    job = load("lms_lead_id,x\nA,1\nB,2\n")

    ids = Customer.objects.order_by("lms_lead_id").values_list("pk", flat=True)
    assert kept(job) == [(n, pk, pk, "create") for n, pk in enumerate(ids, 2)]
    written = set(ImportChange.objects.values_list("written_at", flat=True))
    assert written == set(Customer.objects.values_list("updated_date", flat=True))


def test_updates_keep_old_and_new_of_what_changed_alone(load):
    ada = make.customer(lms_lead_id="A", first_name="Ada", email="old@example.org")
    load("lms_lead_id,x,y\nA,1,same\n")
    before = Customer.objects.get(pk=ada.pk).updated_date

    job = load(
        "lms_lead_id,first_name,email,x,y,z\nA,Ada,new@example.org,__null__,same,9\n"
    )

    change = ImportChange.objects.get(job=job)
    assert change.new == {
        "email": "new@example.org",
        "attributes.x": None,
        "attributes.z": 9,
    }
    assert change.old["email"] == "old@example.org"
    assert (change.old["attributes.x"], change.old["attributes.z"]) == (1, None)
    assert change.old["dates.x"][0] == int(before.timestamp())
    assert "attributes.y" not in change.old


def test_attributes_given_one_by_one_are_kept_as_updates(load):
    ada = make.customer(lms_lead_id="A", attributes={})

    job = load(
        "lms_lead_id,field_type,field_name,field_value\nA,numeric,x,1\nA,string,y,b\n",
        "attributes",
    )

    assert kept(job) == [(n, ada.pk, ada.pk, "update") for n in (2, 3)]
    news = ImportChange.objects.order_by("line").values_list("new", flat=True)
    assert list(news) == [{"attributes.x": 1}, {"attributes.y": "b"}]


def test_appended_rows_are_kept_by_their_id(load):
    ada = make.customer(lms_lead_id="A")

    job = load(
        "lms_lead_id,name,occurred_at\nA,login,2026-01-01\nA,login,2026-01-02\n",
        "activities",
    )

    ids = Activity.objects.order_by("pk").values_list("pk", flat=True)
    assert kept(job) == [(n, pk, ada.pk, "create") for n, pk in enumerate(ids, 2)]


def test_members_of_segments_are_kept_by_their_row(load):
    ada, alan = make.customer(lms_lead_id="A"), make.customer(lms_lead_id="B")
    make.segment(ada, name="Fair")

    job = load("lms_lead_id,segment\nA,Fair\nB,Fair\n", "segment_members")

    member = SegmentMember.objects.get(customer=alan)
    assert kept(job) == [(3, member.pk, alan.pk, "create")]


def test_a_file_that_changes_nothing_keeps_nothing(load):
    rows = "lms_lead_id,x\nA,1\n"
    load(rows)

    assert kept(load(rows)) == []


def test_rows_of_the_api_keep_no_change_set(load):
    ingest_rows("customers", [{"lms_lead_id": "A"}], source="api")

    assert not ImportChange.objects.exists()


def test_nothing_is_kept_where_imports_cannot_be_undone(load, settings):
    kept = load("lms_lead_id,x\nA,2\n")
    settings.IMPORT_UNDO_DAYS = 0

    job = load("lms_lead_id,x\nA,1\n")

    assert not can_be_undone(job)
    assert can_be_undone(kept)
