"""Which addresses a message may point to."""

import html
import re

from django.utils.translation import gettext as _
from jinja2.utils import pass_context
from markupsafe import Markup

from messaging.templating.runtime import BoundedContext

_SCHEMES = frozenset(("http", "https", "mailto", "tel", "sms", "cid"))
_INVISIBLE = re.compile("[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028\u2029\u2060\ufeff]")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_HOST_WITH_USER = re.compile(r"https?:/*[^/?#]*@", re.IGNORECASE)


def link_problem(address: str) -> str:
    """Say what is wrong with an address that stands in a link, or return ""."""
    address = _INVISIBLE.sub("", address)
    if not address or address.startswith("#"):
        return ""
    scheme = _SCHEME.match(address)
    if scheme is None or address.startswith(("/", "\\")):
        return _("Write the whole address of a link, beginning with https://.")
    if scheme[1].lower() not in _SCHEMES:
        return _("A link may begin with https:, http:, mailto:, tel: or sms: only.")
    if _HOST_WITH_USER.match(address) or "\\" in address:
        return _("A link may not hold a user name or a backslash before its host.")
    return ""


@pass_context
def safe_link(context: BoundedContext, address: str) -> str:
    """Keep a rendered address if it is harmless, else let the link go nowhere."""
    context.spend(1 + len(address) // 16)
    plain = html.unescape(address) if context.eval_ctx.autoescape else str(address)
    safe = "#" if link_problem(plain) else address
    return Markup(safe) if context.eval_ctx.autoescape else safe  # noqa: S704
