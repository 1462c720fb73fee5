from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from marketing_os.lib.admin import ModelAdmin, display
from messaging.models import Topic
from messaging.services.topics import save_topic


@admin.register(Topic)
class TopicAdmin(ModelAdmin):
    list_display = ("name", "description", "is_active", "template_count")
    search_fields = ("name", "description")
    search_placeholder = _("Name or description")
    sortable_by = ("name",)
    fields = ("name", "description", "is_active")
    empty_title = _("There are no topics yet.")
    empty_hint = _(
        "With topics, such as “Events” or “Offers”, customers can leave out what they do"
        " not want instead of unsubscribing from everything."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Topic]:
        found: QuerySet[Topic] = super().get_queryset(request)
        return found.annotate(templates_of=Count("templates"))

    @display(description=_("templates"))
    def template_count(self, topic: Any) -> int:
        return int(topic.templates_of)

    def save_model(
        self, request: HttpRequest, obj: Topic, form: Any, change: bool
    ) -> None:
        save_topic(obj)
