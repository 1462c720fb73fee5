import hashlib

import orjson
import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.channels.base import Mail
from messaging.channels.resend import ResendChannel
from messaging.models import FrozenBatch
from messaging.services import save_template
from messaging.services.batches import bodies_of, freeze_batch
from messaging.services.content import remake
from messaging.templating.render import render_version
from tests import make
from tests.messaging import ledger

pytestmark = pytest.mark.django_db

LINES = "<p>“Spring” \\ begins\tsoon: 1 < 2 & 3 > 2.</p>\n" * 30
PAGE = (
    f"<html><body>{LINES}Hello {{{{ customer['first_name'] }}}}"
    "{% if customer['first_name'] == 'Zoë' %}" + LINES * 2 + "{% else %}Dear"
    "{% for word in customer['words'] %}" + LINES + "{{ word }}{% endfor %}{% endif %}"
    f"{LINES}{{{{ customer['story'] }}}}</body></html>"
)
HOSTILE = (
    '"],"to":["eve@example.org',
    'A\\"\\n\\u0000\\',
    "line\nline\r\n\tend\x01\x1b\x7f\x85\u2028",
    "\U0001f600\ufffe\ufdd0é",
    "</body></html>",
    "0 1 2",
)
# A piece that all mails have, and short and long ones of one mail alone.
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
PAGES = st.lists(
    st.one_of(st.just(LINES), TEXTS, TEXTS.map(lambda text: (text or '"') * 300)),
    max_size=6,
)


def mail_of(page, text):
    return Mail(
        key="mos/1/1",
        message_id="<mos-1@example.org>",
        date=timezone.now(),
        sender_address="news@example.org",
        sender_name='The "News"',
        reply_to="answers@example.org",
        address="ada@example.org",
        subject="Hello",
        page=tuple(page),
        text=text,
    )


def plain_body(page, text):
    mail = {
        "from": '"The \\"News\\"" <news@example.org>',
        "to": ["ada@example.org"],
        "subject": "Hello",
        "html": "".join(page),
        "text": text,
        "headers": {"Message-ID": "<mos-1@example.org>"},
        "reply_to": ["answers@example.org"],
    }
    return orjson.dumps(mail)


def a_dispatch():
    """Mails of a page with a condition and a loop to people with hostile values."""
    for number, name in enumerate(("Zoë", *HOSTILE)):
        values = {"words": [name, "b"][: number % 3], "story": name * 200}
        make.customer(first_name=name, attributes=values)
    template = make.template(message=PAGE)
    return template, ledger.dispatch(template=template)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(PAGES, TEXTS), min_size=1, max_size=5))
def test_mails_in_pieces_are_byte_for_byte_those_written_whole(mails):
    channel = ResendChannel()

    parcels = [channel.pack(1, mail_of(page, text)) for page, text in mails]
    freeze_batch(channel, parcels)

    whole = [plain_body(page, text) for page, text in mails]
    assert [parcel.data for parcel in parcels] == whole
    assert bodies_of(FrozenBatch.objects.get()) == whole
    FrozenBatch.objects.all().delete()


def test_a_request_is_made_again_byte_for_byte_after_its_template_changed(api):
    api.faults = ["lost"]
    template, dispatch = a_dispatch()
    ledger.send()
    template.message = "<p>Something else {{ customer['first_name'] }}</p>"
    save_template(template)
    ledger.let_time_pass()

    ledger.send()

    assert api.requests[0][2] == api.requests[1][2]
    assert len(api.mails) == 1 + len(HOSTILE)
    assert set(dispatch.deliveries.values_list("state", flat=True)) == {"accepted"}


def test_each_mail_of_a_request_is_the_one_its_template_gives(api):
    _template, dispatch = a_dispatch()

    ledger.send()

    sent = {mail["to"][0]: mail["html"] for mail in api.mails}
    for delivery in dispatch.deliveries.select_related("content__version"):
        content = delivery.content
        page = render_version(content.version, content.merge_values).html
        assert sent[delivery.address].startswith(page.removesuffix("</body></html>"))


def test_a_kept_request_of_which_a_byte_was_changed_is_refused_as_another(api):
    api.faults = ["lost"]
    _template, dispatch = a_dispatch()
    ledger.send()
    batch = FrozenBatch.objects.get()
    mails = [mail.replace(b"Spring", b"spring") for mail in bodies_of(batch)]
    FrozenBatch.objects.update(body=b"\n".join(mails))
    ledger.let_time_pass()

    ledger.send()

    assert set(dispatch.deliveries.values_list("state", flat=True)) == {"unknown"}


def test_what_mails_share_is_kept_once(api):
    api.faults = ["lost"]
    make.customers(50)
    ledger.dispatch(template=make.template(message=PAGE))

    ledger.send()

    [batch] = FrozenBatch.objects.all()
    assert len(batch.delivery_ids) == 50
    assert len(batch.body) < len(LINES) * 5


def test_the_fingerprint_of_an_older_program_is_known_again(api):
    make.customer(first_name="Zoë", attributes={"story": "x", "words": []})
    delivery = ledger.dispatch(template=make.template(message=PAGE)).deliveries.get()
    ledger.send()
    [mail] = api.mails
    parts = "\0".join([mail["subject"], mail["html"], mail["text"]])
    assert remake(delivery.content)[1]

    delivery.content.sha256 = hashlib.sha256(parts.encode()).hexdigest()

    assert remake(delivery.content)[1]
    delivery.content.sha256 = "0" * 64
    assert not remake(delivery.content)[1]
