import pytest
from django.contrib.auth.models import Group

from customers.services import erase_customer, export_customer
from marketing_os.roles import make_roles
from portal.models import PublicPage, VisitorMessage
from tests import make

pytestmark = pytest.mark.django_db
URL = "/admin/portal/publicpage/"
TEXTS = {
    "headline": "Come in",
    "introduction": "We are open.",
    "neutral": "Thank you.",
    "new": "Welcome.",
    "low_engagement": "Hello {{ member_first_name }}.",
    "churn_risk": "We miss you.",
    "healthy": "{% if purchases > 3 %}Often here{% endif %}",
}


def text_of(response):
    return response.content.decode()


def test_staff_write_what_the_public_page_says(admin_client, client):
    saved = admin_client.post(URL, TEXTS)

    assert saved.status_code == 302
    assert "Come in" in text_of(client.get("/"))
    assert PublicPage.current().makes_task is False


def test_a_preview_fills_the_texts_in_and_saves_nothing(admin_client):
    page = text_of(admin_client.post(URL, TEXTS | {"preview": "1"}))

    assert "Hello Ada." in page
    assert "Often here" in page
    assert not PublicPage.objects.exists()


@pytest.mark.parametrize(
    "text", ["{% if %}", "{{ customer.__class__ }}{{ x() }}", "{% include 'a' %}"]
)
def test_a_text_that_cannot_be_read_is_named(admin_client, text):
    page = admin_client.post(URL, TEXTS | {"healthy": text})

    assert page.status_code == 200
    assert "nothing was saved" in text_of(page)
    assert not PublicPage.objects.exists()


def test_changes_are_kept_line_by_line(admin_client):
    admin_client.post(URL, TEXTS)
    admin_client.post(URL, TEXTS | {"neutral": "Thanks a lot."})

    page = text_of(admin_client.get(f"{URL}history/"))

    assert "Thank you." in page
    assert "Thanks a lot." in page


def test_who_may_only_look_changes_nothing(client):
    make_roles()
    viewer = make.user(is_staff=True)
    viewer.groups.add(Group.objects.get(name="Viewer"))
    client.force_login(viewer)

    assert client.get(URL).status_code == 200
    assert client.post(URL, TEXTS).status_code == 403


def test_messages_stand_in_a_list_with_their_senders(admin_client):
    VisitorMessage.objects.create(
        name="Ada", email="ada@example.org", message="<b>Hello</b>"
    )

    page = text_of(admin_client.get("/admin/portal/visitormessage/"))

    assert "ada@example.org" in page
    assert "&lt;b&gt;Hello" in page


def test_an_erasure_takes_the_messages_under_the_address_along(admin_user):
    ada = make.customer(email="ada@example.org")
    for email in ("ADA@example.org", "nobody@example.org"):
        VisitorMessage.objects.create(name="A", email=email, message="Hello")
    assert "ADA@example.org" in str(export_customer(ada, by=admin_user))

    erase_customer(ada, by=admin_user)

    assert VisitorMessage.objects.get().email == "nobody@example.org"
