import pytest

from customers.models import Customer
from tests import make
from tests.imports.conftest import counts, refusals

pytestmark = pytest.mark.django_db

SAME = "The same customer stands in line {} already."


def people():
    found = Customer.objects.order_by("id")
    return list(found.values_list("lms_lead_id", "email", "first_name"))


def test_a_known_lead_id_is_that_customer_whatever_its_email(load):
    make.customer(lms_lead_id="A", email="old@example.org", first_name="Ada")

    job = load("lms_lead_id,email\nA,new@example.org\n")

    assert counts(job) == (0, 1, 0, 0)
    assert people() == [("A", "new@example.org", "Ada")]


def test_an_unknown_lead_id_attaches_to_the_customer_with_its_email(load):
    make.customer(lms_lead_id=None, email="Ada@example.org", first_name="Ada")

    load("lms_lead_id,email,first_name\nA,ada@example.org,\n")

    assert people() == [("A", "ada@example.org", "Ada")]


def test_an_unknown_lead_id_is_new_when_the_email_belongs_to_another_lead(load):
    make.customer(lms_lead_id="A", email="ada@example.org", first_name="Ada")

    job = load("lms_lead_id,email,first_name\nB,ada@example.org,Bob\n")

    assert counts(job) == (1, 0, 0, 0)
    assert people()[1] == ("B", "ada@example.org", "Bob")


def test_of_two_unknown_lead_ids_with_one_email_the_first_attaches(load):
    known = make.customer(lms_lead_id=None, email="ada@example.org", first_name="")

    load("lms_lead_id,email\nA,ada@example.org\nB,ada@example.org\n")

    assert Customer.objects.get(lms_lead_id="A") == known
    assert Customer.objects.get(lms_lead_id="B") != known


@pytest.mark.parametrize("known_lead_id", [None, "A"])
def test_an_email_alone_finds_the_only_customer_who_has_it(load, known_lead_id):
    make.customer(lms_lead_id=known_lead_id, email="ada@example.org", first_name="")

    load("email,first_name\nADA@example.org,Ada\n")

    assert people() == [(known_lead_id, "ADA@example.org", "Ada")]


def test_an_email_alone_means_the_customer_without_lead_id_before_others(load):
    make.customer(lms_lead_id="A", email="ada@example.org", first_name="Other")
    make.customer(lms_lead_id=None, email="ada@example.org", first_name="")

    load("email,first_name\nada@example.org,Ada\n")

    assert [name for *_, name in people()] == ["Other", "Ada"]


def test_an_email_that_several_customers_have_is_refused(load):
    make.customer(lms_lead_id="A", email="ada@example.org")
    make.customer(lms_lead_id="B", email="ada@example.org")

    job = load("email,first_name\nada@example.org,Ada\n")

    assert counts(job) == (0, 0, 0, 1)
    assert refusals(job)[0][:2] == (2, "email")


def test_a_row_without_lead_id_and_email_is_refused(load):
    job = load("lms_lead_id,email,first_name\n,,Ada\nA,,Bob\n")

    reason = "A customer needs an lms_lead_id or an e-mail address."
    assert refusals(job) == [(2, "email", reason)]
    assert people() == [("A", "", "Bob")]


@pytest.mark.parametrize(
    ("rows", "kept", "refused"),
    [
        ("A,a@example.org,1\nA,b@example.org,2", [("A", "1")], {3: 2}),
        (",a@example.org,1\n,A@example.org,2", [(None, "1")], {3: 2}),
        ("A,a@example.org,1\n,a@example.org,2", [("A", "1")], {3: 2}),
        (",a@example.org,1\nA,a@example.org,2", [(None, "1")], {3: 2}),
        ("A,a@example.org,1\nB,a@example.org,2", [("A", "1"), ("B", "2")], {}),
        (
            "A,a@example.org,1\nB,a@example.org,2\n,a@example.org,3",
            [("A", "1"), ("B", "2")],
            {4: 2},
        ),
    ],
)
def test_the_first_of_several_rows_for_one_customer_counts(load, rows, kept, refused):
    content = f"lms_lead_id,email,first_name\n{rows}\n"

    first, again = load(content), load(content)

    assert [(lead_id, name) for lead_id, _, name in people()] == kept
    reasons = {line: SAME.format(other) for line, other in refused.items()}
    assert {line: reason for line, _, reason in refusals(first)} == reasons
    assert counts(again) == (0, 0, len(kept), len(refused))


def test_a_customer_id_finds_a_customer_whose_email_changes(load):
    known = make.customer(lms_lead_id=None, email="old@example.org")

    load(
        f"id,email\n{known.pk},new@example.org\n999999999,x@example.org\n",
        mapping={"id": "customer_id"},
    )

    known.refresh_from_db()
    assert known.email == "new@example.org"


def test_an_email_of_another_customer_without_lead_id_is_refused(load):
    known = make.customer(lms_lead_id=None, email="old@example.org")
    make.customer(lms_lead_id=None, email="taken@example.org")

    job = load(
        f"id,email\n{known.pk},Taken@example.org\n", mapping={"id": "customer_id"}
    )

    assert refusals(job) == [(2, "email", "Another customer has this e-mail address.")]


def test_two_customers_cannot_move_to_one_email_in_one_file(load):
    one = make.customer(lms_lead_id=None, email="one@example.org")
    two = make.customer(lms_lead_id=None, email="two@example.org")

    job = load(
        f"id,email\n{one.pk},new@example.org\n{two.pk},new@example.org\n",
        mapping={"id": "customer_id"},
    )

    assert counts(job) == (0, 1, 0, 1)


def test_a_row_that_repeats_a_lead_id_is_refused_for_its_lead_id(load):
    job = load("lms_lead_id,email\nA,a@example.org\nA,other@example.org\n")

    assert refusals(job) == [(3, "lms_lead_id", SAME.format(2))]


def test_a_row_that_repeats_an_email_alone_is_refused_for_its_email(load):
    job = load("lms_lead_id,email\nA,a@example.org\n,a@example.org\n")

    assert refusals(job) == [(3, "email", SAME.format(2))]
