"""How messages leave: one class per channel, named here and chosen by settings.

For a new one write a class with the methods of `Channel`, name it in `CHANNELS`, and
add its settings to `chosen_channel` and `.env.example`.
"""

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from messaging.channels.base import Channel, LostAnswer

CHANNELS = {
    "mailbox": "messaging.channels.mailbox.MailboxChannel",
    "resend": "messaging.channels.resend.ResendChannel",
    "smtp": "messaging.channels.smtp.SmtpChannel",
}


def chosen_channel() -> str:
    """Name the channel that mail takes: as told, or by what is configured."""
    if settings.MAIL_CHANNEL:
        return str(settings.MAIL_CHANNEL)
    if settings.RESEND_API_KEY:
        return "resend"
    return "smtp" if settings.EMAIL_HOST else "mailbox"


def mail_channel() -> Channel:
    """Return the channel that mail takes, with its connection of this process."""
    return _channel(chosen_channel())


def channels_whose(lost_answer: LostAnswer) -> list[str]:
    """Name the channels that treat a lost answer in one way."""
    return [name for name in CHANNELS if _channel(name).lost_answer == lost_answer]


@cache
def _channel(name: str) -> Channel:
    channel: Channel = import_string(CHANNELS[name])()
    return channel
