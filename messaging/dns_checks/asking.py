"""Asking the DNS for text records, within a time that a page can wait."""

import time

import dns.exception
import dns.nameserver
import dns.resolver
from django.conf import settings
from django.utils.translation import gettext as _

_ALL_SECONDS, _ONE_SECONDS = 8.0, 3.0


class DnsSilentError(Exception):
    """Nobody answered, so nothing is known; its text says so to a person."""


class Questions:
    """Questions that share one limit of time; a name is asked for once."""

    def __init__(self) -> None:
        self._ends_at = time.monotonic() + _ALL_SECONDS
        self._known: dict[str, list[str]] = {}

    def texts(self, name: str) -> list[str]:
        """Return the TXT records of a name; none if it does not exist.

        Raises DnsSilentError when no server answers in time.
        """
        if name not in self._known:
            self._known[name] = self._ask(name)
        return self._known[name]

    def _ask(self, name: str) -> list[str]:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise DnsSilentError(_silence())
        try:
            answer = _resolver().resolve(
                name, "TXT", lifetime=min(left, _ONE_SECONDS), search=False
            )
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (
            dns.resolver.NoResolverConfiguration,
            dns.resolver.NoNameservers,
            dns.exception.Timeout,
            OSError,
        ) as error:
            raise DnsSilentError(_silence()) from error
        except (dns.exception.DNSException, UnicodeError):
            return []  # a name that cannot exist
        return [
            b"".join(record.strings).decode("utf-8", "replace") for record in answer
        ]


def tags_of(record: str) -> dict[str, str]:
    """Return the "name=value;" pairs of a DKIM or DMARC record, names in small letters."""
    pairs = (part.partition("=") for part in record.split(";") if "=" in part)
    return {name.strip().lower(): value.strip() for name, _equals, value in pairs}


def _resolver() -> dns.resolver.Resolver:
    servers = settings.DNS_SERVERS
    resolver = dns.resolver.Resolver(configure=not servers)
    if servers:
        resolver.nameservers = [_nameserver(server) for server in servers]
    return resolver


def _nameserver(text: str) -> dns.nameserver.Nameserver:
    address, _colon, port = text.rpartition(":")
    if address and port.isdecimal() and ":" not in address:
        return dns.nameserver.Do53Nameserver(address, int(port))
    return dns.nameserver.Do53Nameserver(text)


def _silence() -> str:
    return _(
        "No DNS server answered, so nothing is known. Is this machine on a network?"
        " Check again later."
    )
