from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_filters import ChoiceFilter, ModelChoiceFilter

from marketing_os.lib.admin import ModelAdmin, display
from marketing_os.lib.content_policy import office, under
from marketing_os.lib.filters import SearchFilterSet
from marketing_os.lib.registry import Origin, registry
from messaging.admin.links import require_permission
from messaging.admin.results import export_view, page_of_results
from messaging.admin.template_preview import (
    first_choice,
    patterns,
    preview_urls,
    variable_groups,
)
from messaging.admin.template_versions import version_urls
from messaging.forms import TemplateForm
from messaging.models import MessageTemplate, MessageTemplateVersion, Topic
from messaging.results.scope import of_template
from messaging.services import save_template
from messaging.templating.compiler import Source
from messaging.templating.context import EXAMPLE_VALUES, sender_examples
from messaging.templating.mjml_schema import attributes_of, component_names
from messaging.templating.preview import framed, preview_source
from messaging.templating.starting import BLANKS, DESIGNS, STARTERS

_ANY = gettext_lazy("Any")
_ICONS = {
    MessageTemplate.Channel.EMAIL: "mail",
    MessageTemplate.Channel.WHATSAPP: "chat",
    MessageTemplate.Channel.IN_APP: "notifications",
    MessageTemplate.Channel.SMS: "sms",
}
_shows_mails = under(office(shows_mails=True))
_NOT_SENT = (MessageTemplate.Channel.WHATSAPP, MessageTemplate.Channel.SMS)


class TemplateFilterSet(SearchFilterSet):
    type = ChoiceFilter(
        label=gettext_lazy("Channel"),
        empty_label=_ANY,
        choices=MessageTemplate.Channel.choices,
    )
    templating_type = ChoiceFilter(
        label=gettext_lazy("Written in"),
        empty_label=_ANY,
        choices=MessageTemplate.Templating.choices,
    )
    purpose = ChoiceFilter(
        label=gettext_lazy("Purpose"),
        empty_label=_ANY,
        choices=MessageTemplate.Purpose.choices,
    )

    topic = ModelChoiceFilter(
        label=gettext_lazy("Topic"), empty_label=_ANY, queryset=Topic.objects.all()
    )


@admin.register(MessageTemplate)
class MessageTemplateAdmin(ModelAdmin):
    form = TemplateForm
    list_display = ("page_link", "channel", "purpose", "subject", "version", "updated")
    list_display_links = None
    list_select_related = ("current_version",)
    search_fields = ("name", "subject", "title")
    search_placeholder = gettext_lazy("Name or subject")
    filterset_class = TemplateFilterSet
    sortable_by = ("page_link", "updated")
    change_form_template = "messaging/template_form.html"
    empty_title = gettext_lazy("There are no templates yet.")
    empty_hint = gettext_lazy(
        "Start from one of six designs, and write what you want to say."
    )

    @display(description=gettext_lazy("Name"), ordering="name")
    def page_link(self, template: MessageTemplate) -> SafeString:
        return format_html(
            '<a class="mos-link mos-strong" href="{}">{}</a>',
            reverse("admin:messaging_messagetemplate_view", args=(template.pk,)),
            template.name,
        )

    @display(description=gettext_lazy("Channel"))
    def channel(self, template: MessageTemplate) -> SafeString:
        return format_html(
            '<span class="mos-badge">{} · {}</span>',
            template.get_type_display(),
            template.get_templating_type_display(),
        )

    @display(description=gettext_lazy("Version"))
    def version(self, template: MessageTemplate) -> int | None:
        current = template.current_version
        return current.number if current else None

    @display(description=gettext_lazy("Saved"), ordering="updated_at")
    def updated(self, template: MessageTemplate) -> Any:
        return template.updated_at

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        may = super().has_change_permission(request, obj)
        return may and _may_write(request, obj)

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        may = super().has_delete_permission(request, obj)
        return may and _may_write(request, obj)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[Any, int], set[Any], list[Any]]:
        """Refuse what is in use, by rows and by what stands in documents."""
        found, counts, needed, protected = super().get_deleted_objects(objs, request)
        uses = [
            format_html('<a class="mos-link" href="{}">{}</a>', use.url, use.title)
            for template in objs
            for ask in registry.template_uses
            for use in ask(template.pk)
        ]
        in_use = [*protected, *uses]
        # Whoever may delete what holds it could not delete the template either.
        return found, counts, set() if in_use else needed, in_use

    def formfield_for_choice_field(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "purpose" and not _may_write_transactional(request):
            kwargs["choices"] = [
                choice
                for choice in MessageTemplate.Purpose.choices
                if choice[0] == MessageTemplate.Purpose.MARKETING
            ]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: MessageTemplate, form: Any, change: bool
    ) -> None:
        save_template(obj, by=request.user)  # type: ignore[arg-type]
        for warning in form.warnings:
            messages.warning(request, str(warning))

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path(
                "<int:pk>/view/",
                wrap(self.page_view),
                name="messaging_messagetemplate_view",
            ),
            path(
                "<int:pk>/results/",
                wrap(self.results_view),
                name="messaging_messagetemplate_results",
            ),
        ]
        return [*own, *version_urls(self), *preview_urls(), *super().get_urls()]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        starter = STARTERS.get(request.GET.get("start", ""))
        if starter:
            return starter.initial()
        original = _copied(request)
        if original is None or not self.has_view_permission(request, original):
            return {}
        name = _("Copy of %(name)s") % {"name": original.name}
        return {**Source.of(original).as_json(), "name": name[:200]}

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        begun = {"start", "copy"} & request.GET.keys()
        if request.method == "GET" and not begun:
            return self.start_view(request)
        return super().add_view(request, form_url, extra_context)  # type: ignore[no-any-return]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        obj = self.get_object(request, unquote(object_id))
        if obj and not self.has_change_permission(request, obj):
            if request.method == "POST" or not self.has_view_permission(request, obj):
                raise PermissionDenied
            return redirect("admin:messaging_messagetemplate_view", obj.pk)
        return super().change_view(request, object_id, form_url, extra_context)  # type: ignore[no-any-return]

    def start_view(self, request: HttpRequest) -> HttpResponse:
        """Let a person choose what a new template starts from."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        values = EXAMPLE_VALUES | sender_examples()
        designs = []
        for starter in DESIGNS:
            preview = preview_source(Source.read(starter.initial()), values, ())
            html = preview.rendered.html if preview.rendered else ""
            designs.append({"starter": starter, "html": framed(html)})
        context = {"title": _("Start from"), "designs": designs, "blanks": BLANKS}
        return self.page(request, "messaging/template_start.html", context)

    def results_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        template = self._found(request, pk)
        require_permission(request, "messaging.view_dispatch")
        scope = of_template(template)
        if request.method == "POST":
            return export_view(request, scope)
        view_url = reverse("admin:messaging_messagetemplate_view", args=(pk,))
        context = {
            "title": _("Results of “%(name)s”") % {"name": template.name},
            "original": template,
            "about": Origin(template.name, view_url),
            "export_url": request.path,
            **page_of_results(request, scope),
        }
        return self.page(request, "messaging/results_page.html", context)

    def _found(self, request: HttpRequest, pk: int) -> MessageTemplate:
        template = self.get_object(request, str(pk))
        if template is None:
            raise Http404
        if not self.has_view_permission(request, template):
            raise PermissionDenied
        return template  # type: ignore[no-any-return]

    @_shows_mails
    def page_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        template = self._found(request, pk)
        versions = template.versions.select_related("created_by")
        shown = _shown_version(request, template)
        context = {
            "title": template.name,
            "original": template,
            "template": template,
            "shown": shown,
            "versions": versions[:50],
            "is_current": shown is None or shown.pk == template.current_version_id,
            "is_email": template.type == MessageTemplate.Channel.EMAIL,
            "is_not_sent": template.type in _NOT_SENT,
            "channel_icon": _ICONS[MessageTemplate.Channel(template.type)],
            "may_change": self.has_change_permission(request, template),
            "may_delete": self.has_delete_permission(request, template),
            "may_add": self.has_add_permission(request),
            "may_see_results": request.user.has_perm("messaging.view_dispatch"),
            "editor": _editor(request, with_source=False),
        }
        return self.page(request, "messaging/template_page.html", context)

    @_shows_mails
    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        context["editor"] = _editor(request, with_source=True)
        context["show_save_and_add_another"] = False
        return super().render_change_form(request, context, *args, **kwargs)

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return redirect("admin:messaging_messagetemplate_view", obj.pk)

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return redirect("admin:messaging_messagetemplate_view", obj.pk)


def _may_write_transactional(request: HttpRequest) -> bool:
    return request.user.has_perm("messaging.write_transactional")


def _may_write(request: HttpRequest, obj: Any) -> bool:
    if obj is None or obj.purpose == MessageTemplate.Purpose.MARKETING:
        return True
    return _may_write_transactional(request)


def _copied(request: HttpRequest) -> MessageTemplate | None:
    number = request.GET.get("copy", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    return MessageTemplate.objects.filter(pk=int(number)).first()


def _shown_version(
    request: HttpRequest, template: MessageTemplate
) -> MessageTemplateVersion | None:
    number = request.GET.get("version", "")
    if number.isascii() and number.isdigit() and len(number) < 9:
        return template.versions.filter(number=int(number)).first()
    return template.current_version


def _editor(request: HttpRequest, *, with_source: bool) -> dict[str, Any]:
    """Return what the scripts of a page need to know."""
    name = "admin:messaging_messagetemplate"
    facts: dict[str, Any] = {
        "previewUrl": reverse(f"{name}_preview"),
        "testUrl": reverse(f"{name}_test"),
        "customersUrl": reverse(f"{name}_customers"),
        "customer": first_choice(request),
        "mayChoose": request.user.has_perm("customers.view_customer"),
    }
    if with_source:
        facts["components"] = {
            component: sorted(attributes_of(component) or ())
            for component in component_names()
        }
        facts["variables"] = variable_groups()
        facts["patterns"] = patterns()
    return facts
