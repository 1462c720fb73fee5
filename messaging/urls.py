from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from messaging.views.unsubscribe import UnsubscribeView

app_name = "messaging"
urlpatterns = [
    path("u/<str:token>", csrf_exempt(UnsubscribeView.as_view()), name="unsubscribe"),
]
