from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from automations.api.views import AutomationViewSet
from automations.api.workflows import WorkflowViewSet
from customers.api.member_views import (
    ConsentViewSet,
    CreditViewSet,
    OfferViewSet,
    TagViewSet,
)
from customers.api.views import AttributeViewSet, CustomerViewSet
from funnel.api.conversions import ConversionViewSet
from funnel.api.sessions import BookingViewSet, GroupViewSet, SessionViewSet
from funnel.api.views import ActivityViewSet, FunnelEventViewSet
from marketing_os.lib.content_policy import API_DOCS, under
from marketing_os.views import healthz, hide_checklist, readyz
from messaging.api.messages import MessageViewSet
from messaging.api.views import DeliveryViewSet
from portal.api.notifications import NotificationViewSet
from portal.api.sessions import MemberSessionViewSet
from segments.api.views import SegmentCustomersViewSet, SegmentViewSet

api = SimpleRouter(use_regex_path=False)
api.register("activities", ActivityViewSet)
api.register("customers", CustomerViewSet)
api.register("attributes", AttributeViewSet)
api.register("funnel-events", FunnelEventViewSet)
api.register("conversions", ConversionViewSet, basename="conversion")
api.register("groups", GroupViewSet)
api.register("sessions", SessionViewSet)
api.register("bookings", BookingViewSet)
api.register("messages", MessageViewSet)
api.register("member-sessions", MemberSessionViewSet, basename="member-session")
api.register("me/notifications", NotificationViewSet, basename="notification")
api.register("tags", TagViewSet)
api.register("consents", ConsentViewSet)
api.register("offers", OfferViewSet)
api.register("credits", CreditViewSet)
api.register("segments", SegmentViewSet)
api.register(
    "segments/<int:segment>/customers",
    SegmentCustomersViewSet,
    basename="segment-customer",
)
api.register("deliveries", DeliveryViewSet)
api.register("automations", AutomationViewSet)
api.register("workflows", WorkflowViewSet)

handler404 = "marketing_os.errors.page_not_found"
handler500 = "marketing_os.errors.server_error"

urlpatterns = [
    # First, because nothing is asked for as often.
    path("api/v1/", include((api.urls, "api"))),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path(
        "admin/checklist/hide/",
        admin.site.admin_view(hide_checklist),
        name="dismiss-checklist",
    ),
    path("admin/", admin.site.urls),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path(
        "api/v1/docs/",
        under(API_DOCS)(SpectacularSwaggerSplitView.as_view(url_name="api-schema")),
        name="api-docs",
    ),
    path("", include("messaging.urls")),
    path("", include("portal.urls")),
]
