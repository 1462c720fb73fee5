from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from customers.models import AttributeDefinition
from customers.services.attributes import define_attributes, set_attribute
from marketing_os.lib.admin import ModelAdmin, display


@admin.register(AttributeDefinition)
class AttributeDefinitionAdmin(ModelAdmin):
    list_display = (
        "name",
        "type_badge",
        "label",
        "is_sensitive",
        "is_indexed",
        "created_at",
    )
    list_filter = ("field_type", "sensitive", "indexed")
    search_fields = ("name", "label")
    search_placeholder = _("Name or label")
    sortable_by = ("name", "label", "created_at")
    fields = ("name", "field_type", "label", "sensitive", "indexed")
    empty_title = _("There are no attributes yet.")
    empty_hint = _("They come with an import, or when another system publishes them.")

    @display(description=_("Type"), label=True)
    def type_badge(self, definition: AttributeDefinition) -> str:
        return definition.get_field_type_display()

    @display(description=_("Sensitive"), label={_("Sensitive"): "warning"})
    def is_sensitive(self, definition: AttributeDefinition) -> Any:
        return _("Sensitive") if definition.sensitive else None

    @display(description=_("Indexed"), label={_("Indexed"): "info"})
    def is_indexed(self, definition: AttributeDefinition) -> Any:
        return _("Indexed") if definition.indexed else None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(
        self, request: HttpRequest, obj: AttributeDefinition | None = None
    ) -> tuple[str, ...]:
        fixed = ("name", "field_type") if obj else ()
        # Else whoever may not see an attribute could make it plain and look.
        if obj and not request.user.has_perm("customers.view_sensitive"):
            return (*fixed, "sensitive")
        return fixed

    def save_model(
        self, request: HttpRequest, obj: AttributeDefinition, form: Any, change: bool
    ) -> None:
        if not change:
            define_attributes({obj.name: obj.field_type})
            obj.pk = AttributeDefinition.objects.get(name=obj.name).pk
        set_attribute(
            obj, label=obj.label, sensitive=obj.sensitive, indexed=obj.indexed
        )
