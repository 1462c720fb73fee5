import pytest
from django.urls import reverse

from tests import make

pytestmark = pytest.mark.django_db
LIST = reverse("admin:customers_customer_changelist")


@pytest.fixture
def people():
    make.attribute("Total Visits", "numeric")
    make.attribute("City")
    make.attribute("Birthday", "date")
    make.attribute("Called", "boolean")
    make.attribute("Courses", "array")
    make.attribute("7", "numeric", label="Seven")
    make.customer(
        first_name="Ada",
        attributes={
            "Total Visits": 12.5,
            "City": "London",
            "Birthday": "1990-05-20",
            "Called": True,
            "Courses": ["Data", "Design"],
            "7": 7,
        },
    )
    make.customer(
        first_name="Alan",
        attributes={
            "Total Visits": 3,
            "City": "New London",
            "Birthday": "1985-01-01",
            "Called": False,
            "Courses": ["Law"],
        },
    )
    # A value that is not of its type must neither match nor break the query.
    make.customer(first_name="Odd", attributes={"Total Visits": "many", "City": ""})
    make.customer(first_name="Empty")


def find(client, name, operator, value=""):
    query = {"attribute_0": name, "attribute_1": operator, "attribute_2": value}
    return client.get(LIST, query)


@pytest.mark.parametrize(
    ("name", "operator", "value", "found"),
    [
        ("Total Visits", "is", "12.5", ["Ada"]),
        ("Total Visits", "is", "3.0", ["Alan"]),
        ("Total Visits", "more", "3", ["Ada", "Alan"]),
        ("Total Visits", "less", "12", ["Alan"]),
        ("Total Visits", "unknown", "", ["Empty"]),
        ("City", "is", "London", ["Ada"]),
        ("City", "contains", "london", ["Ada", "Alan"]),
        ("City", "starts", "new", ["Alan"]),
        ("City", "contains", "%", []),
        ("City", "known", "", ["Ada", "Alan", "Odd"]),
        ("Birthday", "more", "1990-05-20", ["Ada"]),
        ("Birthday", "less", "1990-05-19", ["Alan"]),
        ("Called", "is", "no", ["Alan"]),
        ("Courses", "contains", "Design", ["Ada"]),
        ("7", "is", "7", ["Ada"]),
    ],
)
def test_an_attribute_is_compared_by_its_type(
    admin_client, people, name, operator, value, found
):
    response = find(admin_client, name, operator, value)

    rows = response.context["cl"].result_list
    assert sorted(row.first_name for row in rows) == found


@pytest.mark.parametrize(
    ("name", "operator", "value", "sentence"),
    [
        ("Total Visits", "is", "many", "Enter a number, such as 12.5."),
        ("Total Visits", "is", "1e999", "Enter a number, such as 12.5."),
        ("Total Visits", "is", "NaN", "Enter a number, such as 12.5."),
        ("Total Visits", "more", "", "Enter a value to compare with."),
        ("Total Visits", "starts", "1", "“begins with” does not go with Total Visits."),
        ("Birthday", "is", "tomorrow", "Enter a date as year-month-day"),
        ("Called", "is", "maybe", "Enter yes or no."),
        ("Nothing", "is", "1", "Select a valid choice."),
    ],
)
def test_a_condition_that_makes_no_sense_is_answered_at_the_field(
    admin_client, people, name, operator, value, sentence
):
    response = find(admin_client, name, operator, value)

    assert sentence in response.content.decode()
    assert list(response.context["cl"].result_list) == []


def test_a_sensitive_attribute_cannot_be_asked_about_without_permission(client):
    make.attribute("Illness", sensitive=True)
    make.customer(attributes={"Illness": "flu"})
    nurse = make.grant(
        make.user(), "customers.view_customer", "customers.view_sensitive"
    )
    clerk = make.grant(make.user(), "customers.view_customer")

    client.force_login(nurse)
    seen = find(client, "Illness", "is", "flu")
    client.force_login(clerk)
    hidden = find(client, "Illness", "is", "flu")

    assert len(seen.context["cl"].result_list) == 1
    assert "Illness</option>" in " ".join(seen.content.decode().split())
    assert "</option>" in hidden.content.decode()
    assert 'value="Illness"' not in hidden.content.decode()
