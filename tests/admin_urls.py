"""Every address of an admin, for tests that try them all."""

from django.contrib import admin
from django.urls import NoReverseMatch, reverse


def urls_of(model, pk):
    """Return the address of each page of a model's admin, for one object."""
    found = []
    for pattern in admin.site.get_model_admin(model).urls:
        for args in ((), (pk,)):
            try:
                found.append(reverse(f"admin:{pattern.name}", args=args))
                break
            except NoReverseMatch:
                continue
    list_url = reverse(
        f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    )
    return [*found, f"{list_url}{pk}/", f"{list_url}{pk}/change/", list_url]
