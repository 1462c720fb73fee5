from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from customers.models import AttributeDefinition
from marketing_os.lib.admin import ReadOnlyAdmin


@admin.register(AttributeDefinition)
class AttributeDefinitionAdmin(ReadOnlyAdmin):
    list_display = ("name", "field_type", "label", "sensitive", "indexed", "created_at")
    list_filter = ("field_type", "sensitive", "indexed")
    search_fields = ("name", "label")
    search_placeholder = _("Name or label")
    empty_title = _("There are no attributes yet.")
    empty_hint = _("They come with an import, or when another system publishes them.")
