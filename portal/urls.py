from django.urls import include, path

from portal.views import (
    copy,
    devices,
    member,
    notifications,
    preferences,
    public,
    start,
)

app_name = "portal"
me = [
    path("", start.StartView.as_view(), name="start"),
    path("in/<str:token>", member.LinkView.as_view(), name="in"),
    path("copy/<str:token>", copy.CopyView.as_view(), name="copy"),
    path("preferences/", preferences.PreferencesView.as_view(), name="preferences"),
    path("out", member.OutView.as_view(), name="out"),
    path("notifications/", notifications.ListView.as_view(), name="notifications"),
    path("notifications/news", notifications.NewsView.as_view(), name="news"),
    path(
        "notifications/read-all", notifications.ReadAllView.as_view(), name="read-all"
    ),
    path("notifications/<int:pk>/read", notifications.ReadView.as_view(), name="read"),
    path(
        "notifications/<int:pk>/dismiss",
        notifications.DismissView.as_view(),
        name="dismiss",
    ),
    path(
        "notifications/<int:pk>/bring-back",
        notifications.BringBackView.as_view(),
        name="bring-back",
    ),
    path(
        "notifications/<int:pk>/follow",
        notifications.FollowView.as_view(),
        name="follow",
    ),
]
urlpatterns = [
    path("", public.HomeView.as_view(), name="home"),
    path("log-device", devices.log, name="device-log"),
    path("me/", include(me)),
]
