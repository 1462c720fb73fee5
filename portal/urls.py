from django.urls import path

from portal.views import public

app_name = "portal"
urlpatterns = [path("", public.home, name="home")]
