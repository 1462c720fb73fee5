import pytest

from customers.models import AttributeDefinition, CustomerAttribute
from tests import make
from tests.imports.conftest import counts, refusals

pytestmark = pytest.mark.django_db

HEADER = "lms_lead_id,field_type,field_name,field_value\n"


@pytest.fixture(autouse=True)
def ada():
    return make.customer(lms_lead_id="A", email="ada@example.org")


def test_one_attribute_per_row_of_any_type(load, ada):
    rows = (
        "A,numeric,age,30\nA,boolean,vip,yes\nA,date,born,2000-02-29\n"
        "A,timestamp,seen,2026-01-31 10:00\nA,array,tags,x;y\nA,string,plan,gold\n"
    )

    job = load(HEADER + rows, "attributes")

    assert counts(job) == (6, 0, 0, 0)
    ada.refresh_from_db()
    assert ada.attributes == {
        "age": 30,
        "vip": True,
        "born": "2000-02-29",
        "seen": "2026-01-31T10:00:00Z",
        "tags": ["x", "y"],
        "plan": "gold",
    }
    assert CustomerAttribute.objects.filter(customer=ada).count() == 6


def test_the_type_may_be_left_out_once_it_is_known(load, ada):
    load(HEADER + "A,numeric,age,30\nA,string,plan,gold\n", "attributes")

    job = load("email,name,value\nada@example.org,age,31\nada@example.org,plan,\n", "attributes")  # fmt: skip
    again = load("email,name,value\nada@example.org,age,31\n", "attributes")
    cleared = load("email,name,value\nada@example.org,age,__null__\n", "attributes")

    assert (counts(job), counts(again)) == ((0, 1, 1, 0), (0, 0, 1, 0))
    assert counts(cleared) == (0, 1, 0, 0)
    ada.refresh_from_db()
    assert ada.attributes == {"plan": "gold"}


def test_what_does_not_fit_is_refused_in_its_column(load):
    AttributeDefinition.objects.create(name="age", field_type="numeric")
    rows = (
        "A,string,age,30\nA,,age,thirty\nA,,new,1\nZ,numeric,age,1\n"
        "A,colour,age,1\nA,numeric,,1\nA,numeric,age,30\nA,numeric,age,31\n"
    )

    job = load(HEADER + rows, "attributes")

    assert refusals(job) == [
        (2, "field_type", "This attribute is of type numeric already."),
        (3, "field_value", "This is not a number."),
        (4, "field_type", "Say the type of this new attribute."),
        (5, "lms_lead_id", "No customer has this lms_lead_id."),
        (
            6,
            "field_type",
            "This is none of numeric, string, date, timestamp, boolean, array.",
        ),
        (7, "field_name", "This is missing."),
        (9, "field_name", "The same attribute stands in line 8 already."),
    ]


def test_the_preview_shows_old_and_new(check, load):
    load(HEADER + "A,numeric,age,30\n", "attributes")

    job = check(HEADER + "A,numeric,age,31\n", "attributes")

    [change] = job.preview["changes"]
    assert (change["who"], change["field"], change["old"], change["new"]) == (
        "A",
        "age",
        "30",
        "31",
    )
