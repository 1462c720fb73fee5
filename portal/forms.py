from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from marketing_os.lib.filters import style
from messaging.models import MessageTemplate
from messaging.templating.problems import TemplateProblems
from portal.models import LONGEST_TEXT, PublicPage
from portal.texts import STATUS_FIELDS, read_text


class MessageForm(forms.Form):
    """The form of the public page; `website` is for programs that fill in all."""

    name = forms.CharField(
        label=_("Name"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=320,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    message = forms.CharField(
        label=_("Message"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    website = forms.CharField(
        label=_("Leave this empty"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.errors if self.is_bound else ():
            if name in self.fields:
                widget = self.fields[name].widget
                widget.attrs["aria-invalid"] = "true"
                widget.attrs["aria-describedby"] = f"id_{name}_error"

    @property
    def is_trapped(self) -> bool:
        return bool(self.cleaned_data.get("website"))


class PublicPageForm(forms.ModelForm):  # type: ignore[type-arg]
    """What the public page says; the texts about a status are templates."""

    class Meta:
        model = PublicPage
        fields = (
            "headline",
            "introduction",
            "neutral",
            *STATUS_FIELDS,
            "makes_task",
            "link_template",
        )
        widgets = {
            name: forms.Textarea(attrs={"rows": 4})
            for name in ("introduction", "neutral", *STATUS_FIELDS)
        }
        help_texts = {
            "neutral": _(
                "The same for everybody who is not signed in, customer or not, so that"
                " nobody learns from it whose address you know."
            ),
            "link_template": _(
                "Goes to a customer whose address was typed, at most once a day. A"
                " published transactional template that reads {{ member_link }}."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        template = cast(
            "forms.ModelChoiceField[MessageTemplate]", self.fields["link_template"]
        )
        template.queryset = MessageTemplate.objects.filter(
            type=MessageTemplate.Channel.EMAIL,
            purpose=MessageTemplate.Purpose.TRANSACTIONAL,
            current_version__isnull=False,
        ).order_by("name")
        template.empty_label = _("No mail")
        for field in self.fields.values():
            style(field.widget)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in STATUS_FIELDS:
            try:
                read_text(cleaned.get(name, ""))
            except TemplateProblems as error:
                for problem in error.problems:
                    self.add_error(name, str(problem))
        return cleaned

    @property
    def of_page(self) -> list[forms.BoundField]:
        return [self[name] for name in ("headline", "introduction", "neutral")]

    @property
    def of_statuses(self) -> list[forms.BoundField]:
        return [self[name] for name in STATUS_FIELDS]
