"""Nobody writes a header, or adds a receiver, by what stands in an address."""

import email
import email.policy
import email.utils
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from messaging.channels import CHANNELS
from messaging.channels.base import ImpossibleMailError, Mail
from messaging.channels.mime import readable, write_mail
from messaging.channels.resend import ResendChannel
from tests import make
from tests.messaging import ledger

MAIL = Mail(
    key="mos/1/1",
    message_id="<mos-1-x@example.org>",
    date=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
    sender_address="news@example.org",
    sender_name="Next Campus",
    reply_to="",
    address="ada@example.org",
    subject="Hello",
    page=("<p>Hello</p>",),
    text="Hello",
    unsubscribe_url="https://example.org/u/token",
    feedback_id="d1:t1:marketing:marketing-os",
)
BREAKS = [
    "\r\nBcc: e@x.y",
    "\nBcc: e@x.y",
    "\r",
    "\0",
    "\x0b",
    "\x85",
    "\u2028",
    "\x7f",
]
ADDRESSES = [
    "",
    "ada",
    "@example.org",
    "ada@",
    "a@x.y, b@x.y",
    "a@x.y,b@x.y",
    "a@x.y; b@x.y",
    "a@x.y b@x.y",
    "<a@x.y>",
    "Ada <a@x.y>",
    "Friends: a@x.y;",
    '"a b"@x.y',
    '"a@x.y"@x.y',
    "a(comment)@x.y",
    "@relay.org:a@x.y",
    "a@b@x.y",
    "a@[127.0.0.1]",
    "a@x..y",
    "a@-x.y",
    "a@x.y.",
    "a\\@x.y",
    "a@x.y\u00a0",
    "a\u202e@x.y",
    "a\u200b@x.y",
    "=?utf-8?q?a=0D=0ABcc:_e@x.y?=@x.y ",
    "a" * 65 + "@x.y",
    "a@" + "x" * 300 + ".y",
    *(f"a@x.y{text}" for text in BREAKS),
    *(f"a{text}@x.y" for text in BREAKS),
]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("field", ["address", "sender_address", "reply_to"])
@pytest.mark.parametrize(
    "pack", [write_mail, lambda mail: ResendChannel().pack(1, mail)]
)
def test_what_is_not_one_plain_address_is_refused(pack, field, address):
    if field == "reply_to" and not address:
        pytest.skip("There may be no reply-to address.")

    with pytest.raises(ImpossibleMailError) as error:
        pack(replace(MAIL, **{field: address}))

    assert error.value.is_address


@pytest.mark.parametrize("text", [f"Hello{text}" for text in BREAKS] + BREAKS)
@pytest.mark.parametrize("field", ["subject", "sender_name"])
@pytest.mark.parametrize(
    "pack", [write_mail, lambda mail: ResendChannel().pack(1, mail)]
)
def test_a_header_cannot_be_broken(pack, field, text):
    with pytest.raises(ImpossibleMailError):
        pack(replace(MAIL, **{field: text}))


def sender_of(mail):
    # The parser of the newer policy puts spaces between encoded words of a name.
    message = email.message_from_bytes(write_mail(mail))
    name, _address = email.utils.parseaddr(message["From"])
    return readable(name).strip()


def read(mail):
    data = write_mail(mail)
    assert max(len(line) for line in data.split(b"\r\n")) < 998
    assert b"\n" not in data.replace(b"\r\n", b"")
    return email.message_from_bytes(data, policy=email.policy.default)


@pytest.mark.parametrize(
    "text",
    [
        "Plain",
        "Ünïcödé names",
        "日本語の件名はとても長いので折り返されます。" * 4,
        "عرض خاص لكم",
        "🎓 Graduation 🎉 " * 12,
        "Looks like =?utf-8?q?an=0D=0ABcc:_encoded?= word",
        'With "quotes" and \\ backslash',
        "x" * 255,
    ],
)
def test_any_script_survives_in_headers_and_bodies(text):
    mail = replace(
        MAIL, subject=text, sender_name=text[:60], page=(f"<p>{text}</p>",), text=text
    )

    message = read(mail)

    assert message["Subject"] == text
    assert sender_of(mail) == text[:60].strip()
    assert message["From"].addresses[0].addr_spec == "news@example.org"
    assert [part.addr_spec for part in message["To"].addresses] == ["ada@example.org"]
    assert message["Bcc"] is None
    assert text in message.get_body(("html",)).get_content()
    assert text in message.get_body(("plain",)).get_content()
    assert not message.defects


@pytest.mark.parametrize(
    "body",
    [
        "x" * 5000,
        "é" * 5000,
        "日" * 5000,
        "tabs\tand  spaces  \r\nmixed\rline\nends\r\n",
        "--=_mos-1-x\r\nNot a boundary",
        "equals = signs =3D and trailing space \n",
    ],
)
def test_bodies_of_any_shape_arrive_whole(body):
    message = read(replace(MAIL, page=(body,), text=body))

    expected = body.replace("\r\n", "\n").replace("\r", "\n")
    for kind in ("plain", "html"):
        content = message.get_body((kind,)).get_content().replace("\r\n", "\n")
        assert content.rstrip("\n") == expected.rstrip("\n")


def test_marketing_can_be_left_with_one_click_and_other_mail_says_nothing_of_it():
    message = read(MAIL)
    receipt = read(replace(MAIL, unsubscribe_url=""))

    assert message["List-Unsubscribe"] == "<https://example.org/u/token>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == "<marketing.example.org>"
    assert message["Feedback-ID"] == "d1:t1:marketing:marketing-os"
    assert message["Message-ID"] == "<mos-1-x@example.org>"
    assert message["Date"].datetime == MAIL.date
    assert not any(name.startswith(("List-", "Feedback-")) for name in receipt)


@pytest.mark.django_db
def test_complaints_are_told_apart_by_dispatch_and_name_nobody(smtp_sink):
    dispatch = ledger.dispatch(make.customer(), make.customer())

    ledger.send()

    told = {mail.message["Feedback-ID"] for mail in smtp_sink.mails}
    assert told == {f"d{dispatch.pk}:t{dispatch.template_id}:marketing:marketing-os"}


@pytest.mark.django_db
def test_every_channel_has_a_class_that_can_be_made(settings):
    for name in CHANNELS:
        settings.MAIL_CHANNEL = name
        make.customer()
        assert ledger.dispatch().deliveries.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["a@x.y, b@x.y", "a@x.y\r\nBcc: e@x.y", "nonsense", "a@x.y;b@x.y"]
)
def test_a_customer_with_such_an_address_is_rejected_and_the_others_get_mail(
    smtp_sink, address
):
    odd, ada = make.customer(email=address), make.customer()
    dispatch = ledger.dispatch()

    ledger.send()

    assert smtp_sink.recipients == [ada.email]
    assert ledger.states(dispatch)[odd] == ("rejected", "invalid_address")


@pytest.mark.django_db
def test_a_name_with_a_line_break_cannot_add_a_header(smtp_sink):
    make.customer(first_name="Ada\r\nBcc: e@x.y")
    ledger.dispatch()

    ledger.send()

    message = smtp_sink.mails[0].message
    assert message["Bcc"] is None
    assert message["Subject"] == "News for Ada Bcc: e@x.y"
    assert len(smtp_sink.recipients) == 1


@pytest.mark.django_db
def test_an_address_with_an_international_domain_is_sent_to(smtp_sink):
    make.customer(email="ada@bücher.example")
    ledger.dispatch()

    ledger.send()

    assert smtp_sink.recipients == ["ada@xn--bcher-kva.example"]
