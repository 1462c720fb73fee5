import pytest

from messaging.channels import chosen_channel
from messaging.checks import check_mail_channel


@pytest.mark.parametrize(
    ("given", "chosen"),
    [
        ({}, "mailbox"),
        ({"EMAIL_HOST": "mail.example.org"}, "smtp"),
        ({"RESEND_API_KEY": "re_x"}, "resend"),
        ({"RESEND_API_KEY": "re_x", "EMAIL_HOST": "mail.example.org"}, "resend"),
        ({"RESEND_API_KEY": "re_x", "MAIL_CHANNEL": "mailbox"}, "mailbox"),
    ],
)
def test_mail_takes_the_channel_that_is_configured(settings, given, chosen):
    for name, value in given.items():
        setattr(settings, name, value)

    assert chosen_channel() == chosen
    assert check_mail_channel(None) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pigeon", "must be one of"),
        ("smtp", "EMAIL_HOST"),
        ("resend", "RESEND_API_KEY"),
    ],
)
def test_a_channel_that_cannot_work_is_refused_at_the_start(settings, name, words):
    settings.MAIL_CHANNEL = name

    [error] = check_mail_channel(None)

    assert words in error.msg
