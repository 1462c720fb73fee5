from django.urls import path

from portal.views import devices, public

app_name = "portal"
urlpatterns = [
    path("", public.HomeView.as_view(), name="home"),
    path("log-device", devices.log, name="device-log"),
    path("status/<str:token>", public.StatusView.as_view(), name="status"),
]
