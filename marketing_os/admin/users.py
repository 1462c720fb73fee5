from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.models import Group, User
from django.db.models import Count, Field, ManyToManyField, Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from marketing_os.admin.permission_table import GroupForm, PermissionTable
from marketing_os.lib.admin import (
    AdminPasswordChangeForm,
    CheckboxList,
    ModelAdmin,
    UserCreationForm,
    display,
)
from marketing_os.roles import product_permissions


class PersonForm(ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = (
            "username",
            "first_name",
            "last_name",
            "email",
            "is_active",
            "groups",
            "is_superuser",
        )
        field_classes = {"username": UsernameField}
        help_texts = {
            "username": _("What they sign in with."),
            "email": _("Where test mails and notices go."),
            "is_active": _("Switched off, they cannot sign in any more."),
            "groups": _("What somebody may do comes from their groups."),
            "is_superuser": _("May do everything, whatever the groups say."),
        }


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[misc, type-arg]
    """People who work in the back office.

    Nobody is deleted, so that it stays known who did what: who leaves is made
    inactive. What only a superuser has, only a superuser gives.
    """

    form = PersonForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = (
        "username",
        "full_name",
        "email",
        "roles",
        "is_active",
        "last_login",
    )
    list_filter = ("is_active", "groups")
    search_fields = ("username", "first_name", "last_name", "email")
    search_placeholder = _("Name or e-mail")
    filter_horizontal = ()
    actions = ()
    readonly_fields = ("change_password", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "change_password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email")}),
        (
            _("Access"),
            {"fields": ("is_active", "groups", "is_superuser")},
        ),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "fields": (
                    "username",
                    "first_name",
                    "last_name",
                    "email",
                    "groups",
                    "password1",
                    "password2",
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        users: QuerySet[User] = super().get_queryset(request)
        return users.prefetch_related("groups")

    @display(description=_("name"), ordering="last_name")
    def full_name(self, user: User) -> str:
        return user.get_full_name()

    @display(description=_("password"))
    def change_password(self, user: User) -> str:
        return format_html(
            '<a class="mos-link" href="../password/">{}</a>', _("Set a new password")
        )

    @display(description=_("groups"))
    def roles(self, user: User) -> str:
        names = [group.name for group in user.groups.all()]
        return ", ".join([str(_("Superuser")), *names] if user.is_superuser else names)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> tuple[str, ...]:
        locked = set(self.readonly_fields)
        if not request.user.is_superuser:
            locked.add("is_superuser")
        if not request.user.has_perm("auth.change_group"):
            locked.add("groups")
        if obj is not None and obj.pk == request.user.pk:
            # Nobody shuts themselves out.
            locked |= {"is_active", "is_superuser", "groups"}
        return tuple(sorted(locked))

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        if isinstance(obj, User) and obj.is_superuser and not request.user.is_superuser:
            return False
        return bool(super().has_change_permission(request, obj))

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def formfield_for_manytomany(
        self,
        db_field: "ManyToManyField[Any, Any]",
        request: HttpRequest | None = None,
        **kwargs: Any,
    ) -> Any:
        if db_field.name != "groups":
            return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[arg-type]
        field = without_wrapper(db_field, kwargs | {"widget": CheckboxList()})
        field.help_text = _("What somebody may do comes from their groups.")
        return field

    def save_model(
        self, request: HttpRequest, obj: User, form: "ModelForm[Any]", change: bool
    ) -> None:
        obj.is_staff = True
        super().save_model(request, obj, form, change)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):  # type: ignore[misc]
    form = GroupForm
    list_display = ("name", "people", "rights")
    search_placeholder = _("Name of a group")
    filter_horizontal = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        groups: QuerySet[Group] = super().get_queryset(request)
        return groups.annotate(
            people_count=Count("user", distinct=True),
            right_count=Count("permissions", distinct=True),
        )

    @display(description=_("people"), ordering="people_count")
    def people(self, group: Any) -> int:
        return int(group.people_count)

    @display(description=_("permissions"), ordering="right_count")
    def rights(self, group: Any) -> int:
        return int(group.right_count)

    def formfield_for_manytomany(
        self,
        db_field: "ManyToManyField[Any, Any]",
        request: HttpRequest | None = None,
        **kwargs: Any,
    ) -> Any:
        if db_field.name == "permissions":
            kwargs["queryset"] = product_permissions()
            kwargs["widget"] = PermissionTable()
            return without_wrapper(db_field, kwargs)
        return super().formfield_for_manytomany(db_field, request, **kwargs)


def without_wrapper(db_field: "Field[Any, Any]", options: dict[str, Any]) -> Any:
    # The admin's own way would put its drop-down around the table.
    field = db_field.formfield(**options)
    field.help_text = ""  # type: ignore[union-attr]
    return field
