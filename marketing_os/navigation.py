"""The menu of the back office, by domain; each person sees what they may open."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from automations.models import StaffTask
from messaging.channels import chosen_channel
from messaging.selectors import held_count
from messaging.services.switches import sending_is_held


@dataclass(frozen=True)
class Page:
    """One entry of the menu; `permissions`: any of them opens it, none: all may."""

    title: Any
    icon: str
    url_name: str
    permissions: tuple[str, ...] = ()
    # What stands behind its title, such as how much there is to do; None for nothing.
    badge: Callable[[Any], Any] | None = None

    @property
    def url(self) -> str | None:
        try:
            return reverse(f"admin:{self.url_name}")
        except NoReverseMatch:
            return None

    def is_open_to(self, user: Any) -> bool:
        if not self.permissions:
            return True
        return any(user.has_perm(permission) for permission in self.permissions)


def _list_of(
    app: str,
    model: str,
    title: Any,
    icon: str,
    badge: Callable[[Any], Any] | None = None,
) -> Page:
    permissions = (f"{app}.view_{model}", f"{app}.change_{model}")
    return Page(title, icon, f"{app}_{model}_changelist", permissions, badge)


def my_open_tasks(user: Any) -> int | None:
    """Count what somebody still has to do."""
    return StaffTask.objects.open().filter(assignee_id=user.pk).count() or None


MENU: tuple[tuple[Any, tuple[Page, ...]], ...] = (
    ("", (Page(_("Home"), "home", "index"),)),
    (
        _("People"),
        (
            _list_of("customers", "customer", _("Customers"), "group"),
            _list_of(
                "customers", "attributedefinition", _("Attributes"), "data_object"
            ),
            _list_of("customers", "membertag", _("Tags"), "sell"),
            _list_of("customers", "memberoffer", _("Offers"), "percent"),
            _list_of("customers", "creditentry", _("Credits"), "toll"),
            _list_of("customers", "consent", _("Consents"), "how_to_reg"),
            _list_of("customers", "device", _("Devices"), "devices"),
            _list_of("imports", "importjob", _("Imports"), "upload_file"),
            _list_of("imports", "savedmapping", _("Saved mappings"), "rule_folder"),
        ),
    ),
    (
        _("Funnel"),
        (
            _list_of("funnel", "funnelevent", _("Funnel events"), "filter_alt"),
            Page(
                _("Funnel report"),
                "query_stats",
                "funnel_report",
                ("funnel.view_funnelevent",),
            ),
            _list_of("funnel", "conversionname", _("Conversions"), "flag"),
            _list_of("funnel", "activity", _("Activities"), "local_activity"),
        ),
    ),
    (
        _("Sessions"),
        (
            _list_of("funnel", "group", _("Session groups"), "groups"),
            _list_of("funnel", "session", _("Sessions"), "event"),
            _list_of("funnel", "booking", _("Bookings"), "event_available"),
        ),
    ),
    (
        _("Segments"),
        (
            _list_of("segments", "segment", _("All segments"), "donut_small"),
            Page(
                _("Scores"),
                "monitor_heart",
                "segments_scores",
                ("segments.view_scorerefresh",),
            ),
        ),
    ),
    (
        _("Messages"),
        (
            _list_of("messaging", "messagetemplate", _("Templates"), "draft"),
            _list_of("messaging", "topic", _("Topics"), "interests"),
            _list_of("messaging", "sender", _("Senders"), "alternate_email"),
            _list_of("messaging", "delivery", _("Deliveries"), "outgoing_mail"),
            _list_of("messaging", "communicationlog", _("Communication log"), "forum"),
            _list_of("messaging", "dispatch", _("Dispatches"), "send"),
            Page(
                _("Sending"), "rule", "messaging_sending", ("messaging.view_dispatch",)
            ),
            _list_of("messaging", "frequencycap", _("Frequency caps"), "speed"),
            _list_of("messaging", "sendinghours", _("Quiet hours"), "bedtime"),
            Page(
                _("Mailbox"), "inbox", "messaging_mailbox", ("messaging.view_delivery",)
            ),
            _list_of("messaging", "suppression", _("Suppressed addresses"), "block"),
        ),
    ),
    (
        _("Public page"),
        (
            Page(
                _("Texts"),
                "web",
                "portal_publicpage",
                ("portal.view_publicpage", "portal.change_publicpage"),
            ),
            _list_of("portal", "visitormessage", _("Visitor messages"), "chat"),
        ),
    ),
    (
        _("Automations"),
        (
            _list_of("automations", "automation", _("Automations"), "schedule_send"),
            _list_of("automations", "automationrun", _("Runs"), "play_circle"),
            _list_of("automations", "workflow", _("Workflows"), "account_tree"),
            _list_of("automations", "enrolment", _("Enrolments"), "conversion_path"),
            _list_of("automations", "automationlog", _("Workflow log"), "history"),
            _list_of(
                "automations",
                "stafftask",
                _("Staff tasks"),
                "task_alt",
                badge=my_open_tasks,
            ),
            _list_of(
                "automations", "webhookendpoint", _("Webhook endpoints"), "webhook"
            ),
            _list_of("automations", "webhookcall", _("Webhook calls"), "call_made"),
        ),
    ),
    (
        _("System"),
        (
            _list_of("auth", "user", _("Users"), "person"),
            _list_of("auth", "group", _("Groups"), "badge"),
            _list_of("lib", "apikey", _("API keys"), "key"),
            _list_of("lib", "exportrecord", _("Exports"), "download"),
            _list_of("django_celery_beat", "periodictask", _("Schedules"), "alarm"),
        ),
    ),
)


def pages_for(request: HttpRequest) -> list[tuple[Any, list[Page]]]:
    """List the groups of the menu with the pages that this person may open."""
    groups = ((title, _open_pages(request, pages)) for title, pages in MENU)
    return [(title, pages) for title, pages in groups if pages]


def _open_pages(request: HttpRequest, pages: Iterable[Page]) -> list[Page]:
    user = getattr(request, "user", None)
    return [page for page in pages if page.url and page.is_open_to(user)]


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Make of the menu what the admin's sidebar is drawn from."""
    return [
        {
            "title": title,
            "separator": bool(title),
            "collapsible": False,
            "items": [
                {
                    "title": page.title,
                    "icon": page.icon,
                    "link": page.url,
                    "badge": page.badge(request.user) if page.badge else None,
                    "badge_variant": "primary",
                }
                for page in pages
            ],
        }
        for title, pages in pages_for(request)
    ]


def environment(request: HttpRequest) -> list[str] | None:
    """Say beside the page's title what everybody must know about sending here."""
    if sending_is_held():
        return [gettext("Sending is held"), "danger"]
    if held := held_count():
        words = ngettext("%(count)s run is held", "%(count)s runs are held", held)
        return [words % {"count": held}, "warning"]
    if chosen_channel() == "mailbox":
        return [gettext("Local mailbox"), "info"]
    return None
