import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from messaging.models import Delivery, Dispatch, SendingSwitch, Suppression
from messaging.services import pause_dispatch
from tests import make
from tests.admin_urls import urls_of
from tests.messaging import ledger

pytestmark = pytest.mark.django_db
DELIVERIES = reverse("admin:messaging_delivery_changelist")


def page_of(client, row):
    response = client.get(row.get_absolute_url())
    assert response.status_code == 200
    return response.content.decode()


def names(response):
    return {row.customer.first_name for row in response.context["cl"].result_list}


def a_viewer(*permissions):
    user = make.user()
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def test_a_run_shows_its_counts_and_each_leads_to_its_deliveries(admin_client):
    make.customer(first_name="Ada")
    make.customer(first_name="Bob", email="")
    dispatch = ledger.dispatch()
    ledger.send()

    page = page_of(admin_client, dispatch)
    link = f"{DELIVERIES}?dispatch={dispatch.pk}&state=skipped&reason=no_address"

    assert link.replace("&", "&amp;") in page
    assert "The customer has no e-mail address." in page
    assert "100 %" in page
    assert names(admin_client.get(link)) == {"Bob"}


def test_the_list_of_runs_shows_how_far_each_is(
    admin_client, django_assert_max_num_queries
):
    for _ in range(5):
        make.customer()
    for _ in range(3):
        ledger.dispatch()

    with django_assert_max_num_queries(14):
        response = admin_client.get(reverse("admin:messaging_dispatch_changelist"))

    assert response.content.decode().count("0 / 5") == 3


def test_a_run_is_paused_resumed_and_cancelled_by_buttons(admin_client):
    make.customer()
    dispatch = ledger.dispatch()

    def press(verb):
        address = reverse("admin:messaging_dispatch_do", args=(dispatch.pk, verb))
        response = admin_client.post(address, follow=True)
        dispatch.refresh_from_db()
        return response.content.decode()

    assert "is paused." in press("pause")
    assert dispatch.state == "paused"
    assert "goes on." in press("resume")
    assert dispatch.state == "sending"
    confirm = reverse("admin:messaging_dispatch_cancel", args=(dispatch.pk,))
    assert "One message still waits" in admin_client.get(confirm).content.decode()
    assert dispatch.state == "sending"
    assert "is cancelled." in press("cancel")
    assert dispatch.state == "cancelled"
    assert "is cancelled." in press("pause")
    assert LogEntry.objects.count() == 3


def test_what_is_held_says_so_on_the_run(admin_client):
    make.customer()
    dispatch = ledger.dispatch()

    admin_client.post(reverse("admin:messaging_sending_switch", args=("hold",)))

    assert "All sending is held." in page_of(admin_client, dispatch)
    assert ledger.send() == 0
    assert SendingSwitch.objects.get().changed_by.username == "admin"
    admin_client.post(reverse("admin:messaging_sending_switch", args=("release",)))
    assert "All sending is held." not in page_of(admin_client, dispatch)
    assert ledger.send() == 1


def test_only_who_may_hold_sees_and_turns_the_switch(client):
    client.force_login(a_viewer("view_dispatch"))

    page = client.get(reverse("admin:messaging_sending")).content.decode()
    refused = client.post(reverse("admin:messaging_sending_switch", args=("hold",)))

    assert "Hold all sending" not in page
    assert refused.status_code == 403
    assert not SendingSwitch.objects.filter(is_held=True).exists()


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel"])
def test_a_viewer_cannot_touch_a_run(client, verb):
    make.customer()
    dispatch = ledger.dispatch()
    client.force_login(a_viewer("view_dispatch"))

    assert "Pause" not in page_of(client, dispatch)
    for name in ("messaging_dispatch_do", "messaging_dispatch_cancel"):
        args = (dispatch.pk, verb) if name.endswith("do") else (dispatch.pk,)
        assert client.post(reverse(f"admin:{name}", args=args)).status_code == 403
    dispatch.refresh_from_db()
    assert dispatch.state == "sending"


@pytest.mark.parametrize("model", [Dispatch, Delivery])
def test_rows_of_the_ledger_cannot_be_edited_by_any_address(admin_client, model):
    make.customer()
    ledger.dispatch()
    row = model.objects.get()
    before = model.objects.values().get()

    verbs = ("/do/", "/settle/", "/sending/")
    urls = [url for url in urls_of(model, row.pk) if not any(v in url for v in verbs)]
    for url in urls:
        admin_client.post(url, {"state": "done", "action": "delete_selected"})
        assert model.objects.values().get() == before, url

    assert any(url.endswith("/change/") for url in urls)


def test_without_permission_nothing_of_the_ledger_is_shown(client):
    make.customer()
    dispatch = ledger.dispatch()
    ledger.send()
    delivery = dispatch.deliveries.get()
    client.force_login(make.user())

    for url in (
        dispatch.get_absolute_url(),
        delivery.get_absolute_url(),
        reverse("admin:messaging_delivery_mail", args=(delivery.pk,)),
        reverse("admin:messaging_dispatch_progress", args=(dispatch.pk,)),
        reverse("admin:messaging_sending"),
        reverse("admin:messaging_mailbox"),
        reverse("admin:messaging_mailbox_mail", args=(delivery.pk,)),
        reverse("admin:messaging_mailbox_html", args=(delivery.pk,)),
        DELIVERIES,
    ):
        assert client.get(url).status_code == 403, url


def test_a_delivery_shows_the_very_mail_in_a_frame_that_can_do_nothing(admin_client):
    make.customer(first_name="Zoë", email="zoe@example.org")
    dispatch = ledger.dispatch()
    ledger.send()
    delivery = dispatch.deliveries.get()

    page = page_of(admin_client, delivery)
    frame = admin_client.get(
        reverse("admin:messaging_delivery_mail", args=(delivery.pk,))
    )

    assert "News for Zoë" in page
    assert "It lies in the local mailbox" in page
    assert "List-Unsubscribe=One-Click" in page
    assert '<iframe class="mos-mail-frame" sandbox src=' in page
    assert "is no longer the same" not in page
    assert "<p>Hello Zoë</p>" in frame.content.decode()
    assert frame["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


def test_a_delivery_whose_mail_would_differ_now_says_so(admin_client):
    make.customer()
    dispatch = ledger.dispatch()
    ledger.send()
    delivery = dispatch.deliveries.get()
    delivery.content.sha256 = "0" * 64
    delivery.content.save()

    assert "is no longer the same" in page_of(admin_client, delivery)


def test_a_skipped_delivery_says_why_in_words(admin_client):
    ada = make.customer()
    ledger.withdraw_consent(ada)
    delivery = ledger.dispatch().deliveries.get()

    page = page_of(admin_client, delivery)

    assert "The customer does not want marketing, or never agreed." in page
    assert "No mail was made" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "ada"}, {"Ada"}),
        ({"address": " ADA@Example.org"}, {"Ada"}),
        ({"state": "skipped"}, {"Bob"}),
        ({"reason": "no_address"}, {"Bob"}),
        ({"from_day": "2999-01-01"}, set()),
        ({"q": "nobody"}, set()),
        ({"dispatch": "9223372036854775807"}, set()),
    ],
)
def test_deliveries_are_found(admin_client, query, found):
    make.customer(first_name="Ada", email="ada@example.org")
    make.customer(first_name="Bob", email="")
    ledger.dispatch()

    assert names(admin_client.get(DELIVERIES, query)) == found


def test_the_list_of_deliveries_takes_few_queries(
    admin_client, django_assert_max_num_queries
):
    for _ in range(30):
        make.customer()
    ledger.dispatch()

    with django_assert_max_num_queries(12):
        assert admin_client.get(DELIVERIES).status_code == 200


def test_a_person_settles_what_nobody_knows(admin_client):
    ada, bob = make.customer(), make.customer()
    dispatch = ledger.dispatch()
    dispatch.deliveries.update(
        state="unknown",
        reason="no_answer",
        lease_until=timezone.now() - timezone.timedelta(minutes=11),
    )
    Dispatch.objects.update(state="done")

    for customer, verb in ((ada, "sent"), (bob, "again")):
        delivery = dispatch.deliveries.get(customer=customer)
        assert "Mark as sent" in page_of(admin_client, delivery)
        admin_client.post(
            reverse("admin:messaging_delivery_settle", args=(delivery.pk, verb))
        )

    assert ledger.states(dispatch) == {ada: ("accepted", ""), bob: ("pending", "")}
    dispatch.refresh_from_db()
    assert dispatch.state == "sending"
    assert "Marked as sent" in page_of(
        admin_client, dispatch.deliveries.get(customer=ada)
    )


def test_nobody_settles_while_the_worker_may_still_be_at_it(admin_client):
    make.customer()
    dispatch = ledger.dispatch()
    dispatch.deliveries.update(
        state="unknown",
        reason="no_answer",
        lease_until=timezone.now() - timezone.timedelta(minutes=9),
    )
    delivery = dispatch.deliveries.get()

    assert "You can decide from" in page_of(admin_client, delivery)
    settle = reverse("admin:messaging_delivery_settle", args=(delivery.pk, "again"))
    response = admin_client.post(settle, follow=True)

    assert "may still be at it" in response.content.decode()
    delivery.refresh_from_db()
    assert delivery.state == "unknown"


def test_addresses_are_suppressed_and_let_go(admin_client):
    add = reverse("admin:messaging_suppression_add")
    admin_client.post(add, {"email": "Ada@example.org", "reason": "manual"})
    ada = make.customer(email="ada@EXAMPLE.org")
    assert ledger.states(ledger.dispatch()) == {ada: ("skipped", "suppressed")}

    row = Suppression.objects.get()
    assert row.created_by.username == "admin"
    delete = reverse("admin:messaging_suppression_delete", args=(row.pk,))
    admin_client.post(delete, {"post": "yes"})

    assert ledger.states(ledger.dispatch()) == {ada: ("pending", "")}


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("ADA@example.org", "This address is suppressed already."),
        ("a@b.org, c@d.org", "is not one e-mail address"),
        ("nonsense", "is not one e-mail address"),
    ],
)
def test_a_wrong_address_is_refused_where_it_was_typed(admin_client, email, sentence):
    Suppression.objects.create(email="ada@example.org", reason="manual")

    response = admin_client.post(
        reverse("admin:messaging_suppression_add"), {"email": email, "reason": "manual"}
    )

    assert sentence in response.content.decode()
    assert Suppression.objects.count() == 1


def test_the_customers_page_lists_messages(admin_client):
    ada = make.customer()
    ledger.dispatch(template=make.template(name="Spring news"))
    ledger.send()
    pause_dispatch(ledger.dispatch(template=make.template(name="Summer news")))

    page = admin_client.get(ada.get_absolute_url()).content.decode()

    assert "Spring news" in page
    assert "Message “Summer news”" in page
    assert "It lies in the local mailbox" in page


def test_progress_is_fetched_as_a_part_of_a_page(admin_client):
    make.customer()
    dispatch = ledger.dispatch()

    response = admin_client.get(
        reverse("admin:messaging_dispatch_progress", args=(dispatch.pk,))
    )

    assert 'data-state="sending"' in response.content.decode()
    assert "<html" not in response.content.decode()
