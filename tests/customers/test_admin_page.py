import datetime

import pytest
from django.utils import timezone

from customers.models import Consent, CustomerAttributeDates, Device, MemberTag
from marketing_os.lib.registry import Panel, TimelineEntry, registry
from tests import make

pytestmark = pytest.mark.django_db


def text_of(response):
    return " ".join(response.content.decode().split())


def test_the_page_shows_information_attributes_and_what_stands_beside(admin_client):
    make.attribute("Total Visits", "numeric")
    make.attribute("Courses", "array")
    ada = make.customer(
        first_name="Ada", attributes={"Total Visits": 12.5, "Courses": ["Data"]}
    )
    CustomerAttributeDates.objects.create(
        customer=ada, dates={"Total Visits": [1767225600, 1767312000.5]}
    )
    MemberTag.objects.create(customer=ada, tag="vip")
    Consent.objects.create(customer=ada, granted=False, source="import 7")
    Device.objects.create(customer=ada, device_type="tablet")

    shown = text_of(admin_client.get(ada.get_absolute_url()))

    for text in (
        ada.email,
        ada.lms_lead_id,
        "12.5",
        "Number",
        "Data",
        "1 Jan 2026, 00:00",
        "2 Jan 2026, 00:00",
        "vip",
        "Declined",
        "Tablet",
    ):
        assert text in shown


def test_sensitive_attributes_need_their_own_permission(client):
    make.attribute("Illness", sensitive=True)
    ada = make.customer(attributes={"Illness": "flu"})
    clerk = make.grant(make.user(), "customers.view_customer")

    client.force_login(clerk)
    hidden = text_of(client.get(ada.get_absolute_url()))
    client.force_login(make.grant(clerk, "customers.view_sensitive"))
    seen = text_of(client.get(ada.get_absolute_url()))

    assert "flu" not in hidden
    assert "Illness" not in hidden
    assert "flu" in seen


def test_what_the_customer_wrote_is_shown_as_text(admin_client):
    make.attribute("Note")
    ada = make.customer(
        first_name="<script>alert(1)</script>", attributes={"Note": "<b>hi</b>"}
    )

    shown = text_of(admin_client.get(ada.get_absolute_url()))

    assert "<script>alert(1)" not in shown
    assert "<b>hi</b>" not in shown


def test_the_timeline_merges_every_source_newest_first(admin_client, monkeypatch):
    now = timezone.now()
    ada = make.customer(created_date=now - datetime.timedelta(days=9))
    make.funnel_event(ada, "Won", created_date=now - datetime.timedelta(days=3))
    make.activity(ada, "purchase", occurred_at=now - datetime.timedelta(days=4))
    Consent.objects.create(
        customer=ada,
        granted=True,
        source="form",
        occurred_at=now - datetime.timedelta(days=2),
    )
    mail = TimelineEntry(now - datetime.timedelta(days=1), "mail", "Mail read")
    monkeypatch.setattr(
        registry,
        "timeline_sources",
        [*registry.timeline_sources, lambda customer, limit: [mail]],
    )

    timeline = admin_client.get(ada.get_absolute_url()).context["timeline"]

    assert [entry.title for entry in timeline] == [
        "Mail read",
        "Agreed to email",
        "Enquiry → Won",
        "purchase",
        "Became known",
    ]


def test_the_timeline_shows_more_on_demand(admin_client):
    ada = make.customer()
    for _ in range(45):
        make.activity(ada)

    first = admin_client.get(ada.get_absolute_url())
    second = admin_client.get(ada.get_absolute_url(), {"timeline": 60})

    assert len(first.context["timeline"]) == 30
    assert "?timeline=60" in first.content.decode()
    assert len(second.context["timeline"]) == 46
    assert "Show more" not in second.content.decode()


def test_other_apps_add_panels(admin_client, monkeypatch):
    ada = make.customer()
    shown = Panel(
        "mails",
        "Mails to her",
        "admin/customers/attribute_value.html",
        lambda request, customer: {"value": f"Three mails to {customer.pk}"},
    )
    left_out = Panel(
        "tasks", "Not for this one", "none.html", lambda request, customer: None
    )
    monkeypatch.setattr(registry, "customer_panels", [shown, left_out])

    page = text_of(admin_client.get(ada.get_absolute_url()))

    assert "Mails to her" in page
    assert "Not for this one" not in page


def test_the_number_of_queries_is_bounded(admin_client, django_assert_max_num_queries):
    ada = make.customer(attributes={f"a{n}": n for n in range(20)})
    for number in range(20):
        make.attribute(f"a{number}", "numeric")
        make.funnel_event(ada)
        make.activity(ada)

    with django_assert_max_num_queries(41):
        admin_client.get(ada.get_absolute_url())


def test_an_unknown_customer_leads_back_with_a_word(admin_client):
    response = admin_client.get("/admin/customers/customer/999/change/", follow=True)

    assert "doesn’t exist" in response.content.decode()
