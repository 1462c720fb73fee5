import pytest
from django.contrib.auth.models import Permission

from messaging.models import MessageTemplate, MessageTemplateVersion
from messaging.services import save_template
from messaging.templating.problems import TemplateProblems
from messaging.templating.render import render_version
from messaging.templating.starting import STARTERS
from tests import make
from tests.messaging.template_form import ADD, LIST, MJML, fields, save, saved

pytestmark = pytest.mark.django_db


def errors_of(response):
    assert response.status_code == 200
    return {
        name: list(errors)
        for name, errors in response.context["adminform"].form.errors.items()
    }


def test_saving_makes_the_version_that_is_sent(admin_client, admin_user):
    template = saved(admin_client, body_text="Hello in words")

    version = template.current_version
    assert (version.number, version.created_by) == (1, admin_user)
    assert version.variables == ["member_first_name", "unsubscribe_url"]
    assert template.placeholders == version.variables
    assert version.source["message"] == MJML
    sent = render_version(version, {"member_first_name": "Ada", "unsubscribe_url": "#"})
    assert sent.subject == "News for Ada"
    assert "Hello Ada" in sent.html
    assert sent.text.startswith("Hello in words")


def test_saving_leads_to_the_page_of_the_template(admin_client):
    response = save(admin_client)

    template = MessageTemplate.objects.get()
    assert response.headers["location"] == f"{LIST}{template.pk}/view/"


def test_a_change_of_content_makes_the_next_version(admin_client):
    template = saved(admin_client)

    save(admin_client, template, subject="Other news")

    template.refresh_from_db()
    assert template.current_version.number == 2
    assert template.current_version.subject == "Other news"
    assert template.versions.get(number=1).subject == "News for {{ member_first_name }}"


def test_a_change_of_nothing_or_of_the_name_makes_no_version(admin_client):
    template = saved(admin_client)

    save(admin_client, template)
    save(admin_client, template, name="Better name")

    template.refresh_from_db()
    assert template.name == "Better name"
    assert template.versions.count() == 1


def test_a_template_with_a_mistake_is_not_saved(admin_client):
    template = saved(admin_client)

    response = save(
        admin_client, template, name="New", message=MJML.replace("mj-text", "mj-txt")
    )

    template.refresh_from_db()
    assert errors_of(response)["message"] == ["Line 5: There is no component <mj-txt>."]
    assert "mj-txt" in response.content.decode()
    assert template.name == "News"
    assert template.versions.count() == 1


def test_the_service_saves_nothing_of_a_template_with_a_mistake():
    template = MessageTemplate(name="News", subject="x", message="<mjml>")

    with pytest.raises(TemplateProblems):
        save_template(template)

    assert not MessageTemplate.objects.exists()
    assert not MessageTemplateVersion.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"subject": "{{ a"}, "subject", "“{{” is never closed with “}}”."),
        ({"subject": ""}, "subject", "An e-mail needs a subject."),
        ({"preheader": "{{ a|b }}"}, "preheader", "There is no filter “b”"),
        ({"message": ""}, "message", "Write the message."),
        ({"body_text": "a\n{% if a %}"}, "body_text", "Line 2: “if” is never closed"),
        (
            {"from_address": "a@b\r\nBcc: c@example.org"},
            "from_address",
            "Select a valid choice",
        ),
        (
            {"from_address": "anybody@example.org"},
            "from_address",
            "Select a valid choice",
        ),
        ({"reply_to": "nobody"}, "reply_to", "Select a valid choice"),
        ({"from_name": "A\r\nBcc: c@example.org"}, "from_name", "one line"),
        ({"type": "letter"}, "type", "Select a valid choice"),
        ({"purpose": ""}, "purpose", "required"),
        ({"name": ""}, "name", "required"),
        ({"message": "a\0b"}, "message", "Null characters"),
    ],
)
def test_a_mistake_is_told_at_its_field(admin_client, changes, field, words):
    response = save(admin_client, **changes)

    assert words in " ".join(errors_of(response)[field])
    assert not MessageTemplate.objects.exists()


def test_two_templates_cannot_have_one_name(admin_client):
    saved(admin_client)

    assert "already exists" in errors_of(save(admin_client))["name"][0]


def test_unknown_names_are_warned_about_and_saved(admin_client):
    make.attribute("age", "numeric")
    message = MJML.replace("member_first_name", "customer.age }}{{ customer.colour")

    response = admin_client.post(ADD, fields(message=message), follow=True)

    told = [str(message) for message in response.context["messages"]]
    assert any("No customer has “colour”" in words for words in told)
    assert not any("“age”" in words for words in told)
    assert MessageTemplate.objects.exists()


def test_what_somebody_else_saved_meanwhile_is_not_overwritten(admin_client):
    template = saved(admin_client)
    opened = template.current_version_id
    save(admin_client, template, subject="Theirs")

    response = save(admin_client, template, subject="Mine", based_on=opened)

    template.refresh_from_db()
    assert "Somebody else has saved" in errors_of(response)["__all__"][0]
    assert template.subject == "Theirs"


def test_only_an_e_mail_is_written_in_markup(admin_client):
    template = saved(
        admin_client, type="whatsapp", message="Hi {{ member_first_name }}"
    )

    assert template.templating_type == "text"
    assert template.current_version.text == "Hi {{ member_first_name }}"


def test_a_notification_has_the_title_that_is_usual(admin_client):
    template = saved(admin_client, type="in_app", message="Hi")

    assert (template.title, template.icon) == ("Notification", "info")
    assert template.current_version.subject == "Notification"


@pytest.mark.parametrize("key", STARTERS)
def test_every_starter_opens_and_saves_as_it_is(admin_client, key):
    address = f"{LIST}add/?start={key}"

    form = admin_client.get(address).context["adminform"].form
    values = form.initial | {"subject": form.initial["subject"] or "Hello"}
    response = admin_client.post(address, fields(**values, name="Mine"))

    assert response.status_code == 302
    assert MessageTemplate.objects.get().current_version.number == 1


def test_the_page_to_start_from_shows_the_designs(admin_client):
    page = admin_client.get(f"{LIST}add/").content.decode()

    assert page.count("<iframe srcdoc=") == 6
    assert page.count("?start=") == len(STARTERS)


def test_a_copy_begins_with_what_the_original_says(admin_client):
    template = saved(admin_client, preheader="Soon")

    form = admin_client.get(f"{LIST}add/?copy={template.pk}").context["adminform"].form

    assert form.initial["name"] == "Copy of News"
    assert form.initial["preheader"] == "Soon"


@pytest.mark.parametrize(
    "query", ["start=nothing", "copy=0", "copy=x", "copy=" + "9" * 30]
)
def test_a_strange_start_opens_an_empty_form(admin_client, query):
    assert admin_client.get(f"{LIST}add/?{query}").status_code == 200


def test_a_template_that_nothing_was_sent_with_can_be_deleted(admin_client):
    template = saved(admin_client)
    save(admin_client, template, subject="Second version")

    admin_client.post(f"{LIST}{template.pk}/delete/", {"post": "yes"})

    assert not MessageTemplate.objects.exists()
    assert not MessageTemplateVersion.objects.exists()


def test_a_template_that_was_used_cannot_be_deleted(admin_client):
    template = make.template()
    make.automation(template=template)

    response = admin_client.post(f"{LIST}{template.pk}/delete/", {"post": "yes"})

    assert MessageTemplate.objects.filter(pk=template.pk).exists()
    assert response.status_code in (200, 403)


def marketer(client, *codenames):
    names = ("view", "add", "change", "delete")
    wanted = [f"{name}_messagetemplate" for name in names] + list(codenames)
    user = make.user()
    user.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    client.force_login(user)


def test_transactional_templates_want_a_permission_of_their_own(client):
    marketer(client)
    template = make.template(purpose="transactional")

    assert "purpose" in errors_of(save(client, purpose="transactional"))
    assert save(client, template, subject="Mine").status_code == 403
    assert client.post(f"{LIST}{template.pk}/delete/").status_code == 403


def test_who_has_the_permission_writes_transactional_templates(client):
    marketer(client, "write_transactional")

    template = saved(client, purpose="transactional")

    assert template.current_version.purpose == "transactional"


def test_who_may_only_look_sees_the_page_instead_of_the_form(client):
    user = make.user()
    user.user_permissions.set(
        Permission.objects.filter(codename="view_messagetemplate")
    )
    client.force_login(user)
    template = make.template()

    response = client.get(f"{LIST}{template.pk}/change/")

    assert response.headers["location"] == f"{LIST}{template.pk}/view/"
    assert save(client, template).status_code == 403
    assert save(client).status_code == 403
    assert client.get(f"{LIST}add/").status_code == 403
