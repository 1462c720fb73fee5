from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from customers.admin.rows import WHO, CustomerRowsAdmin
from customers.models import MemberTag
from imports.admin import ImportMixin
from marketing_os.lib.distinct import distinct_values
from marketing_os.lib.filters import (
    SearchFilterSet,
    SuggestFilter,
)


class TagFilterSet(SearchFilterSet):
    tag = SuggestFilter(
        "tag", label=_("Tag"), suggestions=lambda: distinct_values(MemberTag, "tag")
    )


@admin.register(MemberTag)
class MemberTagAdmin(ImportMixin, CustomerRowsAdmin):
    import_target = "tags"
    list_display = ("customer_name", "tag", "assigned_at")
    ordering = ("-id",)
    sortable_by = ()
    filterset_class = TagFilterSet
    exported = (*WHO, "tag", "assigned_at")
    empty_title = _("No customer has a tag yet.")
    empty_hint = _(
        "Import a CSV file of tags, or let another system or a workflow tag."
    )

    def row_url(self, row: MemberTag) -> str:
        return row.customer.get_absolute_url()  # a tag has no more to say
