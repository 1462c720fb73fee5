import logging

from django.http import Http404, HttpRequest, HttpResponse
from django.views import View

from messaging.reports import (
    PROVIDERS,
    UnguardedError,
    UnreadableError,
    missing_secret,
    read_reports,
)
from messaging.services.events import record_reports

logger = logging.getLogger(__name__)


class TrackingWebhookView(View):
    """Where a mail provider posts its reports; it repeats what is not answered 200."""

    def head(self, request: HttpRequest, provider: str) -> HttpResponse:
        """Answer a provider that only asks whether the address is right."""
        if provider not in PROVIDERS:
            raise Http404
        missing = missing_secret(provider)
        return _unguarded(missing) if missing else HttpResponse()

    def post(self, request: HttpRequest, provider: str) -> HttpResponse:
        if provider not in PROVIDERS:
            raise Http404
        try:
            reports = read_reports(provider, request)
        except UnguardedError as error:
            return _unguarded(str(error))
        except UnreadableError as error:
            logger.warning("A report of %s was refused: %s.", provider, error)
            return _plain("This is not a report that the provider signed.", 400)
        record_reports(provider, reports)
        return HttpResponse()


def _unguarded(setting: str) -> HttpResponse:
    return _plain(f"Reports are refused: {setting} is not set, or not valid.", 503)


def _plain(sentence: str, status: int) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", content_type="text/plain", status=status)
