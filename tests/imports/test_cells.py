import pytest

from customers.models import AttributeDefinition, Consent, Customer, CustomerAttribute
from tests import make
from tests.imports.conftest import counts, refusals

pytestmark = pytest.mark.django_db


def test_an_empty_cell_keeps_and_the_null_word_clears(load):
    load("lms_lead_id,first_name,mobile,age,plan\nA,Ada,555,30,gold\n")

    job = load("lms_lead_id,first_name,mobile,age,plan\nA,,__null__,__null__,\n")

    customer = Customer.objects.get()
    assert (customer.first_name, customer.mobile) == ("Ada", "")
    assert customer.attributes == {"plan": "gold"}
    assert counts(job) == (0, 1, 0, 0)


def test_what_identifies_a_customer_cannot_be_cleared(load):
    job = load("lms_lead_id,email\n__null__,a@example.org\n")

    assert refusals(job) == [(2, "lms_lead_id", "This cannot be cleared.")]


@pytest.mark.parametrize(
    ("address", "stored"),
    [
        ("Ada.Lovelace+x@EXAMPLE.org", "Ada.Lovelace+x@example.org"),
        (" ada@example.org ", "ada@example.org"),
        ("ada@bücher.example", "ada@bücher.example"),
        ("ada@xn--bcher-kva.example", "ada@bücher.example"),
        ("ada@example", None),
        ("ada@example..org", None),
        (".ada@example.org", None),
        ("ada@server.local", None),
        ("ada example@example.org", None),
        (f"a@{'b' * 60}.{'c' * 250}.org", None),
    ],
)
def test_addresses_follow_one_rule_for_every_way_in(load, address, stored):
    job = load(f"lms_lead_id,email\nA,{address}\n")

    if stored is None:
        assert refusals(job) == [(2, "email", "This is not an e-mail address.")]
    else:
        assert Customer.objects.get().email == stored


@pytest.mark.parametrize(
    ("region", "number", "stored"),
    [
        ("", "+44 20 7946 0018", "+442079460018"),
        ("", "020 7946 0018", "020 7946 0018"),
        ("GB", "020 7946 0018", "+442079460018"),
        ("GB", "123", None),
        ("", "+1", None),
    ],
)
def test_mobile_numbers_take_international_form(load, settings, region, number, stored):
    settings.DEFAULT_PHONE_REGION = region

    job = load(f"lms_lead_id,mobile\nA,{number}\n")

    if stored is None:
        assert refusals(job) == [(2, "mobile", "This is not a phone number.")]
    else:
        assert Customer.objects.get().mobile == stored


def test_a_time_zone_must_exist(load):
    job = load("lms_lead_id,timezone\nA,Europe/Paris\nB,Europe/Atlantis\n")

    assert Customer.objects.get().timezone == "Europe/Paris"
    assert refusals(job)[0][:2] == (3, "timezone")


def test_names_of_columns_may_hold_any_characters(load):
    name = 'growth in % of "last" year\'s\\x; -- {0} é'

    quoted = name.replace('"', '""')
    load(f'lms_lead_id,"{quoted}"\nA,5\n')

    assert AttributeDefinition.objects.get().name == name
    assert Customer.objects.get().attributes == {name: 5}
    assert CustomerAttribute.objects.get().field_name == name


def test_a_file_lowers_consent_once_and_never_raises_it(load):
    content = "lms_lead_id,Do Not Email\nA,Yes\nB,No\n"
    mapping = {"Do Not Email": "consent:email:inverted"}
    first = load(content, mapping=mapping)

    load(content, mapping=mapping)
    load("lms_lead_id,Do Not Email\nA,No\n", mapping=mapping)

    consent = Consent.objects.get()
    assert (consent.customer.lms_lead_id, consent.granted) == ("A", False)
    assert consent.source == f"import {first.pk}"
    assert first.report["consents_withdrawn"] == 1


def test_a_consent_column_is_also_an_attribute_unless_told_otherwise(load):
    load("lms_lead_id,mail\nA,no\n", mapping={"mail": "consent:email"})
    load("lms_lead_id,post\nB,no\n", mapping={"post": "consent:post:only"})

    assert AttributeDefinition.objects.get().name == "mail"
    assert Consent.objects.filter(granted=False).count() == 2


def test_unchanged_customers_are_not_written(load):
    content = "lms_lead_id,email,age,tags:array\nA,a@example.org,5.0,x;y\n"
    load(content)
    before = Customer.objects.get().updated_date

    job = load(content.replace("5.0", "5"))

    assert counts(job) == (0, 0, 1, 0)
    assert Customer.objects.get().updated_date == before


def test_a_shorter_list_is_a_change(load):
    load("lms_lead_id,tags:array\nA,x;y\n")

    job = load("lms_lead_id,tags:array\nA,x\n")

    assert counts(job) == (0, 1, 0, 0)


def test_the_preview_shows_old_and_new_and_writes_nothing(check):
    make.customer(lms_lead_id="A", first_name="Ada", email="", attributes={"age": 30})
    AttributeDefinition.objects.create(name="age", field_type="numeric")

    job = check("lms_lead_id,first_name,age,plan\nA,Eve,31,gold\nB,Bob,x,\nC,Cy,1,\n")

    changes = {c["field"]: (c["old"], c["new"]) for c in job.preview.pop("changes")}
    assert changes == {"first_name": ("Ada", "Eve"), "age": ("30", "31"), "plan": (None, "gold")}  # fmt: skip
    assert [job.preview["created"], job.preview["updated"]] == [1, 1]
    assert [job.preview["unchanged"], job.preview["rejected"]] == [0, 1]
    assert Customer.objects.get().first_name == "Ada"
    assert AttributeDefinition.objects.count() == 1
