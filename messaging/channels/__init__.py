"""How messages leave: one class per channel, named here and chosen by settings.

For a new one write a class with the methods of `Channel`, name it in `CHANNELS`, and
add its settings to `chosen_channel` and `.env.example`.
"""

import os
import threading
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from messaging.channels.base import Channel, LostAnswer
from messaging.channels.esp import EspChannel

CHANNELS = {
    "mailbox": "messaging.channels.mailbox.MailboxChannel",
    "resend": "messaging.channels.resend.ResendChannel",
    "smtp": "messaging.channels.smtp.SmtpChannel",
}
# Providers that need no class of their own: anymail's backend does, with the settings
# that anymail documents for it, each as ANYMAIL_ and its name.
PROVIDERS = (
    "brevo",
    "mailersend",
    "mailgun",
    "mailjet",
    "mailtrap",
    "mandrill",
    "postmark",
    "sparkpost",
)


def chosen_channel() -> str:
    """Name the channel that mail takes: as told, or by what is configured."""
    if settings.MAIL_CHANNEL:
        return str(settings.MAIL_CHANNEL)
    if settings.RESEND_API_KEY:
        return "resend"
    return "smtp" if settings.EMAIL_HOST else "mailbox"


def mail_channel() -> Channel:
    """Return the channel that mail takes, with its connection of this thread."""
    return _channel(chosen_channel())


def channels_whose(lost_answer: LostAnswer) -> list[str]:
    """Name the channels that treat a lost answer in one way."""
    return [name for name in CHANNELS if _channel(name).lost_answer == lost_answer]


# A channel's connection carries one conversation: each thread has its own, and a
# forked process never goes on with its parent's.
_own = threading.local()


def _channel(name: str) -> Channel:
    key = f"{name}-{os.getpid()}"
    channel: Channel | None = getattr(_own, key, None)
    if channel is None:
        channel = EspChannel(name) if name in PROVIDERS else _made(name)
        setattr(_own, key, channel)
    return channel


def _made(name: str) -> Channel:
    return cast(Channel, import_string(CHANNELS[name])())
