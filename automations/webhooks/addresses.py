"""Which addresses may be called: none inside our own network, unless allowed."""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from marketing_os.lib.errors import DomainError

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# All of IPv6 that is public, but for a part that leads on to IPv4 unlooked at (6to4).
_PUBLIC, _GATEWAY = map(ipaddress.ip_network, ("2000::/3", "2002::/16"))
_PORTS = {"https": 443, "http": 80}


class AddressRefusedError(DomainError):
    """Nothing is sent to this address; the text says why."""


@dataclass(frozen=True)
class Target:
    """A URL taken apart, and the very address that was looked at and may be called."""

    is_secure: bool
    host: str
    port: int
    path: str
    address: str

    @property
    def host_header(self) -> str:
        shown = f"[{self.host}]" if ":" in self.host else self.host
        is_usual = self.port == _PORTS["https" if self.is_secure else "http"]
        return shown if is_usual else f"{shown}:{self.port}"


def check_url(url: str) -> None:
    """Raise AddressRefusedError for a URL that can never be called."""
    _split(url)


def find_target(url: str) -> Target:
    """Look a URL's host up and return where to connect.

    Raises AddressRefusedError when any address that it has is not to be called, and
    OSError when the name is not known. The caller connects to `address` itself: asked a
    second time, the name may lead elsewhere.
    """
    scheme, host, port, path = _split(url)
    is_secure = scheme == "https"
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(one[4][0]) for one in found]
    for text in addresses:
        _insist_on_address(ipaddress.ip_address(text.partition("%")[0]), is_secure)
    return Target(is_secure, host, port, path, addresses[0])


def _split(url: str) -> tuple[str, str, int, str]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if not host or not url.isascii() or any(sign <= " " for sign in url):
        raise AddressRefusedError(_("This is not a web address in ASCII letters."))
    if parts.scheme not in _PORTS:
        raise AddressRefusedError(_("The address begins with https://."))
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefusedError(
            _("The address has neither a name and password nor a fragment.")
        )
    if parts.scheme == "http" and not settings.WEBHOOK_ALLOWED_NETWORKS:
        raise AddressRefusedError(_("The address begins with https://."))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, host, port or _PORTS[parts.scheme], path


def _insist_on_address(address: _Address, is_secure: bool) -> None:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if any(address in network for network in settings.WEBHOOK_ALLOWED_NETWORKS):
        return
    if not _is_public(address):
        raise AddressRefusedError(
            _("The address leads into a private network, which is not allowed.")
        )
    if not is_secure:
        raise AddressRefusedError(_("Only https:// is sent to public addresses."))


def _is_public(address: _Address) -> bool:
    if not address.is_global or address.is_multicast:
        return False
    return address.version == 4 or (address in _PUBLIC and address not in _GATEWAY)
