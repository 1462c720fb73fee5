import pytest

from customers.models import AttributeDefinition, Customer
from funnel.models import Activity, FunnelEvent
from marketing_os.lib.api.keys import create_key
from tests import make
from tests.api.conftest import client_with

pytestmark = pytest.mark.django_db

LEAD = {
    "lms_lead_id": "LEAD-1001",
    "first_name": "Noor",
    "email": "noor@example.org",
    "attributes": {"course": "MBA", "score": 71.5, "newsletter": True, "tags": ["a"]},
}


def test_a_customer_comes_in_with_attributes(api):
    response = api.post("/api/v1/customers/", LEAD, format="json")

    assert response.status_code == 201
    assert response.json()["attributes"] == LEAD["attributes"]
    types = dict(AttributeDefinition.objects.values_list("name", "field_type"))
    assert types == {
        "course": "string",
        "score": "numeric",
        "newsletter": "boolean",
        "tags": "array",
    }


def test_the_same_customer_again_is_updated_and_keeps_what_is_not_named(api):
    first = api.post("/api/v1/customers/", LEAD, format="json").json()

    again = api.post(
        "/api/v1/customers/",
        {"lms_lead_id": "LEAD-1001", "attributes": {"score": 80}},
        format="json",
    )

    assert again.status_code == 200
    assert again.json()["id"] == first["id"]
    assert again.json()["first_name"] == "Noor"
    assert again.json()["attributes"]["score"] == 80
    assert again.json()["attributes"]["course"] == "MBA"


def test_a_value_of_another_type_is_refused_with_the_path(api):
    api.post("/api/v1/customers/", LEAD, format="json")

    response = api.post(
        "/api/v1/customers/",
        {"lms_lead_id": "LEAD-1001", "attributes": {"score": "high"}},
        format="json",
    )

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "attributes.score"
    assert Customer.objects.get().attributes["score"] == 71.5


@pytest.mark.parametrize("row", [{"first_name": "Noor"}, {}, {"email": ""}])
def test_a_row_that_names_nobody_is_refused(api, row):
    response = api.post("/api/v1/customers/", row, format="json")

    assert response.status_code == 400
    assert "lms_lead_id" in response.json()["errors"][0]["message"]


def test_a_bad_address_is_refused(api):
    response = api.post(
        "/api/v1/customers/",
        {"lms_lead_id": "L1", "email": "not an address"},
        format="json",
    )

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "email"
    assert not Customer.objects.exists()


def test_one_attribute_is_set_and_read(api):
    customer = make.customer(lms_lead_id="L1")

    response = api.post(
        "/api/v1/attributes/",
        {
            "lms_lead_id": "L1",
            "field_type": "date",
            "field_name": "intake",
            "field_value": "2027-02-01",
        },
        format="json",
    )

    assert response.status_code == 201
    body = response.json()
    assert body["customer_id"] == customer.pk
    assert body["field_value"] == "2027-02-01"
    assert api.get(f"/api/v1/attributes/{body['id']}/").json() == body
    listed = api.get("/api/v1/attributes/", {"lms_lead_id": "L1"}).json()
    assert listed["results"] == [body]


def test_a_funnel_event_is_recorded_once_by_its_external_id(api):
    make.customer(lms_lead_id="L1")
    event = {
        "lms_lead_id": "L1",
        "funnel_type": "sales",
        "to_stage": "application",
        "created_date": "2026-11-02T09:30:00Z",
        "external_id": "crm-1",
    }

    first = api.post("/api/v1/funnel-events/", event, format="json")
    again = api.post("/api/v1/funnel-events/", event, format="json")

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert FunnelEvent.objects.count() == 1


def test_an_unknown_funnel_is_refused(api):
    make.customer(lms_lead_id="L1")

    response = api.post(
        "/api/v1/funnel-events/",
        {"lms_lead_id": "L1", "funnel_type": "party", "to_stage": "x"},
        format="json",
    )

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "funnel_type"


def test_an_activity_of_an_unknown_customer_is_refused(api):
    response = api.post(
        "/api/v1/activities/",
        {"lms_lead_id": "?", "name": "login", "occurred_at": "2026-11-02T09:30:00Z"},
        format="json",
    )

    assert response.status_code == 400
    assert not Activity.objects.exists()


def test_an_activity_keeps_amount_and_properties(api):
    make.customer(email="noor@example.org", lms_lead_id=None)

    response = api.post(
        "/api/v1/activities/",
        {
            "email": "NOOR@example.org",
            "name": "purchase",
            "occurred_at": "2026-11-02T10:30:00+01:00",
            "amount": "149.00",
            "properties": {"course": "MBA", "seats": 2},
        },
        format="json",
    )

    assert response.status_code == 201
    body = response.json()
    assert body["amount"] == "149.00"
    assert body["properties"] == {"course": "MBA", "seats": 2}
    assert body["occurred_at"] == "2026-11-02T09:30:00Z"


def test_a_test_key_checks_and_stores_nothing():
    _key, secret = create_key("trial", ["customers:write"], is_test=True)
    client = client_with(secret)

    good = client.post("/api/v1/customers/", LEAD, format="json")
    bad = client.post("/api/v1/customers/", {"first_name": "x"}, format="json")

    assert good.json() == {"valid": True, "stored": False}
    assert bad.status_code == 400
    assert not Customer.objects.exists()
    assert not AttributeDefinition.objects.exists()


def test_sensitive_attributes_need_their_own_scope(api):
    AttributeDefinition.objects.create(
        name="challenge", field_type="string", sensitive=True
    )
    customer = make.customer(attributes={"challenge": "sleep", "age": 30})
    _key, secret = create_key("reader", ["customers:read"])
    url = f"/api/v1/customers/{customer.pk}/"

    assert client_with(secret).get(url).json()["attributes"] == {"age": 30}
    assert api.get(url).json()["attributes"] == {"challenge": "sleep", "age": 30}


def test_lists_come_in_pages_by_cursor(api):
    customers = [make.customer() for _ in range(5)]

    first = api.get("/api/v1/customers/", {"page_size": 3}).json()
    rest = api.get(first["next"]).json()

    ids = [row["id"] for row in first["results"] + rest["results"]]
    assert ids == sorted((c.pk for c in customers), reverse=True)
    assert rest["next"] is None


@pytest.mark.parametrize(
    "query",
    [
        {"customer_id": "x"},
        {"customer_id": "9" * 40},
        {"created_after": "yesterday"},
        {"search": "a\0b"},
        {"search": "' & | ! :* ("},
        {"cursor": "%%%"},
        {"page_size": "-1"},
        {"email": "x" * 5000},
    ],
)
@pytest.mark.parametrize(
    "resource", ["customers", "attributes", "funnel-events", "activities"]
)
def test_odd_filters_are_answered(api, resource, query):
    response = api.get(f"/api/v1/{resource}/", query)

    assert response.status_code in (200, 400, 404)


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_events_are_not_changed(api, method):
    customer = make.customer()
    event = FunnelEvent.objects.create(
        customer=customer, funnel_type="sales", to_stage="won"
    )

    response = getattr(api, method)(f"/api/v1/funnel-events/{event.pk}/", {})

    assert response.status_code == 405


def test_a_key_that_may_only_write_reads_nobody():
    _key, secret = create_key("form", ["customers:write"])
    make.attribute("age", "numeric")
    make.attribute("city")
    ada = make.customer(
        first_name="Ada", email="ada@example.org", attributes={"city": "Pune", "age": 3}
    )

    answer = client_with(secret).post(
        "/api/v1/customers/",
        {"customer_id": ada.pk, "last_name": "King", "attributes": {"age": 4}},
        format="json",
    )

    assert answer.status_code == 200
    assert answer.json() == {
        "id": ada.pk,
        "last_name": "King",
        "attributes": {"age": 4},
    }


def test_an_empty_value_does_not_ask_for_the_one_that_is_there():
    _key, secret = create_key("form", ["customers:write"])
    make.attribute("city")
    ada = make.customer(first_name="Ada", attributes={"city": "Pune"})

    answer = client_with(secret).post(
        "/api/v1/customers/",
        {"customer_id": ada.pk, "first_name": "", "attributes": {"city": ""}},
        format="json",
    )

    assert "Ada" not in answer.content.decode()
    assert "Pune" not in answer.content.decode()
