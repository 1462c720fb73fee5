from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.models import MessageTemplate, Topic
from messaging.templating.compiler import Source, compile_message
from messaging.templating.context import attribute_names
from messaging.templating.problems import Problem, TemplateProblems


class TemplateForm(forms.ModelForm):  # type: ignore[type-arg]
    """What staff write; what cannot be compiled is told at its field and line."""

    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = MessageTemplate
        fields = (
            "name",
            "type",
            "templating_type",
            "purpose",
            "topic",
            "subject",
            "preheader",
            "title",
            "icon",
            "action_url",
            "message",
            "body_text",
            "from_name",
            "from_address",
            "reply_to",
        )
        labels = {
            "type": gettext_lazy("Channel"),
            "body_text": gettext_lazy("Text version"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.warnings: list[Problem] = []
        self.fields["based_on"].initial = self.instance.current_version_id
        for name in ("message", "body_text"):
            # Lines are counted from where the author began.
            self.fields[name].strip = False  # type: ignore[attr-defined]
        chosen = Q(is_active=True) | Q(pk=self.instance.topic_id)
        topic = cast("forms.ModelChoiceField[Topic]", self.fields["topic"])
        topic.queryset = Topic.objects.filter(chosen)
        topic.empty_label = _("None")
        for name in ("title", "icon"):
            self.fields[name].required = False

    def clean_title(self) -> str:
        return self.cleaned_data["title"] or "Notification"

    def clean_icon(self) -> str:
        return self.cleaned_data["icon"] or "info"

    def clean_from_address(self) -> str:
        return self._clean_address("from_address")

    def clean_reply_to(self) -> str:
        return self._clean_address("reply_to")

    def _clean_address(self, field: str) -> str:
        address: str = self.cleaned_data[field]
        if address:
            validate_email(address)
        return address

    def clean_from_name(self) -> str:
        name: str = self.cleaned_data["from_name"]
        if not name.isprintable():
            raise ValidationError(_("Write the name on one line."))
        return name

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("type") not in (None, MessageTemplate.Channel.EMAIL):
            cleaned["templating_type"] = MessageTemplate.Templating.TEXT
        self._refuse_to_overwrite(cleaned.get("based_on"))
        if not self.errors.keys() & set(Source.names()):
            self._compile(cleaned)
        return cleaned

    def _refuse_to_overwrite(self, based_on: int | None) -> None:
        """Keep what somebody else saved since this form was opened."""
        if not self.instance.pk or based_on is None:
            return
        current = MessageTemplate.objects.filter(pk=self.instance.pk).values_list(
            "current_version_id", flat=True
        )
        if current.first() != based_on:
            self.add_error(
                None,
                _(
                    "Somebody else has saved this template in the meantime. Copy what"
                    " you wrote, open the template again and add your changes."
                ),
            )

    def _compile(self, cleaned: dict[str, Any]) -> None:
        values = {name: str(cleaned.get(name, "")) for name in Source.names()}
        try:
            compiled = compile_message(Source.read(values))
        except TemplateProblems as error:
            for problem in error.problems:
                self.add_error(problem.field, str(problem))
        else:
            self.warnings = compiled.warnings(attribute_names())
