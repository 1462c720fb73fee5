import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from messaging.mailbox import open_mail, page_of_mails
from messaging.templating.starting import DESIGNS
from tests import make
from tests.messaging.hostile import BOMBS, LEAKS
from tests.messaging.template_form import LIST, MJML, PREVIEW, TEST, fields, saved

pytestmark = pytest.mark.django_db
CUSTOMERS = f"{LIST}customers/"


def preview(client, **changes):
    response = client.post(PREVIEW, fields(**changes))
    assert response.status_code == 200
    return response.json()


def problems(answer):
    return [(at["line"], at["level"], at["message"]) for at in answer["problems"]]


def look_as(client, *codenames):
    user = make.user()
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return user


def test_a_preview_is_filled_in_for_a_real_customer(admin_client):
    customer = make.customer(first_name="Grace", attributes={"age": 29})

    answer = preview(admin_client, customer=customer.pk)

    assert answer["subject"] == "News for Grace"
    assert "Hello Grace" in answer["html"]
    assert "Hello Grace" in answer["text"]
    assert answer["values"]["customer.age"] == "29"
    assert answer["problems"] == []


def test_without_a_customer_made_up_values_are_used(admin_client):
    assert preview(admin_client)["subject"] == "News for Ada"


def test_a_preview_tells_mistakes_with_line_and_column(admin_client):
    answer = preview(admin_client, message=MJML.replace("mj-text", "mj-txt"))

    assert not answer["rendered"]
    assert problems(answer) == [(5, "error", "There is no component <mj-txt>.")]
    assert answer["problems"][0]["column"] == 9
    assert answer["problems"][0]["field"] == "message"


def test_a_preview_warns_and_is_made(admin_client):
    answer = preview(admin_client, subject="{{ customer.nope }} {{ customer.email }}")

    assert answer["rendered"]
    assert problems(answer) == [
        (1, "warning", "No customer has “nope”; it stays empty.")
    ]


def test_a_name_with_a_default_is_not_warned_about(admin_client):
    subject = (
        "{% if customer.x %}{{ customer.x }}{% endif %}{{ customer.y|default('a') }}"
    )

    assert preview(admin_client, subject=subject)["problems"] == []


def test_a_saved_version_is_shown_by_its_number(admin_client):
    version = saved(admin_client).current_version

    answer = admin_client.post(PREVIEW, {"version": version.pk}).json()

    assert answer["subject"] == "News for Ada"


def test_the_frame_may_load_pictures_and_run_nothing(admin_client):
    answer = preview(admin_client)

    assert "default-src 'none'" in answer["html"]
    assert "script-src" not in answer["html"]


@pytest.mark.parametrize(
    "changes",
    [
        {"customer": "0"},
        {"customer": "x"},
        {"customer": "9" * 40},
        {"customer": "\0"},
        {"type": "letter"},
        {"type": ""},
        {"templating_type": "word"},
        {"purpose": "none"},
        {"subject": "\0"},
        {"subject": "a\r\nBcc: b@example.org"},
        {"message": "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")},
        {"version": "x"},
        {"version": "9" * 30},
        {"message": "x" * 200_001},
    ],
)
def test_strange_input_gets_an_answer(admin_client, changes):
    assert "problems" in preview(admin_client, **changes)


@pytest.mark.parametrize("template", [*LEAKS, *BOMBS[::3]], ids=lambda text: text[:30])
def test_hostile_input_gets_an_answer(admin_client, template):
    answer = preview(admin_client, message=MJML.replace("Hello", template))

    assert "problems" in answer


def test_too_much_input_is_refused(admin_client):
    response = admin_client.post(PREVIEW, fields(message="x" * 6_000_000))

    assert response.status_code in (400, 413)


def test_a_preview_is_asked_for_by_post_with_a_token_and_a_permission(client):
    assert client.post(PREVIEW, fields()).status_code == 302
    look_as(client)
    assert client.post(PREVIEW, fields()).status_code == 403
    look_as(client, "view_messagetemplate")
    assert client.get(PREVIEW).status_code == 405
    assert client.post(PREVIEW, fields()).status_code == 200


def test_a_preview_without_a_token_is_refused():
    client = Client(enforce_csrf_checks=True)
    client.force_login(make.administrator())

    assert client.post(PREVIEW, fields()).status_code == 403


def test_who_may_not_see_customers_gets_made_up_values(client):
    customer = make.customer(first_name="Grace")
    look_as(client, "view_messagetemplate")

    assert preview(client, customer=customer.pk)["subject"] == "News for Ada"
    assert client.get(CUSTOMERS).status_code == 403


def test_sensitive_attributes_want_a_permission_of_their_own(client):
    definition = make.attribute("diagnosis")
    definition.sensitive = True
    definition.save()
    customer = make.customer(attributes={"diagnosis": "canary"})
    changes = {"customer": customer.pk, "subject": "{{ customer.diagnosis }}!"}

    look_as(client, "view_messagetemplate", "view_customer")
    assert preview(client, **changes)["subject"] == "!"
    look_as(client, "view_messagetemplate", "view_customer", "view_sensitive")
    assert preview(client, **changes)["subject"] == "canary!"


def test_customers_are_found_by_their_words(admin_client):
    make.customer(first_name="Grace", email="grace@example.org")
    make.customer(first_name="Alan")

    found = admin_client.get(CUSTOMERS, {"q": "grac"}).json()["customers"]

    assert [customer["email"] for customer in found] == ["grace@example.org"]


@pytest.mark.parametrize("words", ["", "\0", "'\"\\;--&|!():*", "x" * 5_000])
def test_no_words_break_the_search_for_customers(admin_client, words):
    assert admin_client.get(CUSTOMERS, {"q": words}).status_code == 200


def test_a_test_is_sent_to_oneself(client):
    user = make.administrator(email="me@example.org")
    client.force_login(user)
    customer = make.customer(first_name="Grace")

    answer = client.post(TEST, fields(customer=customer.pk)).json()

    mails, _more = page_of_mails("me@example.org", 0, 5)
    assert answer == {"sent": True, "message": "A test was sent to me@example.org."}
    message = open_mail(mails[0].name)
    assert message["To"] == "me@example.org"
    assert message["Subject"] == "[Test] News for Grace"
    assert "Hello Grace" in message.get_body(("html",)).get_content()


def test_a_saved_version_is_sent_as_a_test_too(admin_client, admin_user):
    version = saved(admin_client).current_version

    answer = admin_client.post(TEST, {"version": version.pk}).json()

    mails, _more = page_of_mails(admin_user.email, 0, 1)
    assert answer["sent"]
    assert mails[0].subject == "[Test] News for Ada"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"message": "{{ a"}, "never closed"),
        ({"type": "whatsapp", "message": "Hi"}, "Only e-mails"),
        ({"type": "letter"}, "Only e-mails"),
    ],
)
def test_a_test_that_cannot_be_sent_says_why(admin_client, changes, words):
    answer = admin_client.post(TEST, fields(**changes)).json()

    assert not answer["sent"]
    assert words in answer["message"]


def test_a_test_wants_an_address_and_the_permission_to_write(client):
    client.force_login(make.administrator(email=""))
    assert "no e-mail address" in client.post(TEST, fields()).json()["message"]

    look_as(client, "view_messagetemplate")
    assert client.post(TEST, fields()).status_code == 403


@pytest.mark.parametrize("starter", DESIGNS, ids=lambda starter: starter.key)
def test_every_design_is_complete_without_a_word_known(admin_client, starter):
    answer = preview(admin_client, **starter.initial())

    assert answer["problems"] == []
    assert answer["html"].count("/u/example") == 1
    assert "prefers-color-scheme: dark" in answer["html"]
    assert "{{" not in answer["html"] + answer["text"]
    assert answer["size"] < 102 * 1024
