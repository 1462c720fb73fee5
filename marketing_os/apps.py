from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _

import marketing_os.celery  # noqa: F401  (so that every process knows the broker)


class MarketingOSConfig(AppConfig):
    name = "marketing_os"
    verbose_name = "Marketing OS"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Their pages stand under this heading in the menu.
        for label in ("auth", "django_celery_beat"):
            apps.get_app_config(label).verbose_name = _("System")
