import pytest

from customers.models import Consent, CreditEntry, MemberOffer, MemberTag
from marketing_os.lib.api.keys import create_key
from messaging.models import Delivery, Dispatch
from tests import make
from tests.api.conftest import client_with

pytestmark = pytest.mark.django_db
CONSENT = {
    "lms_lead_id": "A",
    "status": "granted",
    "evidence": "Ticked the box on /news",
    "occurred_at": "2026-11-02T09:30:00Z",
}
MEMBER = {
    "tags": ({"lms_lead_id": "A", "tag": "vip"}, MemberTag),
    "consents": (CONSENT, Consent),
    "offers": (
        {"lms_lead_id": "A", "offer_code": "SPRING", "expiry_date": "2027-03-31"},
        MemberOffer,
    ),
    "credits": ({"lms_lead_id": "A", "amount": "25.00"}, CreditEntry),
}


@pytest.mark.parametrize(
    ("resource", "row", "model"), [(n, *v) for n, v in MEMBER.items()]
)
def test_one_is_published_read_and_listed(api, resource, row, model):
    customer = make.customer(lms_lead_id="A")
    url = f"/api/v1/{resource}/"

    response = api.post(url, row, format="json")

    body = response.json()
    assert response.status_code == 201
    assert body["customer_id"] == customer.pk
    assert model.objects.get().pk == body["id"]
    assert api.get(f"{url}{body['id']}/").json() == body
    assert api.get(url, {"lms_lead_id": "A"}).json()["results"] == [body]
    assert api.get(url, {"lms_lead_id": "B"}).json()["results"] == []


@pytest.mark.parametrize(
    ("resource", "row", "model"), [(n, *v) for n, v in MEMBER.items()]
)
def test_a_batch_keeps_the_good_ones(api, resource, row, model):
    make.customer(lms_lead_id="A")
    items = [row, {**row, "lms_lead_id": "?"}, {}]

    response = api.post(f"/api/v1/{resource}/batch/", {"items": items}, format="json")

    statuses = [one["status"] for one in response.json()["results"]]
    assert response.status_code == 207
    assert statuses == ["created", "rejected", "rejected"]
    assert model.objects.count() == 1


@pytest.mark.parametrize("resource", ["offers", "credits"])
def test_an_external_id_counts_once(api, resource):
    make.customer(lms_lead_id="A")
    row, model = MEMBER[resource]
    row = {**row, "external_id": "x-1"}

    first = api.post(f"/api/v1/{resource}/", row, format="json")
    again = api.post(f"/api/v1/{resource}/", row, format="json")
    batch = api.post(f"/api/v1/{resource}/batch/", {"items": [row, row]}, format="json")

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert [one["id"] for one in batch.json()["results"]] == [first.json()["id"]] * 2
    assert model.objects.count() == 1


@pytest.mark.parametrize(
    ("resource", "change", "field"),
    [
        ("tags", {"tag": ""}, "tag"),
        ("tags", {"tag": "x" * 101}, "tag"),
        ("consents", {"evidence": ""}, "evidence"),
        ("consents", {"status": "perhaps"}, "status"),
        ("consents", {"channel": "pigeon"}, "channel"),
        ("offers", {"expiry_date": "tomorrow"}, "expiry_date"),
        ("credits", {"amount": "lots"}, "amount"),
        ("credits", {"amount": 10**11}, "amount"),
        ("credits", {"external_id": "x" * 181}, "external_id"),
    ],
)
def test_what_cannot_be_taken_is_named(api, resource, change, field):
    make.customer(lms_lead_id="A")

    response = api.post(
        f"/api/v1/{resource}/", {**MEMBER[resource][0], **change}, format="json"
    )

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == field


def test_a_tag_is_taken_off(api):
    make.customer(lms_lead_id="A")
    api.post("/api/v1/tags/", {"lms_lead_id": "A", "tag": "vip"}, format="json")

    response = api.post(
        "/api/v1/tags/",
        {"lms_lead_id": "A", "tag": "vip", "action": "remove"},
        format="json",
    )

    assert response.status_code == 200
    assert not MemberTag.objects.exists()


def test_segments_and_who_is_in_them(api):
    ada, _ben = make.customer(), make.customer()
    segment = make.segment(ada)

    listed = api.get("/api/v1/segments/").json()["results"]
    inside = api.get(f"/api/v1/segments/{segment.pk}/customers/").json()["results"]

    assert [one["name"] for one in listed] == [segment.name]
    assert [one["id"] for one in inside] == [ada.pk]
    assert api.get("/api/v1/segments/999999/customers/").status_code == 404
    assert api.post("/api/v1/segments/", {}, format="json").status_code == 403


def test_deliveries_say_what_was_sent_or_why_not(api):
    ada = make.customer()
    dispatch = Dispatch.objects.create(
        template=make.template(), source_key="test:1", name="News"
    )
    delivery = Delivery.objects.create(
        dispatch=dispatch, customer=ada, channel="email", lane=2, state="skipped",
        reason="no_consent",
    )  # fmt: skip

    found = api.get("/api/v1/deliveries/", {"state": "skipped"}).json()["results"]

    assert [one["reason"] for one in found] == ["no_consent"]
    assert api.get(f"/api/v1/deliveries/{delivery.pk}/").json() == found[0]
    assert api.get("/api/v1/deliveries/", {"state": "lost"}).status_code == 400


@pytest.mark.parametrize(
    ("resource", "scope"),
    [
        *((name, "members") for name in MEMBER),
        ("segments", "segments"),
        ("deliveries", "deliveries"),
        ("automations", "automations"),
        ("attributes", "customers"),
        ("activities", "events"),
    ],
)
def test_each_resource_has_its_scope(resource, scope):
    _key, right = create_key("right", [f"{scope}:read"])
    other = "events:read" if scope != "events" else "customers:read"
    _key, wrong = create_key("wrong", [other])
    url = f"/api/v1/{resource}/"

    assert client_with(right).get(url).status_code == 200
    assert client_with(right).post(url, {}, format="json").status_code == 403
    assert client_with(wrong).get(url).status_code == 403


@pytest.fixture
def intake(api):
    customer = make.customer(lms_lead_id="A")
    row = {
        "lms_lead_id": "A",
        "field_type": "date",
        "field_name": "intake",
        "field_value": "2027-02-01",
    }
    return customer, api.post("/api/v1/attributes/", row, format="json").json()["id"]


def test_one_attribute_is_changed_and_removed(api, intake):
    customer, pk = intake
    url = f"/api/v1/attributes/{pk}/"

    changed = api.patch(url, {"field_value": "2027-03-01"}, format="json")
    assert (changed.status_code, changed.json()["field_value"]) == (200, "2027-03-01")

    removed = api.delete(url)
    assert removed.status_code == 204
    assert api.get(url).status_code == 404
    customer.refresh_from_db()
    assert customer.attributes == {}


@pytest.mark.parametrize(
    "body",
    [{"field_value": "soon"}, {"field_value": None}, {}, [], {"field_name": "x"}],
)
def test_an_attribute_keeps_its_type(api, intake, body):
    _customer, pk = intake

    response = api.patch(f"/api/v1/attributes/{pk}/", body, format="json")

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "field_value"


def test_a_test_key_neither_changes_nor_removes(api, intake):
    customer, pk = intake
    _key, secret = create_key("t", ["customers:write"], is_test=True)
    client, url = client_with(secret), f"/api/v1/attributes/{pk}/"

    patched = client.patch(url, {"field_value": "2027-03-01"}, format="json")
    client.delete(url)

    customer.refresh_from_db()
    assert patched.json() == {"valid": True, "stored": False}
    assert customer.attributes == {"intake": "2027-02-01"}


@pytest.mark.parametrize("pk", [0, 1, 2**20, 2**63 - 1, 2**63, 10**30])
@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_what_is_not_there_is_not_found(api, method, pk):
    response = getattr(api, method)(f"/api/v1/attributes/{pk}/", {}, format="json")

    assert response.status_code == 404


def test_an_attribute_that_is_cleared_by_a_post_is_answered(api, intake):
    customer, _pk = intake

    response = api.post(
        "/api/v1/attributes/",
        {
            "customer_id": customer.pk,
            "field_type": "date",
            "field_name": "intake",
            "field_value": None,
        },
        format="json",
    )

    assert response.status_code == 200
