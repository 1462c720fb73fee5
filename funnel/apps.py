from importlib import import_module

from django.apps import AppConfig


class FunnelConfig(AppConfig):
    name = "funnel"
    verbose_name = "Funnel"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("funnel.import_targets")
        import_module("funnel.session_targets")
        import_module("funnel.booking_target")
        import_module("funnel.customer_page")
        import_module("funnel.personal_data")
