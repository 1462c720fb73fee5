"""The Import button of a list."""

from typing import Any

from django.contrib.auth import get_permission_codename
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path

from imports.admin.upload import answer_upload
from imports.models import ImportJob
from imports.targets import get_target

_models: dict[str, type[Model]] = {}


def may_import(request: HttpRequest, target: str) -> bool:
    """Tell whether somebody may import at all, and into this target."""
    model = _models.get(target)
    if model is None:
        return False
    opts = model._meta
    codename = get_permission_codename("add", opts)
    return request.user.has_perm("imports.add_importjob") and request.user.has_perm(
        f"{opts.app_label}.{codename}"
    )


class ImportMixin:
    """Gives a ModelAdmin its Import button.

    `import_targets` names what can be imported on this list; whoever uses it needs
    the permissions to add an import and to add objects of the list's model.
    """

    import_target = ""
    import_targets: tuple[str, ...] = ()

    def __init__(self, model: type[Model], admin_site: Any) -> None:
        super().__init__(model, admin_site)  # type: ignore[call-arg]
        if self.import_target:
            self.import_targets = (self.import_target, *self.import_targets)
        for name in self.import_targets:
            _models[name] = model

    def has_import_permission(self, request: HttpRequest) -> bool:
        return any(may_import(request, name) for name in self.import_targets)

    def get_urls(self) -> list[URLPattern]:
        admin: Any = self
        opts = admin.opts
        return [
            path(
                "import/",
                admin.admin_site.admin_view(self.import_view),
                name=f"{opts.app_label}_{opts.model_name}_import",
            ),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"has_import_permission": self.has_import_permission(request)}
        response: HttpResponse = super().changelist_view(  # type: ignore[misc]
            request, context | (extra_context or {})
        )
        return response

    def import_view(self, request: HttpRequest) -> HttpResponse:
        targets = [name for name in self.import_targets if may_import(request, name)]
        if not targets:
            raise PermissionDenied
        return answer_upload(request, self, [get_target(name) for name in targets])


def job_to_see(request: HttpRequest, pk: int) -> ImportJob:
    """Return an import to somebody who may see imports."""
    verbs = ("view", "add")
    if not any(request.user.has_perm(f"imports.{verb}_importjob") for verb in verbs):
        raise PermissionDenied
    return get_object_or_404(ImportJob, pk=pk)


def job_to_act_on(request: HttpRequest, pk: int, *, post: bool = False) -> ImportJob:
    """Return an import to somebody who may act on it; `post`: only when they do."""
    job = job_to_see(request, pk)
    if not may_import(request, job.target) or (post and request.method != "POST"):
        raise PermissionDenied
    return job


def may_see_rows(request: HttpRequest, job: ImportJob) -> bool:
    """Tell whether somebody may see cells of a file: whoever may import it."""
    return may_import(request, job.target)
