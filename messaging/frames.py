import re

from django.http import HttpResponse

# A mail is somebody else's HTML: no script, no form, no cookie of ours, and nothing
# fetched but pictures.
_POLICY = (
    "{sandbox}; default-src 'none'; img-src https: data:; style-src 'unsafe-inline';"
    " font-src data:; frame-ancestors 'self'"
)
_CLOSED = "sandbox"
# Links open beside, in a window of their own that knows nothing of ours.
_WITH_LINKS = "sandbox allow-popups allow-popups-to-escape-sandbox"
_BESIDE = '<base target="_blank">'
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)


def framed_mail(html: str, *, opens_links: bool = False) -> HttpResponse:
    """Show a mail's HTML inside a frame of our own pages.

    Its links lead nowhere unless `opens_links`: whoever follows one acts as the
    receiver, which only the local mailbox is for.
    """
    if opens_links:
        head = _HEAD.search(html)
        begin = head.end() if head else 0
        html = html[:begin] + _BESIDE + html[begin:]
    response = HttpResponse(html)
    sandbox = _WITH_LINKS if opens_links else _CLOSED
    response["Content-Security-Policy"] = _POLICY.format(sandbox=sandbox)
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response
