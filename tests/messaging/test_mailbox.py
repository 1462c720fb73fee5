import pytest
from django.urls import reverse

from messaging import mailbox
from messaging.services import send_test_mail
from messaging.services.sweeping import sweep_leases
from messaging.templating.render import Rendered
from tests import make
from tests.messaging import ledger

pytestmark = pytest.mark.django_db
LIST = reverse("admin:messaging_mailbox")


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.MAILBOX_DIR = tmp_path / "mailbox"


def test_an_empty_mailbox_says_what_to_do(admin_client):
    page = admin_client.get(LIST).content.decode()

    assert "The mailbox is empty." in page


def test_without_a_mail_server_mails_are_kept_and_shown(admin_client):
    make.customer(first_name="Zoë", email="zoe@example.org")
    delivery = ledger.dispatch().deliveries.get()
    ledger.send()

    listed = admin_client.get(LIST).content.decode()
    page = admin_client.get(
        reverse("admin:messaging_mailbox_mail", args=(delivery.pk,))
    ).content.decode()
    frame = admin_client.get(
        reverse("admin:messaging_mailbox_html", args=(delivery.pk,))
    )

    assert "News for Zoë" in listed
    assert "zoe@example.org" in listed
    assert "Hello Zoë" in page
    assert "List-Unsubscribe-Post" in page
    assert "<p>Hello Zoë</p>" in frame.content.decode()
    policy = frame["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox;")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.provider) == ("accepted", "mailbox")


def test_the_same_delivery_is_never_there_twice():
    make.customer()
    dispatch = ledger.dispatch()
    ledger.send()
    # As if the worker had died before it wrote down the answer.
    dispatch.deliveries.update(state="sending", lease_until="2020-01-01T00:00Z")

    sweep_leases()
    assert ledger.send() == 1

    assert len(list(mailbox.kept_mails())) == 1
    assert dispatch.deliveries.get().state == "accepted"


def test_words_are_searched_in_receivers_and_subjects(admin_client):
    for name in ("Ada", "Bob"):
        make.customer(first_name=name, email=f"{name.lower()}@example.org")
    ledger.dispatch()
    ledger.send()

    by_subject = admin_client.get(LIST, {"q": "news ADA"}).content.decode()
    by_receiver = admin_client.get(LIST, {"q": "bob@"}).content.decode()
    nothing = admin_client.get(LIST, {"q": "carla"}).content.decode()

    assert "News for Ada" in by_subject
    assert "News for Bob" not in by_subject
    assert "News for Bob" in by_receiver
    assert "No mail has these words." in nothing


def test_a_test_mail_is_kept_beside_the_deliveries():
    send_test_mail(
        rendered=Rendered("A test", "<p>Hello</p>", "Hello"), to="me@example.org"
    )

    [mail] = mailbox.kept_mails()
    assert (mail.to, mail.subject) == ("me@example.org", "A test")


@pytest.mark.parametrize("name", ["nothing", "..", "a" * 200, "1%00", "é"])
def test_other_names_lead_nowhere(admin_client, own_folder, name):
    for view in ("", "html/"):
        assert admin_client.get(f"{LIST}{name}/{view}").status_code == 404


@pytest.mark.parametrize("page", ["0", "-1", "abc", "9" * 50, "2"])
def test_any_page_number_is_answered(admin_client, page):
    assert admin_client.get(LIST, {"page": page}).status_code == 200
