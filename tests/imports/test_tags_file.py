import pytest

from customers.models import EventOutbox, EventSubscription, MemberTag
from tests import make

pytestmark = pytest.mark.django_db

FILE = "lms_lead_id,tag,action\nL1,vip,\nL1,old,remove\nL1,never,remove\n"


def test_what_a_file_tagged_is_kept_as_its_change_set(load):
    ada = make.customer(lms_lead_id="L1")
    old = MemberTag.objects.create(customer=ada, tag="old")

    job = load(FILE, "tags")

    kept = {change.action: change for change in job.changes.all()}
    new = MemberTag.objects.get()
    assert (new.tag, job.unchanged_count) == ("vip", 1)
    assert set(kept) == {"create", "remove"}
    assert (kept["create"].subject_id, kept["create"].owner_id) == (new.pk, ada.pk)
    assert (kept["remove"].subject_id, kept["remove"].old["tag"]) == (old.pk, "old")


def test_a_tag_of_a_file_starts_nothing_unless_asked(load):
    EventSubscription.objects.create(kind="tag", name="", owner="workflow:1")
    make.customer(lms_lead_id="L1")

    load(FILE, "tags")
    told_unasked = EventOutbox.objects.count()
    load("lms_lead_id,tag\nL1,new\n", "tags", options={"may_start_workflows": True})

    assert told_unasked == 0
    assert EventOutbox.objects.get().name == "new"
