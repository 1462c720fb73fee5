from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from messaging.views.preferences import PreferencesView
from messaging.views.unsubscribe import UnsubscribeView

app_name = "messaging"
# Whoever holds a link may use it, from any mail program and without cookies, so there
# is no login that a strange page could abuse.
urlpatterns = [
    path("u/<str:token>", csrf_exempt(UnsubscribeView.as_view()), name="unsubscribe"),
    path(
        "preferences/<str:token>",
        csrf_exempt(PreferencesView.as_view()),
        name="preferences",
    ),
]
