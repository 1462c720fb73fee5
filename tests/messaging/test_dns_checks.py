"""What the DNS says of a sender, asked of a real server on loopback."""

import base64

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from messaging.models import Sender
from tests import make
from tests.messaging.dns_server import dns_server, free_port

pytestmark = pytest.mark.django_db

SPF = "v=spf1 include:_spf.example.net ~all"
KEY = "v=DKIM1; k=rsa; p=" + base64.b64encode(b"k" * 294).decode()
DMARC = "v=DMARC1; p=reject; rua=mailto:dmarc@example.org"
GOOD = {
    "news.example.org": ["another=record", SPF],
    "_spf.example.net": ["v=spf1 ip4:192.0.2.0/24 -all"],
    "mos._domainkey.news.example.org": [KEY],
    "_dmarc.example.org": [DMARC],
}


@pytest.fixture
def dns(settings):
    settings.SPF_INCLUDE = "_spf.example.net"
    with dns_server(settings) as server:
        server.texts = dict(GOOD)
        yield server


@pytest.fixture
def sender():
    return Sender.objects.create(
        address="hello@news.example.org", name="News", dkim_selector="mos"
    )


def findings(client, sender):
    """Press the button and return {kind: (verdict, sentence)}."""
    url = reverse("admin:messaging_sender_check", args=(sender.pk,))
    assert client.post(url).status_code == 302
    sender.refresh_from_db()
    return {
        finding["kind"]: (finding["verdict"], finding["sentence"])
        for finding in sender.findings
    }


def test_a_domain_that_is_set_up_well_is_good_throughout(admin, dns, sender):
    found = findings(admin, sender)

    assert [verdict for verdict, _words in found.values()] == ["good"] * 3
    page = admin.get(reverse("admin:messaging_sender_change", args=(sender.pk,)))
    assert "The SPF record names the servers" in page.content.decode()
    assert SPF in page.content.decode()


@pytest.mark.parametrize(
    ("name", "texts", "kind", "verdict", "words"),
    [
        ("news.example.org", None, "SPF", "bad", "has no SPF record"),
        ("news.example.org", [], "SPF", "bad", "has no SPF record"),
        ("news.example.org", [SPF, "v=spf1 -all"], "SPF", "bad", "has 2 SPF records"),
        (
            "news.example.org",
            ["v=spf1 a mx ~all"],
            "SPF",
            "bad",
            "does not include _spf.example.net",
        ),
        (
            "news.example.org",
            ["v=spf1 include:_spf.example.net +all"],
            "SPF",
            "bad",
            "lets every server in the world",
        ),
        (
            "_spf.example.net",
            ["v=spf1 " + " ".join(f"a:h{n}.example.net" for n in range(10)) + " -all"],
            "SPF",
            "bad",
            "more than ten look-ups",
        ),
        (
            "news.example.org",
            ["v=spf1 include:news.example.org -all"],
            "SPF",
            "bad",
            "more than ten look-ups",
        ),
        (
            "mos._domainkey.news.example.org",
            None,
            "DKIM",
            "bad",
            "no DKIM key at mos._domainkey.news.example.org",
        ),
        (
            "mos._domainkey.news.example.org",
            ["v=DKIM1; p="],
            "DKIM",
            "bad",
            "was revoked",
        ),
        (
            "mos._domainkey.news.example.org",
            ["p=not a key!"],
            "DKIM",
            "bad",
            "cannot be read",
        ),
        (
            "mos._domainkey.news.example.org",
            ["p=" + base64.b64encode(b"k" * 162).decode()],
            "DKIM",
            "warning",
            "2,048 bits",
        ),
        ("_dmarc.example.org", None, "DMARC", "bad", "There is no DMARC record"),
        (
            "_dmarc.example.org",
            [DMARC, "v=DMARC1; p=none"],
            "DMARC",
            "bad",
            "has 2 DMARC records",
        ),
        (
            "_dmarc.example.org",
            ["v=DMARC1; p=none"],
            "DMARC",
            "warning",
            "only watches",
        ),
        (
            "_dmarc.example.org",
            ["v=DMARC1; p=reject; sp=none"],
            "DMARC",
            "warning",
            "only watches",
        ),
        ("_dmarc.example.org", ["v=DMARC1; p=maybe"], "DMARC", "bad", "no policy"),
    ],
)
def test_each_fault_is_told_with_what_to_do(
    admin, dns, sender, name, texts, kind, verdict, words
):
    dns.texts[name] = texts

    found = findings(admin, sender)

    assert found[kind][0] == verdict
    assert words in found[kind][1]


def test_the_record_to_publish_is_written_out(admin, dns, sender):
    dns.texts["news.example.org"] = None

    findings(admin, sender)

    wanted = sender.findings[0]["wanted"]
    assert wanted == ('news.example.org TXT "v=spf1 include:_spf.example.net ~all"')


def test_without_a_selector_the_key_is_asked_of_the_person(admin, dns, sender):
    Sender.objects.update(dkim_selector="")

    found = findings(admin, sender)

    assert found["DKIM"][0] == "warning"
    assert "No DKIM selector is given" in found["DKIM"][1]


def test_a_known_provider_is_looked_for_where_its_bounces_go(
    admin, dns, sender, settings
):
    settings.SPF_INCLUDE, settings.RESEND_API_KEY = "", "re_secret"
    dns.texts["send.news.example.org"] = ["v=spf1 include:amazonses.com ~all"]

    assert findings(admin, sender)["SPF"][0] == "good"
    assert "send.news.example.org" in dns.asked


def test_a_server_that_does_not_answer_is_not_taken_for_an_answer(admin, dns, sender):
    dns.is_mute = True

    found = findings(admin, sender)

    assert {verdict for verdict, _words in found.values()} == {"unknown"}
    assert "No DNS server answered" in found["SPF"][1]


def test_without_a_network_the_check_says_so(admin, sender, settings):
    settings.DNS_SERVERS = [f"127.0.0.1:{free_port()}"]

    found = findings(admin, sender)

    assert {verdict for verdict, _words in found.values()} == {"unknown"}


def test_the_command_prints_the_findings_and_fails_where_something_is_bad(
    dns, sender, capsys
):
    call_command("check_senders", sender.address)
    printed = capsys.readouterr().out
    assert "The DKIM key is there." in printed
    assert f"seen: {DMARC}" in printed

    dns.texts["_dmarc.example.org"] = None
    with pytest.raises(CommandError, match="1 to be mended"):
        call_command("check_senders", sender.address)

    with pytest.raises(CommandError, match="is not a sender"):
        call_command("check_senders", "nobody@example.org")


def test_another_domain_or_selector_makes_what_was_known_void(admin, dns, sender):
    findings(admin, sender)
    page = reverse("admin:messaging_sender_change", args=(sender.pk,))

    admin.post(
        page,
        {"address": sender.address, "dkim_selector": "other", "is_active": "on"},
    )

    sender.refresh_from_db()
    assert (sender.findings, sender.checked_at) == ([], None)


def test_only_who_may_change_a_sender_has_its_dns_asked(client, dns, sender):
    client.force_login(make.grant(make.user(), "messaging.view_sender"))
    url = reverse("admin:messaging_sender_change", args=(sender.pk,))

    page = client.get(url)
    answer = client.post(reverse("admin:messaging_sender_check", args=(sender.pk,)))

    assert page.status_code == 200
    assert "Check now" not in page.content.decode()
    assert answer.status_code == 403
    sender.refresh_from_db()
    assert sender.checked_at is None
