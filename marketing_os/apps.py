from django.apps import AppConfig


class MarketingOSConfig(AppConfig):
    name = "marketing_os"
    verbose_name = "Marketing OS"
    default_auto_field = "django.db.models.BigAutoField"
