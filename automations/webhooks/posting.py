"""One attempt: connect to the address that was looked at, send, read the status."""

import http.client
import re
import socket
import ssl
import time
from dataclasses import dataclass
from functools import cache

from django.utils import timezone
from django.utils.translation import gettext as _

from automations.models import WebhookCall
from automations.webhooks.addresses import AddressRefusedError, Target, find_target
from automations.webhooks.signing import signed_headers

# Seconds for one attempt after its name was looked up.
TIMEOUT = 10.0
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3})[ \r]")
_LONGEST_LINE = 8_192


@dataclass(frozen=True)
class Outcome:
    """What came of an attempt: the status of the answer, or an error in words."""

    status_code: int | None = None
    error: str = ""

    @property
    def is_taken(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300


def post(call: WebhookCall) -> Outcome:
    """Send a call once. It never raises, and tells nothing of what was answered."""
    try:
        target = find_target(call.endpoint.url)
    except AddressRefusedError as error:
        return Outcome(error=str(error))
    except (OSError, UnicodeError):
        return Outcome(error=_("The name of the address is not known."))
    try:
        status = _exchange(target, call)
    except Exception as error:
        return Outcome(error=_words(error))
    return Outcome(status, "" if 200 <= status < 300 else _status_words(status))


def _exchange(target: Target, call: WebhookCall) -> int:
    until = time.monotonic() + TIMEOUT
    with socket.create_connection((target.address, target.port), TIMEOUT) as plain:
        sock = plain
        if target.is_secure:
            sock = _tls().wrap_socket(plain, server_hostname=target.host)
        with sock:
            connection = http.client.HTTPConnection(target.host, target.port)
            connection.sock = sock
            headers = {
                "Host": target.host_header,
                "Content-Type": "application/json",
                "User-Agent": "Marketing-OS-Webhooks/1",
                "Connection": "close",
                **signed_headers(call, timezone.now()),
            }
            sock.settimeout(_left(until))
            connection.request("POST", target.path, call.body.encode(), headers)
            return _read_status(sock, until)


def _read_status(sock: socket.socket, until: float) -> int:
    """Read the first line of an answer and nothing behind it: nobody needs it."""
    read = b""
    while b"\n" not in read and len(read) < _LONGEST_LINE:
        sock.settimeout(_left(until))
        if not (part := sock.recv(1_024)):
            break
        read += part
    found = _STATUS_LINE.match(read)
    if found is None:
        raise http.client.BadStatusLine("")
    return int(found[1])


def _left(until: float) -> float:
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _status_words(status: int) -> str:
    if 300 <= status < 400:
        return _("It answered %s; a redirection is not followed.") % status
    return _("It answered %s.") % status


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return _("It did not answer within %d seconds.") % TIMEOUT
    if isinstance(error, ssl.SSLCertVerificationError):
        return _("Its certificate is not valid.")
    if isinstance(error, ConnectionRefusedError):
        return _("It refused the connection.")
    if isinstance(error, http.client.HTTPException):
        return _("What it answered is not HTTP.")
    return _("The connection broke (%s).") % type(error).__name__
