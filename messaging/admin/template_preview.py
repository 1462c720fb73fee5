"""What the editor of templates asks for while somebody writes."""

from dataclasses import replace
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from customers.models import AttributeDefinition, Customer
from marketing_os.lib.errors import DomainError
from messaging.models import MessageTemplate, MessageTemplateVersion
from messaging.services import send_test_mail
from messaging.templating.compiler import Source
from messaging.templating.context import (
    CUSTOMER_FIELDS,
    MEMBER_NAMES,
    SENDER_NAMES,
    attribute_names,
    sample_values,
    workflow_examples,
)
from messaging.templating.preview import (
    Preview,
    framed,
    preview_source,
    preview_version,
    shown_values,
)
from messaging.templating.problems import Problem

_FOUND_AT_ONCE = 20
_LARGEST_ID = 2**63 - 1
_LOOK = ("view", "add", "change")
_WRITE = ("add", "change")


def preview_urls() -> list[URLPattern]:
    """Return the addresses that the editor asks."""
    wrap = admin.site.admin_view
    name = "messaging_messagetemplate"
    return [
        path("preview/", wrap(require_POST(preview_view)), name=f"{name}_preview"),
        path("test/", wrap(require_POST(test_view)), name=f"{name}_test"),
        path("customers/", wrap(require_GET(customers_view)), name=f"{name}_customers"),
    ]


def preview_view(request: HttpRequest) -> JsonResponse:
    _require(request, _LOOK)
    values = _values(request)
    preview = _preview(request, values)
    answer: dict[str, Any] = {
        "problems": [
            {**problem.as_json(), "text": str(problem)} for problem in preview.problems
        ],
        "values": shown_values(values),
        "rendered": preview.rendered is not None,
    }
    if preview.rendered:
        answer |= {
            "subject": preview.rendered.subject,
            "html": framed(preview.rendered.html),
            "text": preview.rendered.text,
            "action_url": preview.rendered.action_url,
            "size": len(preview.rendered.html.encode("utf-8", "replace")),
        }
    return JsonResponse(answer)


def test_view(request: HttpRequest) -> JsonResponse:
    _require(request, _WRITE)
    try:
        message = _send_test(request)
    except DomainError as error:
        return JsonResponse({"sent": False, "message": str(error)})
    return JsonResponse({"sent": True, "message": message})


def customers_view(request: HttpRequest) -> JsonResponse:
    """Find customers by the words that the back office's search knows."""
    _require(request, _LOOK)
    if not request.user.has_perm("customers.view_customer"):
        raise PermissionDenied
    words = request.GET.get("q", "")[:100]
    found = Customer.objects.active().search(words).order_by("-pk")
    rows = found.only("pk", "first_name", "last_name", "email", "lms_lead_id")
    return JsonResponse({"customers": [_choice(row) for row in rows[:_FOUND_AT_ONCE]]})


def first_choice(request: HttpRequest) -> dict[str, Any] | None:
    """Return the customer that a preview begins with, if one may be shown."""
    if not request.user.has_perm("customers.view_customer"):
        return None
    reachable = Customer.objects.active().filter(~Q(email="")).order_by("-pk")
    customer = reachable.first()
    return _choice(customer) if customer else None


def variable_groups() -> list[dict[str, Any]]:
    """Return the names that a template can read, for the list beside the editor."""
    definitions = AttributeDefinition.objects.exclude(name__in=CUSTOMER_FIELDS)
    attributes = [
        {
            "path": f"customer.{definition.name}",
            "tag": _tag_of(definition.name),
            "label": definition.label or definition.name,
        }
        for definition in definitions
    ]
    return [
        {
            "title": _("Customer"),
            "names": [
                {"path": f"customer.{name}", "tag": _tag_of(name), "label": name}
                for name in CUSTOMER_FIELDS
            ],
        },
        {"title": _("Attributes"), "names": attributes},
        {"title": _("Member"), "names": [_plain(name) for name in MEMBER_NAMES]},
        {"title": _("Workflow"), "names": _workflow_names()},
        {"title": _("Sender"), "names": [_plain(name) for name in SENDER_NAMES]},
    ]


def _workflow_names() -> list[dict[str, str]]:
    """List what workflows add; what holds several values by one of them each."""
    paths = []
    for name, value in workflow_examples().items():
        paths += (
            [f"{name}.{key}" for key in value] if isinstance(value, dict) else [name]
        )
    return [_plain(path) for path in paths]


def patterns() -> dict[str, Any]:
    """Return what else can be written, ready to be changed."""
    return {
        "title": _("Patterns"),
        "names": [
            {"path": "", "tag": tag, "label": label}
            for tag, label in (
                ("{{ customer.first_name|default('friend') }}", _("A word if empty")),
                ("{% if customer.age < 30 %} … {% endif %}", _("Only for some")),
                (
                    "{% if customer.city == 'Paris' %} … {% else %} … {% endif %}",
                    _("One or other"),
                ),
                (
                    "{% if customer.device in ['Mobile', 'Tablet'] %} … {% endif %}",
                    _("One of several"),
                ),
                (
                    "{% for item in customer.interests %}{{ item }} {% endfor %}",
                    _("Each of a list"),
                ),
                ("{{ customer.interests|join(', ') }}", _("A list in one line")),
                ("{{ join_date|date('j F Y') }}", _("A date in words")),
                ("{{ customer.price|number(2) }}", _("12,500.00")),
                ("{{ customer.city|urlencode }}", _("Inside a link")),
            )
        ],
    }


def _plain(name: str) -> dict[str, str]:
    return {"path": name, "tag": f"{{{{ {name} }}}}", "label": name}


def _tag_of(name: str) -> str:
    if name.isidentifier():
        return f"{{{{ customer.{name} }}}}"
    quoted = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"{{{{ customer['{quoted}'] }}}}"


def _require(request: HttpRequest, verbs: tuple[str, ...]) -> None:
    names = [f"messaging.{verb}_messagetemplate" for verb in verbs]
    if not any(request.user.has_perm(name) for name in names):
        raise PermissionDenied


def _preview(request: HttpRequest, values: dict[str, Any]) -> Preview:
    version = _version(request)
    if version is not None:
        return preview_version(version, values)
    source = Source.read(request.POST)
    if source.type not in MessageTemplate.Channel.values:
        return Preview(problems=[Problem(0, 0, _("Choose a channel."), "type")])
    return preview_source(source, values, attribute_names())


def _version(request: HttpRequest) -> MessageTemplateVersion | None:
    number = _number(request.POST.get("version", ""))
    if number is None:
        return None
    return MessageTemplateVersion.objects.filter(pk=number).first()


def _values(request: HttpRequest) -> dict[str, Any]:
    """Return the values of the customer that was asked for, or made-up ones."""
    customer = None
    number = _number(request.POST.get("customer", ""))
    if number is not None and request.user.has_perm("customers.view_customer"):
        customer = Customer.objects.active().filter(pk=number).first()
    sensitive = request.user.has_perm("customers.view_sensitive")
    return sample_values(customer, sensitive=sensitive)


def _number(text: str) -> int | None:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        return None
    number = int(text)
    return number if number <= _LARGEST_ID else None


def _choice(customer: Customer) -> dict[str, Any]:
    return {
        "id": customer.pk,
        "name": str(customer),
        "email": customer.email or customer.lms_lead_id or "",
    }


def _send_test(request: HttpRequest) -> str:
    to = getattr(request.user, "email", "")
    if not to:
        raise DomainError(_("Your user account has no e-mail address to send to."))
    version = _version(request)
    channel = version.type if version else request.POST.get("type", "")
    if channel != MessageTemplate.Channel.EMAIL:
        raise DomainError(_("Only e-mails can be sent as a test."))
    preview = _preview(request, _values(request))
    if preview.rendered is None:
        raise DomainError(" ".join(map(str, preview.problems)))
    subject = _("[Test] %(subject)s") % {"subject": preview.rendered.subject}
    send_test_mail(rendered=replace(preview.rendered, subject=subject), to=to)
    return _("A test was sent to %(address)s.") % {"address": to}
