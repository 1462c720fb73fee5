from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.routers import SimpleRouter

from customers.api.views import AttributeViewSet, CustomerViewSet
from funnel.api.views import ActivityViewSet, FunnelEventViewSet
from marketing_os.views import healthz, hide_checklist, readyz

api = SimpleRouter(use_regex_path=False)
api.register("customers", CustomerViewSet)
api.register("attributes", AttributeViewSet)
api.register("funnel-events", FunnelEventViewSet)
api.register("activities", ActivityViewSet)

handler404 = "marketing_os.errors.page_not_found"
handler500 = "marketing_os.errors.server_error"

urlpatterns = [
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
        SpectacularSwaggerView.as_view(url_name="api-schema"),
        name="api-docs",
    ),
    path("api/v1/", include((api.urls, "api"))),
    path("", include("messaging.urls")),
    path("", include("portal.urls")),
]
