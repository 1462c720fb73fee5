"""The roles that a new system starts with, as groups of permissions.

An administrator may change every one of them afterwards: what set-up gave a role once
it does not give again, and it takes nothing away.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Case, Q, QuerySet, When

from marketing_os.lib.models import RoleGrant

_SEE = {
    "customers": (
        "customer",
        "attributedefinition",
        "customerattribute",
        "consent",
        "membertag",
        "memberoffer",
        "creditentry",
        "device",
    ),
    "funnel": (
        "funnelevent",
        "activity",
        "group",
        "session",
        "booking",
        "conversionname",
    ),
    "imports": ("importjob", "importreject", "savedmapping"),
    "segments": (
        "segment",
        "segmentmember",
        "segmentsnapshot",
        "customerscore",
        "scorerefresh",
        "scoresettings",
    ),
    "messaging": (
        "messagetemplate",
        "messagetemplateversion",
        "sender",
        "topic",
        "frequencycap",
        "sendinghours",
        "dispatch",
        "delivery",
        "communicationlog",
        "deliveryevent",
        "suppression",
    ),
    "automations": (
        "automation",
        "automationrun",
        "workflow",
        "enrolment",
        "automationlog",
        "stafftask",
        "webhookendpoint",
        "webhookcall",
    ),
    "portal": ("publicpage", "visitormessage"),
}
_WRITE = {
    "customers": ("membertag",),
    "funnel": ("group", "session", "booking", "conversionname"),
    "imports": ("importjob", "savedmapping"),
    "segments": ("segment", "segmentmember"),
    "messaging": ("messagetemplate", "topic", "frequencycap", "suppression"),
    "automations": ("automation", "workflow", "stafftask"),
}
# What can be changed but neither added nor deleted: one pauses, resumes and cancels.
_STEER = {
    "segments": ("scorerefresh", "scoresettings"),
    "messaging": ("dispatch", "delivery", "sendinghours"),
    "automations": ("automationrun", "enrolment"),
    "portal": ("publicpage",),
}
_MARKETER_MAY = (
    "automations.run_automation",
    "customers.add_customer",
    "customers.change_customer",
    "customers.add_attributedefinition",
    "customers.change_attributedefinition",
    "imports.undo_importjob",
    "funnel.add_funnelevent",
    "funnel.add_activity",
    "customers.export_customer",
    "funnel.export_funnelevent",
    "customers.export_attributedefinition",
    "customers.export_consent",
    "customers.export_membertag",
    "customers.add_consent",
    "customers.change_memberoffer",
    "customers.add_creditentry",
    "customers.export_memberoffer",
    "customers.export_creditentry",
    "customers.export_device",
    "funnel.export_activity",
    "funnel.export_group",
    "funnel.export_session",
    "funnel.export_booking",
    "funnel.export_conversionname",
    "messaging.export_communicationlog",
    "messaging.export_topic",
    "messaging.export_frequencycap",
    "segments.export_segment",
    "imports.export_importjob",
    "messaging.export_delivery",
    "messaging.export_dispatch",
    "messaging.export_suppression",
    "messaging.export_messagetemplate",
    "automations.export_automation",
    "automations.export_automationrun",
    "automations.export_automationlog",
    "automations.export_enrolment",
    "automations.export_workflow",
    "automations.export_stafftask",
    "automations.export_webhookendpoint",
    "automations.export_webhookcall",
    "automations.change_webhookcall",
    "portal.export_visitormessage",
)


# What the product keeps for itself: nobody looks at these by themselves.
_INTERNAL = (
    "customerattributedates",
    "eventoutbox",
    "eventsubscription",
    "idempotentresponse",
    "heartbeat",
    "sendguard",
    "forecast",
    "workflowlook",
    "visitcount",
    "conversiongoal",
    "providerlimit",
    "pause",
    "series",
    "trackedlink",
    "deliverycontent",
    "funneleventremoval",
    "importchange",
    "importundo",
    "importconflict",
    "consentremoval",
    "erasedaddress",
    "segmentsnapshotmember",
    "intervalschedule",
    "clockedschedule",
    "solarschedule",
    "periodictasks",
)
_APPS = (*_SEE, "lib", "django_celery_beat")


def product_permissions() -> QuerySet[Permission]:
    """Return what a role can be made of, in the order of the menu."""
    return (
        Permission.objects.filter(
            Q(content_type__app_label__in=_APPS)
            | Q(
                content_type__app_label="auth",
                content_type__model__in=("user", "group"),
            )
        )
        .exclude(content_type__model__in=_INTERNAL)
        .exclude(content_type__model__startswith="historical")
        .select_related("content_type")
        .annotate(
            place=Case(
                *(
                    When(content_type__app_label=app, then=place)
                    for place, app in enumerate(_APPS)
                ),
                default=len(_APPS),
            )
        )
        .order_by("place", "content_type__model", "codename")
    )


@dataclass(frozen=True)
class Role:
    """A group by its name and what it may do; None means everything."""

    name: str
    permissions: frozenset[str] | None


def _codenames(
    verbs: tuple[str, ...], models: dict[str, tuple[str, ...]]
) -> Iterator[str]:
    for app, names in models.items():
        for name in names:
            for verb in verbs:
                yield f"{app}.{verb}_{name}"


VIEWER = Role("Viewer", frozenset(_codenames(("view",), _SEE)))
MARKETER = Role(
    "Marketer",
    frozenset(
        {
            *_codenames(("view",), _SEE),
            *_codenames(("add", "change", "delete"), _WRITE),
            *_codenames(("change",), _STEER),
            *_MARKETER_MAY,
        }
    ),
)
ANALYST = Role(
    "Analyst",
    frozenset(
        {
            *_codenames(("view",), _SEE),
            *_codenames(("add", "change", "delete"), {"segments": _WRITE["segments"]}),
            "segments.write_sql",
            "segments.export_segment",
        }
    ),
)
ADMINISTRATOR = Role("Administrator", None)
ROLES = (VIEWER, ANALYST, MARKETER, ADMINISTRATOR)


@transaction.atomic
def make_roles() -> list[str]:
    """Make the groups that are missing and give each role what is new to it.

    Returns the names of the groups that were made.
    """
    made = []
    for role in ROLES:
        group, is_new = Group.objects.get_or_create(name=role.name)
        if is_new:
            made.append(role.name)
        _give_once(group, role)
    return made


def _give_once(group: Group, role: Role) -> None:
    given = RoleGrant.objects.filter(group=group).values("permission")
    new = [
        permission
        for permission in product_permissions().exclude(pk__in=given)
        if role.permissions is None or _name(permission) in role.permissions
    ]
    group.permissions.add(*new)
    RoleGrant.objects.bulk_create(
        [RoleGrant(group=group, permission=permission) for permission in new]
    )


def _name(permission: Permission) -> str:
    return f"{permission.content_type.app_label}.{permission.codename}"
