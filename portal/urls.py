from django.urls import path

from portal.views import public

app_name = "portal"
urlpatterns = [
    path("", public.HomeView.as_view(), name="home"),
    path("status/<str:token>", public.StatusView.as_view(), name="status"),
]
