from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class LibConfig(AppConfig):
    name = "marketing_os.lib"
    label = "lib"
    verbose_name = "System"
    default_auto_field = "django.db.models.BigAutoField"
    default = True

    def ready(self) -> None:
        import_module("marketing_os.lib.api.schema")
        import_module("marketing_os.lib.back_office_data")


class BackOfficeConfig(admin_apps.AdminConfig):
    """django.contrib.admin with the back office as its default site."""

    default = False
    default_site = "marketing_os.lib.admin_site.AdminSite"
