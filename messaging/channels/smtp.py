"""A mail server, over one connection that is kept open.

What may be done after a failure depends on how far the dialogue got: before the
content nothing was sent; from its first byte on it may have been, unless the server
says that it was not. The steps before the content go together where the server says
that they may (RFC 2920), behind the content of the mail before: then a mail takes one
journey to the server and back, in the place of four.
"""

import smtplib
import ssl
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest

from django.conf import settings
from django.core.mail.utils import DNS_NAME
from django.utils.translation import gettext as _

from messaging.channels.base import (
    Channel,
    LostAnswer,
    Mail,
    Outcome,
    Parcel,
    Verdict,
    do_nothing,
)
from messaging.channels.mime import checked_address, write_mail

_Reply = tuple[int, bytes]

_GO_AHEAD = 354
_CLOSING = 421
# The server wants another login, which no other message can change.
_LOGIN_REFUSED = frozenset((530, 534, 535, 538))


class _ServerDownError(Exception):
    """The server cannot be used at all; its text says why."""


class SmtpChannel(Channel):
    """Sends over SMTP; a mail whose answer was lost stays unknown."""

    name = "smtp"
    chunk_size = 20
    lost_answer = LostAnswer.STAYS_UNKNOWN

    def __init__(self) -> None:
        self._smtp: smtplib.SMTP | None = None
        self._offered: Parcel | None = None
        self._server: tuple[str, int] | None = None

    def pack(self, delivery_id: int, mail: Mail) -> Parcel:
        return Parcel(
            delivery_id,
            mail.key,
            checked_address(mail.sender_address),
            checked_address(mail.address),
            (write_mail(mail),),
        )

    def send(
        self,
        parcels: Sequence[Parcel],
        lease_is_over: Callable[[], bool],
        meanwhile: Callable[[], bool] = do_nothing,
    ) -> Iterator[tuple[Parcel, Outcome]]:
        down = None
        for parcel, following in zip_longest(parcels, parcels[1:]):
            if down is None and lease_is_over():
                down = self._too_slow()
            if down is not None:
                yield parcel, down
                continue
            try:
                yield parcel, self._send(parcel, following, lease_is_over, meanwhile)
            except _ServerDownError as error:
                down = Outcome(Verdict.NOT_SENT, str(error), is_down=True)
                yield parcel, down

    def _send(
        self,
        parcel: Parcel,
        following: Parcel | None,
        lease_is_over: Callable[[], bool],
        meanwhile: Callable[[], bool],
    ) -> Outcome:
        smtp, refusal = self._offer(parcel)
        if refusal is not None:
            return refusal
        if lease_is_over():
            return self._too_slow()
        return self._hand_over(smtp, parcel, following, meanwhile)

    def _too_slow(self) -> Outcome:
        # Hanging up before the final dot tells the server to forget the mail.
        self._hang_up()
        return Outcome(Verdict.NOT_SENT, _("The worker was too slow."))

    def _offer(self, parcel: Parcel) -> tuple[smtplib.SMTP, Outcome | None]:
        """Go as far as the server's leave to send the content.

        A kept connection may have been closed meanwhile, so a first failure on it
        says nothing; one on a fresh connection does.
        """
        while True:
            if self._server != (settings.EMAIL_HOST, settings.EMAIL_PORT):
                self._hang_up()
            was_open = self._smtp is not None
            smtp = self._connect()
            try:
                return smtp, self._ask_leave(smtp, parcel)
            except (OSError, smtplib.SMTPException) as error:
                self._hang_up()
                if not was_open:
                    raise _ServerDownError(_words(error)) from error

    def _ask_leave(self, smtp: smtplib.SMTP, parcel: Parcel) -> Outcome | None:
        commands = _envelope(smtp, parcel)
        if not commands:
            return Outcome(
                Verdict.REJECTED,
                _("The mail server takes no addresses in other scripts."),
            )
        is_offered, self._offered = self._offered is parcel, None
        replies = _dialogue(smtp, commands, is_said=is_offered)
        for reply in replies:
            if reply[0] not in (250, 251, _GO_AHEAD):
                return self._refused(smtp, reply, waits=replies[-1][0] == _GO_AHEAD)
        return None

    def _refused(self, smtp: smtplib.SMTP, reply: _Reply, *, waits: bool) -> Outcome:
        """Say what a refusal means; `waits` if the server awaits a mail all the same."""
        code, text = reply
        words = f"{code} {text.decode(errors='replace')}"
        if code == _CLOSING or code < 0:
            raise smtplib.SMTPServerDisconnected(words)
        if code in _LOGIN_REFUSED:
            self._hang_up()
            raise _ServerDownError(words)
        if waits:
            self._hang_up()
        else:
            smtp.rset()
        return _answer(code, words)

    def _hand_over(
        self,
        smtp: smtplib.SMTP,
        parcel: Parcel,
        following: Parcel | None,
        meanwhile: Callable[[], bool],
    ) -> Outcome:
        goes_on = _envelope(smtp, following) if following else []
        if not smtp.has_extn("pipelining"):
            goes_on = []
        try:
            # A mail begins with a header, so no dot is the first of all.
            content = parcel.data.replace(b"\r\n.", b"\r\n..") + b".\r\n"
            smtp.send(b"".join([content, *goes_on]))
            meanwhile()
            code, reply = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            return Outcome(Verdict.UNKNOWN, _words(error))
        self._offered = following if goes_on else None
        words = f"{code} {reply.decode(errors='replace')}"
        if code == _CLOSING or code < 0:
            self._hang_up()
        return _answer(code, words)

    def _connect(self) -> smtplib.SMTP:
        if self._smtp is None:
            try:
                self._smtp = _log_in()
                self._server = (settings.EMAIL_HOST, settings.EMAIL_PORT)
            except (OSError, smtplib.SMTPException) as error:
                raise _ServerDownError(_words(error)) from error
        return self._smtp

    def _hang_up(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = self._offered = None


def _envelope(smtp: smtplib.SMTP, parcel: Parcel) -> list[bytes]:
    """Return the steps before the content, none if the server cannot be told them."""
    options = ""
    if not (parcel.address + parcel.sender_address).isascii():
        if not smtp.has_extn("smtputf8"):
            return []
        options = " SMTPUTF8 BODY=8BITMIME"
    sender, receiver = parcel.sender_address, parcel.address
    return [
        f"MAIL FROM:<{sender}>{options}\r\n".encode(),
        f"RCPT TO:<{receiver}>\r\n".encode(),
        b"DATA\r\n",
    ]


def _dialogue(
    smtp: smtplib.SMTP, commands: Sequence[bytes], *, is_said: bool
) -> list[_Reply]:
    """Return the replies, up to the first refusal if each command must wait for one.

    What `is_said` already has only its replies to come.
    """
    if is_said or smtp.has_extn("pipelining"):
        if not is_said:
            smtp.send(b"".join(commands))
        return [smtp.getreply() for _command in commands]
    replies = []
    for command in commands:
        smtp.send(command)
        replies.append(smtp.getreply())
        if replies[-1][0] >= 400 or replies[-1][0] < 0:
            break
    return replies


def _log_in() -> smtplib.SMTP:
    host, port = settings.EMAIL_HOST, settings.EMAIL_PORT
    name, timeout = DNS_NAME.get_fqdn(), settings.EMAIL_TIMEOUT
    tls = ssl.create_default_context()
    smtp: smtplib.SMTP
    if settings.EMAIL_USE_SSL:
        smtp = smtplib.SMTP_SSL(host, port, name, timeout=timeout, context=tls)
    else:
        smtp = smtplib.SMTP(host, port, name, timeout=timeout)
    try:
        if settings.EMAIL_USE_TLS:
            smtp.starttls(context=tls)
        if settings.EMAIL_HOST_USER:
            smtp.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
        smtp.ehlo_or_helo_if_needed()
    except (OSError, smtplib.SMTPException):
        smtp.close()
        raise
    return smtp


def _answer(code: int, words: str) -> Outcome:
    if 200 <= code < 300:
        return Outcome(Verdict.ACCEPTED, provider_id=words)
    if 400 <= code < 500:
        return Outcome(Verdict.NOT_SENT, words)
    if 500 <= code < 600:
        return Outcome(Verdict.REJECTED, words)
    return Outcome(Verdict.UNKNOWN, words)


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        reply = error.smtp_error
        text = reply.decode(errors="replace") if isinstance(reply, bytes) else reply
        return f"{error.smtp_code} {text}"
    return str(error) or type(error).__name__
