"""An import is undone as a whole: what was there before is there again."""

import pytest
from django.db import connection

from customers.models import (
    AttributeDefinition,
    Consent,
    Customer,
    EventOutbox,
    EventSubscription,
    MemberTag,
)
from customers.services.attributes import set_attribute
from customers.services.consents import record_consent
from funnel.models import Activity, FunnelEvent
from imports.errors import JobStateError
from imports.models import ImportChange, ImportJob
from imports.services import (
    cancel_job,
    confirm_job,
    confirm_undo,
    ingest_rows,
    request_undo,
    run_job,
    work_on_undo,
)
from messaging.models import Suppression
from tests import make

# Each change has a moment of its own, as it has in life.
pytestmark = pytest.mark.django_db(transaction=True)

TABLES = {
    "customers": "lms_lead_id, first_name, last_name, email, mobile, timezone,"
    " attributes, created_date, updated_date",
    "customer_attributes": "customer_id, field_name, field_value, created_date,"
    " updated_date",
    "consents": "customer_id, channel, granted, source",
    "member_tags": "id, member_id, tag, assigned_at",
    "funnel_events": "id, customer_id, to_stage, identity",
    "activities": "id, customer_id, name, identity",
    "customer_segment_customer_list": "id, customer_segment_id, customer_id",
    "suppressions": "email, reason, detail",
    "attribute_definitions": "name, field_type",
}
LEADS = """lms_lead_id,email,first_name,created_date,score,city,no mails
A,ada@example.org,Ada,2020-01-01,7,Paris,yes
B,,,,__null__,Rome,no
NEW,new@example.org,Nina,,3,Oslo,yes
,free@example.org,Free,,1,Riga,no
"""


def state():
    """All that staff can see of people, table by table."""
    found = {}
    with connection.cursor() as cursor:
        for table, columns in TABLES.items():
            cursor.execute(f"SELECT {columns} FROM {table} ORDER BY {columns}")
            found[table] = cursor.fetchall()
    return found


def publish(**row):
    ingest_rows("customers", [row], source="api")


def look(job):
    """Look what undoing would do."""
    undo = request_undo(job)
    work_on_undo(job)
    undo.refresh_from_db()
    return undo


def undo(job, **confirmed):
    """Undo to the end and return how it went."""
    look(job)
    confirm_undo(job, **confirmed)
    work_on_undo(job)
    job.undo.refresh_from_db()
    assert job.undo.state == "done", job.undo.error
    return job.undo


def found(undo):
    """How much was removed, put back, and left because it was touched."""
    return (undo.removed_count, undo.restored_count, undo.touched_count)


@pytest.fixture
def people():
    """Two customers with attributes and a past, as the system itself wrote them."""
    rows = [
        {"lms_lead_id": "A", "email": "old@example.org", "attributes": {"score": 1}},
        {"lms_lead_id": "B", "attributes": {"score": 2, "city": "Bonn"}},
    ]
    ingest_rows("customers", rows, source="api")
    Customer.objects.update(
        created_date="2019-05-05T10:00:00.123456Z",
        updated_date="2021-06-06T10:00:00.654321Z",
    )
    return {each.lms_lead_id: each for each in Customer.objects.all()}


def test_customers_are_as_they_were_before(load, people):
    before = state()

    job = load(LEADS, mapping={"no mails": "consent:email:inverted"})
    during = state()
    done = undo(job)

    assert during != before
    assert state() == before
    assert found(done) == (2, 3, 0)
    job.refresh_from_db()
    assert job.status == ImportJob.Status.UNDONE
    assert not ImportChange.objects.exists()


FILES = {
    "attributes": "lms_lead_id,field_type,field_name,field_value\n"
    "A,numeric,score,5\nA,string,city,Rome\nB,numeric,score,__null__\n"
    "B,date,met on,2026-01-01\n",
    "activities": "lms_lead_id,name,occurred_at\nA,login,2026-01-01\nA,login,2026-01-01\n",
    "funnel_events": "lms_lead_id,funnel_type,from_stage,to_stage\nA,sales,,Won\n",
    "segment_members": "lms_lead_id,segment\nA,Fair\nB,Fair\n",
    "tags": "lms_lead_id,tag,action\nA,vip,add\nB,old,remove\nA,old,add\n",
    "consents": "lms_lead_id,status,evidence,occurred_at\n"
    "A,granted,form 12,2026-01-01\nB,withdrawn,,\n",
    "suppressions": "email,reason\nnobody@example.org,manual\n",
}


@pytest.mark.parametrize("target", FILES)
def test_every_target_is_as_it_was_before(load, people, target):
    make.segment(people["A"], name="Fair")
    MemberTag.objects.create(customer=people["B"], tag="old")
    make.activity(people["A"])
    make.funnel_event(people["A"])
    before = state()

    job = load(FILES[target], target)
    during = state()
    undo(job)

    assert during != before
    assert state() == before


def test_the_same_file_can_be_imported_again_afterwards(load, people):
    options = {"mapping": {"no mails": "consent:email:inverted"}}
    first = load(LEADS, **options)
    undo(first)

    again = load(LEADS, **options)

    assert "same_file_as" not in again.report
    assert (again.created_count, again.updated_count) == (2, 2)
    assert found(undo(again)) == (2, 3, 0)


def test_two_imports_are_undone_one_after_the_other(load, people):
    before = state()
    first = load("lms_lead_id,score,city\nA,5,Rome\nNEW,6,Oslo\n")
    between = state()
    second = load("lms_lead_id,score\nA,6\nNEW,7\n")

    undo(second)
    after_one = state()
    undo(first)

    assert after_one == between
    assert state() == before


def test_small_batches_change_nothing_of_it(load, people, settings):
    settings.IMPORT_BATCH_ROWS = 2
    before = state()

    job = load(FILES["attributes"], "attributes")
    undo(job)

    assert state() == before


def test_later_changes_refuse_the_whole_and_are_listed(load, people):
    job = load(LEADS)
    load("lms_lead_id,city\nA,Milan\n")
    make.activity(Customer.objects.get(lms_lead_id="NEW"))
    now = state()

    looked = look(job)
    with pytest.raises(JobStateError, match="Nothing was undone"):
        confirm_undo(job)
    work_on_undo(job)

    assert found(looked) == (1, 2, 2)
    listed = looked.conflicts.values_list("line", "field", "imported", "now", "reason")
    assert set(listed) == {
        (2, "attributes.city", "Paris", "Milan", ""),
        (4, "", "", "", "Since then: activities."),
    }
    assert state() == now


def test_the_rest_is_undone_when_asked_for(load, people):
    job = load(LEADS)
    load("lms_lead_id,city\nA,Milan\n")
    make.activity(Customer.objects.get(lms_lead_id="NEW"))

    done = undo(job, skip_touched=True)

    assert found(done) == (1, 2, 2)
    ada = Customer.objects.get(lms_lead_id="A")
    assert (ada.email, ada.first_name) == ("old@example.org", "")
    assert ada.attributes == {"score": 1, "city": "Milan"}
    assert Customer.objects.filter(lms_lead_id="NEW").exists()
    assert not Customer.objects.filter(email="free@example.org").exists()


@pytest.mark.parametrize(
    ("happen", "said"),
    [
        (lambda who: make.funnel_event(who), "funnel events"),
        (lambda who: MemberTag.objects.create(customer=who, tag="vip"), "tags"),
        (lambda who: make.segment(who), "segment members"),
        (lambda who: record_consent(who, granted=True, source="form"), "consents"),
        (lambda who: publish(lms_lead_id="A", first_name="Ada"), "changed"),
    ],
)
def test_a_new_customer_whom_something_came_to_stays(load, happen, said):
    job = load("lms_lead_id\nA\nB\n")
    happen(Customer.objects.get(lms_lead_id="A"))

    done = undo(job, skip_touched=True)

    assert said in done.conflicts.get().reason
    assert Customer.objects.get().lms_lead_id == "A"


def test_what_is_gone_already_is_counted_and_stops_nothing(load):
    job = load("lms_lead_id\nA\nB\n")
    Customer.objects.filter(lms_lead_id="A").delete()

    done = undo(job)

    assert (found(done), done.gone_count) == ((1, 0, 0), 1)


def test_an_identity_that_was_attached_is_taken_off_unless_it_is_needed(load):
    ada = make.customer(lms_lead_id=None, email="ada@example.org")
    job = load("lms_lead_id,email\nL,ada@example.org\n")
    publish(lms_lead_id="M", email="x@example.org")
    Customer.objects.filter(lms_lead_id="M").update(
        lms_lead_id=None, email="ada@example.org"
    )

    looked = look(job)

    assert looked.conflicts.get().reason.startswith("Another customer has the old")
    undo(job, skip_touched=True)
    ada.refresh_from_db()
    assert ada.lms_lead_id == "L"


def test_a_no_that_the_customer_said_since_stays(load, people):
    job = load("lms_lead_id,stop\nA,yes\n", mapping={"stop": "consent:email:inverted"})
    record_consent(people["A"], granted=False, source="unsubscribe")

    undo(job)

    assert Consent.objects.get().source == "unsubscribe"


def test_a_new_customer_who_stays_keeps_the_no_of_the_file(load):
    job = load("lms_lead_id,stop\nA,yes\n", mapping={"stop": "consent:email:inverted"})
    make.activity(Customer.objects.get())

    undo(job, skip_touched=True)

    assert Consent.objects.get().granted is False


def test_an_attribute_that_staff_have_taken_up_stays_defined(load):
    job = load("lms_lead_id,score,city\nA,1,Rome\n")
    set_attribute(AttributeDefinition.objects.get(name="score"), label="Lead score")

    undo(job)

    assert [each.name for each in AttributeDefinition.objects.all()] == ["score"]


def test_an_import_that_was_cancelled_half_way_can_be_undone(check, settings):
    settings.IMPORT_BATCH_ROWS = 1
    job = confirm_job(check("lms_lead_id\nA\nB\n"))
    run_job(job, seconds=0)
    cancel_job(job)
    run_job(job)
    assert (job.status, Customer.objects.count()) == (ImportJob.Status.CANCELLED, 1)

    undo(job)

    assert not Customer.objects.exists()


def test_undoing_tells_nobody(load, people):
    MemberTag.objects.create(customer=people["B"], tag="vip")
    EventSubscription.objects.create(kind="tag", name="", owner="test")
    job = load("lms_lead_id,tag,action\nA,vip,add\nB,vip,remove\n", "tags")

    undo(job)

    assert not EventOutbox.objects.exists()


def test_values_of_sensitive_attributes_are_not_listed(load):
    make.attribute("Illness", sensitive=True)
    make.customer(lms_lead_id="A", attributes={"Illness": "none"})
    job = load("lms_lead_id,Illness\nA,cold\n")
    load("lms_lead_id,Illness\nA,flu\n")

    looked = look(job)

    listed = looked.conflicts.values_list("imported", "now")
    assert list(listed) == [("(sensitive)", "(sensitive)")]


def test_an_import_is_undone_once(load):
    job = load("lms_lead_id\nA\n")
    undo(job)
    Customer.objects.all().delete()

    assert confirm_undo(job).state == "done"
    with pytest.raises(JobStateError, match="This import is: undone"):
        request_undo(job)


def test_nothing_is_confirmed_that_nobody_looked_at(load):
    job = load("lms_lead_id\nA\n")

    with pytest.raises(JobStateError, match="Look first"):
        confirm_undo(job)


def test_what_is_no_longer_known_cannot_be_undone(load, settings):
    settings.IMPORT_UNDO_DAYS = 0
    job = load("lms_lead_id\nA\n")

    with pytest.raises(JobStateError, match="no longer known"):
        request_undo(job)


def test_the_comparison_would_see_what_is_left(load, people):
    before = state()
    load(LEADS)

    assert state() != before
    Customer.objects.filter(lms_lead_id__isnull=True).delete()
    Activity.objects.all().delete()
    assert state() != before
    assert not FunnelEvent.objects.exists()
    assert not Suppression.objects.exists()
