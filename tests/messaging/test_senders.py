"""Only addresses that were allowed can stand in a mail as sender or for answers."""

import pytest
from django.urls import reverse

from messaging.models import MessageTemplate, Sender
from messaging.services import resume_dispatch
from tests import make
from tests.messaging import ledger
from tests.messaging.template_form import fields, save

pytestmark = pytest.mark.django_db
LIST = reverse("admin:messaging_sender_changelist")
ADD = reverse("admin:messaging_sender_add")


def sender(**overrides):
    values = {"address": "law@example.org", "name": "School of Law"} | overrides
    return Sender.objects.create(**values)


def text(response):
    return response.content.decode()


def form_errors(response):
    return response.context["adminform"].form.errors


def sent(sink):
    [mail] = sink.mails
    return mail


def test_the_default_sender_needs_no_row(smtp_sink):
    make.customer()
    ledger.dispatch()

    ledger.send()

    assert sent(smtp_sink).message["From"] == "Marketing OS <marketing@example.org>"
    assert sent(smtp_sink).message["Reply-To"] is None


def test_a_template_is_sent_from_the_sender_that_it_names(smtp_sink):
    sender(reply_to="desk@example.org", postal_address="1 Inn Lane\nLondon")
    make.customer()
    ledger.dispatch(template=make.template(from_address="LAW@example.org"))

    ledger.send()

    mail = sent(smtp_sink)
    assert mail.sender == "law@example.org"
    assert mail.message["From"] == "School of Law <law@example.org>"
    assert mail.message["Reply-To"] == "desk@example.org"
    assert mail.message["List-Id"] == "<marketing.example.org>"


def test_the_postal_address_stands_in_each_part_of_marketing_once(smtp_sink):
    sender(postal_address="1 Inn <Lane>\nLondon")
    make.customer()
    ledger.dispatch(template=make.template(from_address="law@example.org"))

    ledger.send()

    plain, page = sent(smtp_sink).message.iter_parts()
    lines = plain.get_content().splitlines()
    assert lines[2:4] == ["1 Inn <Lane>", "London"]
    assert lines.count("London") == 1
    assert page.get_content().count("1 Inn &lt;Lane&gt;<br>London") == 1


def test_no_postal_address_is_added_to_transactional_mail(smtp_sink):
    sender(postal_address="1 Inn Lane")
    make.customer()
    template = make.template(from_address="law@example.org", purpose="transactional")
    ledger.dispatch(template=template)

    ledger.send()

    assert b"Inn Lane" not in sent(smtp_sink).content


@pytest.mark.parametrize(
    "message",
    [
        "<p>News</p>",
        '<p>News</p><a href="{{ unsubscribe_url }}">No more</a>',
        "<p>News</p><p>{{ postal_address }}</p>"
        '<a href="{{ unsubscribe_url }}">No more</a>',
    ],
)
def test_whatever_the_author_names_address_and_way_out_stand_there_once(
    admin, smtp_sink, message
):
    sender(postal_address="1 Inn Lane")
    save(
        admin,
        templating_type="html",
        message=message,
        from_address="law@example.org",
    )
    make.customer()
    ledger.dispatch(template=MessageTemplate.objects.get())

    ledger.send()

    for part in sent(smtp_sink).message.iter_parts():
        assert part.get_content().count("1 Inn Lane") == 1
        assert part.get_content().count("/u/") == 1


def test_the_form_offers_the_allowed_addresses_only(admin):
    sender(reply_to="desk@example.org")
    sender(address="old@example.org", is_active=False)

    page = text(
        admin.get(reverse("admin:messaging_messagetemplate_add") + "?start=blank")
    )

    assert "School of Law &lt;law@example.org&gt;" in page
    assert '<option value="desk@example.org">' in page
    assert "old@example.org" not in page


def test_an_address_that_is_not_allowed_cannot_be_saved(admin):
    refused = save(admin, from_address="ceo@example.com")
    assert "Select a valid choice" in form_errors(refused)["from_address"][0]

    sender()
    assert save(admin, from_address="law@example.org").status_code == 302
    Sender.objects.update(is_active=False)
    [template] = MessageTemplate.objects.all()
    late = save(admin, template, from_address="law@example.org")

    assert "not among the senders" in form_errors(late)["from_address"][0]


def test_an_older_version_cannot_bring_a_sender_back(admin):
    law = sender()
    save(admin, from_address="law@example.org")
    [template] = MessageTemplate.objects.all()
    save(admin, template)
    law.delete()

    url = reverse("admin:messaging_messagetemplate_restore", args=(template.pk, 1))
    page = text(admin.post(url, follow=True))

    assert "is not among the senders that may be used" in page
    template.refresh_from_db()
    assert template.from_address == ""


@pytest.mark.parametrize("field", ["from_address", "reply_to"])
def test_what_goes_out_from_an_address_no_longer_allowed_pauses(smtp_sink, field):
    law = sender()
    make.customers(30)
    dispatch = ledger.dispatch(template=make.template(**{field: law.address}))
    assert ledger.send(limit=20) == 20

    Sender.objects.update(is_active=False)
    ledger.send()

    dispatch.refresh_from_db()
    assert dispatch.state == "paused"
    assert "law@example.org" in dispatch.stopped_because
    assert len(smtp_sink.mails) == 20
    Sender.objects.update(is_active=True)
    resume_dispatch(dispatch)
    ledger.send()
    assert len(smtp_sink.mails) == 30


def test_an_address_written_past_the_form_is_never_sent_from(smtp_sink):
    make.customers(3)
    dispatch = ledger.dispatch(template=make.template(from_address="ceo@example.com"))

    ledger.send()

    assert smtp_sink.mails == []
    dispatch.refresh_from_db()
    assert dispatch.state == "paused"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"address": "law@example.org\r\nBcc: x@example.org"}, "address"),
        ({"address": "a@example.org, b@example.org"}, "address"),
        ({"address": "nobody"}, "address"),
        ({"address": ""}, "address"),
        ({"reply_to": "a@example.org\nBcc: x@example.org"}, "reply_to"),
        ({"name": "Law\r\nBcc: x@example.org"}, "name"),
        ({"name": "Law\u2028Bcc: x@example.org"}, "name"),
        ({"dkim_selector": "mos evil"}, "dkim_selector"),
        ({"address": "LAW@example.org"}, "__all__"),
    ],
)
def test_a_sender_that_could_break_a_header_is_refused(admin, values, field):
    sender()

    response = admin.post(
        ADD, {"address": "new@example.org", "is_active": "on"} | values
    )

    assert field in form_errors(response)
    assert Sender.objects.count() == 1


def test_a_sender_in_use_is_not_deleted(admin):
    law = sender()
    make.template(name="Open day", from_address="law@example.org")

    url = reverse("admin:messaging_sender_delete", args=(law.pk,))
    page = text(admin.post(url, {"post": "yes"}, follow=True))

    assert "is the sender of: Open day" in page
    assert Sender.objects.exists()


def test_the_list_names_the_default_and_says_what_senders_are_for(admin):
    page = text(admin.get(LIST))

    assert "No senders were added yet." in page
    assert "marketing@example.org" in page


def test_who_may_only_look_cannot_change_senders(client):
    law = sender()
    client.force_login(make.grant(make.user(), "messaging.view_sender"))

    assert client.get(LIST).status_code == 200
    assert client.post(ADD, {"address": "x@example.org"}).status_code == 403
    url = reverse("admin:messaging_sender_change", args=(law.pk,))
    assert client.post(url, {"address": "x@example.org"}).status_code == 403


def test_a_from_name_with_a_line_break_is_refused_by_the_form(admin):
    refused = admin.post(
        reverse("admin:messaging_messagetemplate_add") + "?start=blank",
        fields(from_name="A\r\nBcc: c@example.org"),
    )

    assert "one line" in form_errors(refused)["from_name"][0]
