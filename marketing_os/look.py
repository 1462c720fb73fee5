"""How the admin looks: its name, colours, styles, tabs and menu."""

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

UNFOLD = {
    "SITE_TITLE": _("Marketing OS"),
    "SITE_HEADER": _("Marketing OS"),
    "SITE_URL": "/",
    "SITE_ICON": lambda request: static("marketing_os/mark.svg"),
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("marketing_os/mark.svg"),
        }
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "ENVIRONMENT": "marketing_os.navigation.environment",
    "DASHBOARD_CALLBACK": "marketing_os.dashboard.fill_in",
    "LOGIN": {"image": lambda request: static("marketing_os/login.svg")},
    "STYLES": [
        lambda request: static("marketing_os/admin.css"),
        lambda request: static("marketing_os/office.css"),
    ],
    "SCRIPTS": [lambda request: static("marketing_os/frame.js")],
    "BORDER_RADIUS": "8px",
    "COLORS": {
        # Teal; 600 on white and 400 on the dark ground have a contrast above 5 to 1.
        "primary": {
            "50": "oklch(97.6% .013 200)",
            "100": "oklch(94.6% .03 200)",
            "200": "oklch(89.6% .055 200)",
            "300": "oklch(82.5% .085 200)",
            "400": "oklch(74% .105 200)",
            "500": "oklch(70% .11 200)",
            "600": "oklch(48% .085 205)",
            "700": "oklch(42% .075 206)",
            "800": "oklch(36.5% .064 208)",
            "900": "oklch(31% .054 210)",
            "950": "oklch(23% .04 212)",
        },
        "font": {
            "subtle-light": "var(--color-base-600)",
            "subtle-dark": "var(--color-base-400)",
            "default-light": "var(--color-base-700)",
            "default-dark": "var(--color-base-300)",
            "important-light": "var(--color-base-900)",
            "important-dark": "var(--color-base-100)",
        },
    },
    "TABS": [
        {
            "models": [
                "django_celery_beat.periodictask",
                "django_celery_beat.crontabschedule",
            ],
            "items": [
                {
                    "title": _("Tasks"),
                    "link": reverse_lazy(
                        "admin:django_celery_beat_periodictask_changelist"
                    ),
                },
                {
                    "title": _("Crons"),
                    "link": reverse_lazy(
                        "admin:django_celery_beat_crontabschedule_changelist"
                    ),
                },
            ],
        }
    ],
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "navigation": "marketing_os.navigation.sidebar",
    },
}
