"""Objects that have a secret, which is shown once."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from marketing_os.lib.admin import ModelAdmin


class SecretAdmin(ModelAdmin):
    """Shows a new secret on the answer itself: it must not pass through a cookie."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        # What comes next is the secret, so there is only one way on.
        buttons = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().changeform_view(  # type: ignore[no-any-return]
            request, object_id, form_url, {**(extra_context or {}), **buttons}
        )

    def secret_page(
        self, request: HttpRequest, template: str, context: dict[str, Any]
    ) -> HttpResponse:
        """Render the page with the secret, which no browser keeps."""
        response = self.page(request, template, context)
        response["Cache-Control"] = "no-store"
        return response
