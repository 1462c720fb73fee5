from django.apps import AppConfig

import marketing_os.celery  # noqa: F401  (so that every process knows the broker)


class MarketingOSConfig(AppConfig):
    name = "marketing_os"
    verbose_name = "Marketing OS"
    default_auto_field = "django.db.models.BigAutoField"
