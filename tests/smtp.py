"""A real SMTP server for tests to send to."""

import email
import email.policy
import socket
from dataclasses import dataclass
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller

from tests.waiting import wait_until


@dataclass(frozen=True)
class SunkMail:
    """One mail as the server took it: the envelope and the very bytes."""

    sender: str
    recipients: list[str]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.content, policy=email.policy.default)


class SmtpSink:
    """Keeps every mail in the order of arrival; `refuse` may answer for an address."""

    def __init__(self):
        self.mails: list[SunkMail] = []
        self.refuse = {}  # address -> SMTP answer, e.g. "550 No such user"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.host, self.port = free.getsockname()
        self._controller = Controller(
            self, hostname=self.host, port=self.port, data_size_limit=50 * 1024 * 1024
        )

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        mail = SunkMail(envelope.mail_from, list(envelope.rcpt_tos), envelope.content)
        self.mails.append(mail)
        return "250 Message accepted for delivery"

    @property
    def recipients(self):
        return [address for mail in self.mails for address in mail.recipients]

    def wait_for(self, count, timeout=10):
        wait_until(
            lambda: len(self.mails) >= count,
            timeout,
            f"Fewer than {count} mails came in {timeout} seconds.",
        )
        return self.mails

    def start(self):
        self._controller.start()

    def stop(self):
        self._controller.stop()


@pytest.fixture
def smtp_sink(settings):
    """A running sink that the settings name as the mail server."""
    sink = SmtpSink()
    sink.start()
    settings.EMAIL_HOST, settings.EMAIL_PORT = sink.host, sink.port
    yield sink
    sink.stop()
