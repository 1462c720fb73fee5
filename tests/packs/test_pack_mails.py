"""The mails of the packs as they leave, with all their headers."""

import pytest
from django.core.management import call_command

from marketing_os.packs import PACKS
from messaging.models import MessageTemplate
from tests import make
from tests.messaging import ledger
from tests.messaging.spam import MOST, needs_judge, score

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@needs_judge
@pytest.mark.parametrize("pack", PACKS)
def test_the_mails_of_a_pack_do_not_look_like_spam(pack, smtp_sink):
    call_command("load_pack", pack)
    ada = make.customer()

    for template in MessageTemplate.objects.filter(type="email"):
        ledger.dispatch(ada, template=template)
    ledger.send()

    assert len(smtp_sink.mails) >= 4
    scores = {mail.message["Subject"]: score(mail.content) for mail in smtp_sink.mails}
    assert {subject: one for subject, one in scores.items() if one > MOST} == {}
