from importlib import import_module

from django.apps import AppConfig


class AutomationsConfig(AppConfig):
    name = "automations"
    verbose_name = "Automations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("automations.origins")
        import_module("automations.personal_data")
        import_module("automations.segments_used")
        import_module("automations.staff_requests")
        import_module("automations.templates_used")
