"""Writing a mail as bytes.

The standard library's message classes take about a millisecond for a mail of 30 KB;
this fixed shape of two alternatives takes a tenth of it. What is the same for all
mails of a template version (the sender, where to reply) is written once and kept.
"""

import base64
import binascii
import re
from datetime import datetime
from email.header import decode_header, make_header
from email.utils import format_datetime, formataddr
from functools import lru_cache
from typing import TypeVar

from django.utils.translation import gettext as _

from messaging.channels.base import ImpossibleMailError, Mail

_Piece = TypeVar("_Piece", str, bytes)

# Control characters and the separators that some software takes for line breaks.
_NOT_IN_HEADERS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Marks that are not seen but turn, join or part what stands around them.
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
# One plain address: no comments, quotes, routes, groups or lists.
_ADDRESS = re.compile(
    r"""[^\s@,;:<>()\[\]\\"]{1,64}@"""
    r"""(?=.{1,255}\Z)[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)*\Z"""
)
_LONGEST_LINE = 990
# An encoded word has 75 characters at most, the line that "Reply-To: " begins 76.
_WORD_CHARACTERS = 54
_QUOTED = [
    chr(byte) if chr(byte).isalnum() and byte < 128 else f"={byte:02X}"
    for byte in range(256)
]
_QUOTED[ord(" ")] = "_"


def write_mail(mail: Mail) -> bytes:
    """Return the mail as RFC 5322 bytes, or raise ImpossibleMailError."""
    html = mail.html
    boundary = f"=_{mail.message_id.strip('<>').partition('@')[0]}"
    while boundary in mail.text or boundary in html:
        boundary += "="
    lines = [
        *headers_of(mail),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
    ]
    head = "".join([f"{name}: {value}\r\n" for name, value in lines]).encode()
    separator = f"--{boundary}\r\n".encode()
    parts = [separator + _part("plain", mail.text)]
    if html:
        parts.append(separator + _part("html", html))
    return head + b"\r\n" + b"".join(parts) + f"--{boundary}--\r\n".encode()


def headers_of(mail: Mail) -> list[tuple[str, str]]:
    """Return the headers that matter to people, in order, folded and encoded."""
    sender, reply_to = _sender_headers(
        mail.sender_name, mail.sender_address, mail.reply_to
    )
    return [
        sender,
        ("To", checked_address(mail.address)),
        ("Subject", _text("Subject", mail.subject)),
        ("Date", _date(mail.date.replace(microsecond=0))),
        ("Message-ID", mail.message_id),
        *reply_to,
        *list_headers(mail),
    ]


def list_headers(mail: Mail) -> list[tuple[str, str]]:
    """Return what lets a mailbox unsubscribe with one click (RFC 8058) and report."""
    if not mail.unsubscribe_url:
        return []
    domain = mail.sender_address.rpartition("@")[2]
    return [
        ("List-Id", f"<marketing.{domain}>"),
        ("List-Unsubscribe", f"<{mail.unsubscribe_url}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("Feedback-ID", mail.feedback_id),
    ]


def readable(value: str) -> str:
    """Return a header's value as a mailbox shows it."""
    return str(make_header(decode_header(value.replace("\r\n", ""))))


@lru_cache(maxsize=512)
def checked_address(address: str) -> str:
    """Return the address, its domain in ASCII, if it is exactly one; else raise."""
    local, _at, domain = address.rpartition("@")
    try:
        if _is_one_address(address):
            return f"{local}@{_in_ascii(domain)}"
    except UnicodeError:
        pass
    shown = _NOT_IN_HEADERS.sub("·", address)[:100]
    raise ImpossibleMailError(
        _("“%(address)s” is not one e-mail address.") % {"address": shown},
        is_address=True,
    )


@lru_cache(maxsize=512)
def _in_ascii(domain: str) -> str:
    return domain.encode("idna").decode()


def _is_one_address(address: str) -> bool:
    if len(address) > 320 or _UNSEEN.search(address):
        return False
    return bool(_ADDRESS.match(address)) and not _NOT_IN_HEADERS.search(address)


def checked_text(name: str, text: str) -> str:
    """Return the text if it can stand in a header; else raise."""
    if _NOT_IN_HEADERS.search(text):
        raise ImpossibleMailError(
            _("The header %(name)s holds a line break or a control character.")
            % {"name": name},
            is_address=False,
        )
    return text


@lru_cache(maxsize=128)
def _sender_headers(
    name: str, address: str, reply_to: str
) -> tuple[tuple[str, str], tuple[tuple[str, str], ...]]:
    """Return From, and Reply-To if there is one."""
    sender = ("From", _mailbox("From", name, checked_address(address)))
    return sender, (("Reply-To", checked_address(reply_to)),) if reply_to else ()


@lru_cache(maxsize=32)
def _date(moment: datetime) -> str:
    return format_datetime(moment)


def _mailbox(header: str, name: str, address: str) -> str:
    name = checked_text(header, name)
    if _can_stand_as_it_is(name):
        return formataddr((name, address))
    return f"{_text(header, name)}\r\n <{address}>"


def _text(name: str, text: str) -> str:
    text = checked_text(name, text)
    if _can_stand_as_it_is(text):
        return text
    return "\r\n ".join(_encoded_words(text))


def _encoded_words(text: str) -> list[str]:
    """Return the text as RFC 2047 words, each of whole characters."""
    characters = [character.encode("utf-8", "replace") for character in text]
    quoted = ["".join([_QUOTED[byte] for byte in one]) for one in characters]
    if len("".join(quoted)) * 3 <= len(b"".join(characters)) * 4:
        parts = ["".join(part) for part in _cut(quoted, _WORD_CHARACTERS)]
        return [f"=?utf-8?q?{part}?=" for part in parts]
    whole = [b"".join(part) for part in _cut(characters, _WORD_CHARACTERS // 4 * 3)]
    return [f"=?utf-8?b?{base64.b64encode(part).decode()}?=" for part in whole]


def _cut(pieces: list[_Piece], most: int) -> list[list[_Piece]]:
    """Put the pieces into as few lists as hold `most` characters each."""
    lists: list[list[_Piece]] = [[]]
    room = most
    for piece in pieces:
        if len(piece) > room:
            lists.append([])
            room = most
        lists[-1].append(piece)
        room -= len(piece)
    return lists


def _can_stand_as_it_is(text: str) -> bool:
    # What looks like an encoded word would be decoded by the reader.
    return text.isascii() and len(text) < 900 and "=?" not in text


def _part(subtype: str, text: str) -> bytes:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    encoding, body = _encoded(lines)
    return (
        f"Content-Type: text/{subtype}; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    ).encode() + body


def _encoded(lines: list[str]) -> tuple[str, bytes]:
    """Choose the encoding that keeps a mail readable and small."""
    text = "\r\n".join(lines) + "\r\n"
    data = text.encode("utf-8", "replace")
    foreign = len(data) - len(text)
    has_long_lines = max(map(len, lines)) >= _LONGEST_LINE
    if not foreign and b"\0" not in data and not has_long_lines:
        return "7bit", data
    if foreign * 6 < len(data):
        return "quoted-printable", binascii.b2a_qp(data, istext=True)
    return "base64", base64.encodebytes(data).replace(b"\n", b"\r\n")
