import pytest

from customers.models import CreditEntry, MemberOffer
from imports.services import confirm_undo, request_undo, work_on_undo
from tests import make
from tests.imports.conftest import counts, refusals

pytestmark = pytest.mark.django_db

OFFERS = """lms_lead_id,offer_code,description,expiry_date,external_id
L1,SPRING,Ten percent,2027-03-31,o-1
L1,SPRING,Ten percent,2027-03-31,
L1,SPRING,Ten percent,2027-03-31,
nobody,SPRING,,,
"""
CREDITS = "lms_lead_id,amount,reason\nL1,10,Welcome\nL1,-2.5,Drink\nL1,10,Welcome\n"


@pytest.fixture(autouse=True)
def ada():
    return make.customer(lms_lead_id="L1")


def undo(job, **confirmed):
    request_undo(job)
    work_on_undo(job)
    confirm_undo(job, **confirmed)
    work_on_undo(job)
    job.refresh_from_db()
    return job


def test_offers_come_by_file(load, ada):
    job = load(OFFERS, "offers")

    offers = MemberOffer.objects.filter(customer=ada)
    assert counts(job) == (3, 0, 0, 1)
    assert {str(offer.expiry_date) for offer in offers} == {"2027-03-31"}
    assert [line for line, *_ in refusals(job)] == [5]


def test_credits_come_by_file(load, ada):
    load(CREDITS, "credits")

    amounts = CreditEntry.objects.filter(customer=ada).values_list("amount", flat=True)
    assert sum(amounts) == 17.5


@pytest.mark.parametrize(
    ("target", "content"), [("offers", OFFERS), ("credits", CREDITS)]
)
def test_the_same_file_again_doubles_nothing(load, target, content):
    load(content, target)

    again = load(content, target)

    assert counts(again)[:3] == (0, 0, 3)


@pytest.mark.parametrize(
    ("target", "content", "model"),
    [("offers", OFFERS, MemberOffer), ("credits", CREDITS, CreditEntry)],
)
def test_what_a_file_added_is_undone_and_comes_again(load, target, content, model):
    job = undo(load(content, target))

    assert job.status == "undone"
    assert not model.objects.exists()
    assert counts(load(content, target))[:3] == (3, 0, 0)


def test_an_offer_that_was_used_stays(load):
    job = load(OFFERS, "offers")
    used = MemberOffer.objects.first()
    MemberOffer.objects.filter(pk=used.pk).update(is_used=True)

    undo(job, skip_touched=True)

    assert MemberOffer.objects.get() == used
    assert "used this offer" in job.undo.conflicts.get().reason


def test_the_commands_take_them(command, ada):
    command("import_offers", OFFERS)
    command("import_credits", CREDITS)

    assert (ada.offers.count(), ada.credit_entries.count()) == (3, 3)
