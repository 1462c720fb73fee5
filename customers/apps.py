from importlib import import_module

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "customers"
    verbose_name = "People"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("customers.import_targets")
        import_module("customers.tag_target")
        import_module("customers.consent_target")
        import_module("customers.offer_target")
        import_module("customers.personal_data")
