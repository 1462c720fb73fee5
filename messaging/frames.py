from django.http import HttpResponse

# A mail is somebody else's HTML: no script, no form, no cookie of ours, and nothing
# fetched but pictures.
_POLICY = (
    "sandbox; default-src 'none'; img-src https: data:; style-src 'unsafe-inline';"
    " font-src data:; frame-ancestors 'self'"
)


def framed_mail(html: str) -> HttpResponse:
    """Show a mail's HTML inside a frame of our own pages."""
    response = HttpResponse(html)
    response["Content-Security-Policy"] = _POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response
