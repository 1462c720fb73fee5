"""A version of a template beside the one that is sent now, and the way back to it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from marketing_os.lib.admin import ModelAdmin
from marketing_os.lib.differences import differences
from marketing_os.lib.errors import DomainError
from messaging.models import MessageTemplate, MessageTemplateVersion
from messaging.services.templates import restore_version
from messaging.templating.compiler import Source

_LARGEST = 2**31 - 1


def version_urls(admin: ModelAdmin) -> list[URLPattern]:
    """Return the pages of one version, for the admin of templates."""

    def compare(request: HttpRequest, pk: int, number: int) -> HttpResponse:
        return _compare(admin, request, _version(admin, request, pk, number))

    def restore(request: HttpRequest, pk: int, number: int) -> HttpResponse:
        return _restore(admin, request, _version(admin, request, pk, number))

    wrap, name = admin.admin_site.admin_view, "messaging_messagetemplate"
    return [
        path("<int:pk>/versions/<int:number>/", wrap(compare), name=f"{name}_version"),
        path(
            "<int:pk>/versions/<int:number>/restore/",
            wrap(require_POST(restore)),
            name=f"{name}_restore",
        ),
    ]


def _version(
    admin: ModelAdmin, request: HttpRequest, pk: int, number: int
) -> MessageTemplateVersion:
    template = admin.get_object(request, str(pk))
    if template is None or number > _LARGEST:
        raise Http404
    if not admin.has_view_permission(request, template):
        raise PermissionDenied
    versions = MessageTemplateVersion.objects.filter(template=template)
    return get_object_or_404(
        versions.select_related("template__current_version", "created_by"),
        number=number,
    )


def _compare(
    admin: ModelAdmin, request: HttpRequest, version: MessageTemplateVersion
) -> HttpResponse:
    template = version.template
    current = template.current_version
    now = current.source if current else {}
    changed = differences(version.source, now, fields=Source.names())
    context = {
        "title": _("%(template)s, version %(number)s")
        % {"template": template.name, "number": version.number},
        "original": template,
        "template": template,
        "version": version,
        "current": current,
        "is_current": current is not None and current.pk == version.pk,
        "fields": [{"label": _label(one.field), "lines": one.lines} for one in changed],
        "may_restore": _may_restore(admin, request, version),
    }
    return admin.page(request, "messaging/template_version.html", context)


def _restore(
    admin: ModelAdmin, request: HttpRequest, version: MessageTemplateVersion
) -> HttpResponse:
    if not _may_restore(admin, request, version):
        raise PermissionDenied
    try:
        template = restore_version(version, by=request.user)  # type: ignore[arg-type]
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(
            "admin:messaging_messagetemplate_version",
            version.template_id,
            version.number,
        )
    assert template.current_version is not None
    words = _("Version %(old)s is back, as version %(new)s.") % {
        "old": version.number,
        "new": template.current_version.number,
    }
    admin.log_change(request, template, words)
    messages.success(request, words)
    return redirect("admin:messaging_messagetemplate_view", template.pk)


def _may_restore(
    admin: ModelAdmin, request: HttpRequest, version: MessageTemplateVersion
) -> bool:
    if not admin.has_change_permission(request, version.template):
        return False
    if version.purpose == MessageTemplate.Purpose.MARKETING:
        return True
    return request.user.has_perm("messaging.write_transactional")


def _label(field: str) -> str:
    return str(MessageTemplate._meta.get_field(field).verbose_name)  # type: ignore[union-attr]
