import pytest
from django.utils import timezone

from messaging.channels.base import Mail
from messaging.channels.mime import write_mail
from messaging.templating.compiler import Source, compile_message
from messaging.templating.context import sample_values
from messaging.templating.render import render_programs
from messaging.templating.starting import DESIGNS
from tests.messaging.spam import MOST, needs_judge, score

pytestmark = pytest.mark.django_db


def as_mail(rendered, subject=None):
    link = "https://example.org/u/1"
    return write_mail(
        Mail(
            key="1",
            message_id="<mos-1@example.org>",
            date=timezone.now(),
            sender_address="news@example.org",
            sender_name="Next Campus",
            reply_to="",
            address="ada@example.org",
            subject=subject or rendered.subject,
            page=rendered.page,
            text=rendered.text,
            unsubscribe_url=link,
        )
    )


@needs_judge
@pytest.mark.parametrize("starter", DESIGNS, ids=lambda starter: starter.key)
def test_a_design_does_not_look_like_spam(starter):
    values = sample_values(None) | {"unsubscribe_url": "https://example.org/u/1"}
    compiled = compile_message(Source.read(starter.initial()))

    assert score(as_mail(render_programs(compiled.programs, values))) <= MOST


@needs_judge
def test_the_judge_knows_spam():
    words = "<p>Buy viagra now, 100% free, act now! Click here to claim $1,000,000</p>"
    source = Source(subject="x", message=words, templating_type="html")
    sent = render_programs(compile_message(source).programs, sample_values(None))

    assert score(as_mail(sent, "FREE MONEY!!! VIAGRA")) > MOST
