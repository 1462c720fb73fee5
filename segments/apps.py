from importlib import import_module

from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    name = "segments"
    verbose_name = "Segments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("segments.checks")
        import_module("segments.customer_page")
        import_module("segments.personal_data")
        import_module("segments.import_targets")
