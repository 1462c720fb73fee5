"""The permissions of a group as a table: a line for each sort of thing."""

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib.auth.models import Permission
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

VERBS = ("view", "add", "change", "delete")


@dataclass
class Line:
    """What may be done with one sort of thing; a verb that is not there is None."""

    title: str
    cells: dict[str, Permission | None] = field(
        default_factory=lambda: dict.fromkeys(VERBS)
    )
    others: list[Permission] = field(default_factory=list)


class PermissionTable(forms.CheckboxSelectMultiple):
    template_name = "admin/widgets/permission_table.html"

    def get_context(
        self, name: str, value: Any, attrs: dict[str, Any] | None
    ) -> dict[str, Any]:
        # Not the options of the base class: they would be built one by one twice.
        chosen = {int(one) for one in value or () if str(one).isdigit()}
        return {
            "widget": {"name": name, "attrs": self.build_attrs(self.attrs, attrs)},
            "verbs": (_("See"), _("Add"), _("Change"), _("Delete")),
            "groups": self._lines_by_app(),
            "chosen": chosen,
        }

    def _lines_by_app(self) -> dict[str, list[Line]]:
        groups: dict[str, dict[str, Line]] = {}
        permissions: Any = self.choices.queryset  # type: ignore[attr-defined]
        for permission in permissions:
            model = permission.content_type.model_class()
            if model is None:
                continue
            group = groups.setdefault(str(model._meta.app_config.verbose_name), {})
            title = capfirst(str(model._meta.verbose_name_plural))
            line = group.setdefault(title, Line(title))
            verb = permission.codename.removesuffix(f"_{model._meta.model_name}")
            if verb in VERBS:
                line.cells[verb] = permission
            else:
                line.others.append(permission)
        return {title: list(lines.values()) for title, lines in groups.items()}


class GroupForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean_permissions(self) -> Any:
        """Keep what the group may do beyond what the table shows."""
        chosen = self.cleaned_data["permissions"]
        if not self.instance.pk:
            return chosen
        shown = self.fields["permissions"].queryset  # type: ignore[attr-defined]
        unseen = self.instance.permissions.exclude(pk__in=shown.values("pk"))
        return Permission.objects.filter(pk__in=[one.pk for one in (*chosen, *unseen)])
