from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from messaging.views.preferences import PreferencesView
from messaging.views.tracking import LinkView, PixelView
from messaging.views.unsubscribe import UnsubscribeView
from messaging.views.webhooks import TrackingWebhookView

app_name = "messaging"
# Providers sign what they post. Whoever holds a link may use it, from any mail program.
# All of it goes without cookies, so there is no login that a strange page could abuse.
urlpatterns = [
    path(
        "webhooks/<slug:provider>/tracking/",
        csrf_exempt(TrackingWebhookView.as_view()),
        name="tracking-webhook",
    ),
    path("l/<str:token>", csrf_exempt(LinkView.as_view()), name="link"),
    path("o/<str:token>.gif", csrf_exempt(PixelView.as_view()), name="pixel"),
    path("u/<str:token>", csrf_exempt(UnsubscribeView.as_view()), name="unsubscribe"),
    path(
        "preferences/<str:token>",
        csrf_exempt(PreferencesView.as_view()),
        name="preferences",
    ),
]
