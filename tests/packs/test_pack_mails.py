"""The messages of the packs: what the editor says of them, and the mails as they
leave, with all their headers."""

import pytest
from django.core.management import call_command

from marketing_os.packs import PACKS
from messaging.models import MessageTemplate
from messaging.templating.compiler import Source, compile_message
from messaging.templating.context import attribute_names
from tests import make
from tests.messaging import ledger
from tests.messaging.spam import MOST, needs_judge, score

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=PACKS)
def pack(request):
    call_command("load_pack", request.param, "--without-people")
    return request.param


def test_the_editor_warns_of_nothing(pack):
    templates = MessageTemplate.objects.all()

    warnings = {
        template.name: compile_message(Source.of(template)).warnings(attribute_names())
        for template in templates
    }

    assert len(warnings) >= 4
    assert {name: found for name, found in warnings.items() if found} == {}


@pytest.mark.slow
@needs_judge
def test_the_mails_of_a_pack_do_not_look_like_spam(pack, smtp_sink):
    ada = make.customer()

    for template in MessageTemplate.objects.filter(type="email"):
        ledger.dispatch(ada, template=template)
    ledger.send()

    assert len(smtp_sink.mails) >= 4
    scores = {mail.message["Subject"]: score(mail.content) for mail in smtp_sink.mails}
    assert {subject: one for subject, one in scores.items() if one > MOST} == {}
