from importlib import import_module

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"
    verbose_name = "Messages"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("messaging.checks")
        import_module("messaging.customer_page")
        import_module("messaging.origins")
        import_module("messaging.personal_data")
        import_module("messaging.import_targets")
