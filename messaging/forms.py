from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketing_os.lib.admin import SELECT_CLASSES
from messaging.models import MessageTemplate, Sender, Topic
from messaging.services.senders import SenderError, allowed_senders, sender_errors
from messaging.templating.compiler import Source, compile_message
from messaging.templating.context import attribute_names, workflow_examples
from messaging.templating.problems import Problem, TemplateProblems


class _Select(forms.Select):
    def __init__(self) -> None:
        super().__init__({"class": " ".join(SELECT_CLASSES)})


class TemplateForm(forms.ModelForm):  # type: ignore[type-arg]
    """What staff write; what cannot be compiled is told at its field and line."""

    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)
    from_address = forms.ChoiceField(
        label=gettext_lazy("From address"), required=False, widget=_Select
    )
    reply_to = forms.ChoiceField(
        label=gettext_lazy("Reply-to address"), required=False, widget=_Select
    )

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
        self._offer_senders()

    def _offer_senders(self) -> None:
        """Offer who may send; what was chosen and may no longer is kept to be seen."""
        senders = allowed_senders()
        default = _("The default, %s") % senders.default.address
        for name, choices in (
            ("from_address", [("", default), *senders.choices()]),
            ("reply_to", [("", _("That of the sender")), *senders.reply_choices()]),
        ):
            chosen = getattr(self.instance, name)
            if chosen and chosen not in dict(choices):
                choices.append((chosen, _("%s (no longer allowed)") % chosen))
            cast(forms.ChoiceField, self.fields[name]).choices = choices

    def clean_title(self) -> str:
        return self.cleaned_data["title"] or "Notification"

    def clean_icon(self) -> str:
        return self.cleaned_data["icon"] or "info"

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
        self._check_sender(cleaned)
        if not self.errors.keys() & set(Source.names()):
            self._compile(cleaned)
        return cleaned

    def _check_sender(self, cleaned: dict[str, Any]) -> None:
        names = ("from_address", "from_name", "reply_to")
        chosen = MessageTemplate(**{name: cleaned.get(name, "") for name in names})
        try:
            allowed_senders().of(chosen)
        except SenderError as error:
            self.add_error(error.field, str(error))

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
            self.warnings = compiled.warnings(
                attribute_names(), workflow_examples().keys()
            )


class SenderForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Sender
        fields = (
            "address",
            "name",
            "reply_to",
            "postal_address",
            "dkim_selector",
            "is_active",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "postal_address" in self.fields:
            self.fields["postal_address"].widget.attrs["rows"] = 3

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        for field, sentence in sender_errors(self.instance).items():
            self.add_error(field, sentence)
