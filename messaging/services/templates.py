"""Saving what staff write, as versions that can be sent."""

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from marketing_os.lib.errors import DomainError
from messaging.models import MessageTemplate, MessageTemplateVersion, TrackedLink
from messaging.services.senders import allowed_senders
from messaging.templating.compiler import (
    COMPILER_VERSION,
    Compiled,
    Source,
    compile_message,
)


@transaction.atomic
def save_template(template: MessageTemplate, by: User | None = None) -> MessageTemplate:
    """Save a template and, if its content changed, the version that is sent from now.

    Raises TemplateProblems, and saves nothing, when it cannot be compiled, and
    SenderError when its sender may not be used.
    """
    allowed_senders().of(template)
    source = Source.of(template)
    compiled = compile_message(source)
    template.placeholders = list(compiled.variables)
    if template.pk:
        # Two who save at once must not make the same number.
        MessageTemplate.objects.select_for_update().get(pk=template.pk)
    template.save()
    current = template.current_version
    if current is None or not _is_same(current, source, compiled):
        version = _make_version(template, source, compiled, by)
        MessageTemplate.objects.filter(pk=template.pk).update(current_version=version)
        template.current_version = version
    return template


def restore_version(
    version: MessageTemplateVersion, by: User | None = None
) -> MessageTemplate:
    """Make what an old version says the newest version; nothing is lost.

    Raises DomainError when it cannot be compiled any more.
    """
    if not version.source:
        raise DomainError(_("It is not known what was written for this version."))
    template = version.template
    for name in Source.names():
        if name in version.source:
            setattr(template, name, version.source[name])
    return save_template(template, by=by)


def _is_same(
    version: MessageTemplateVersion, source: Source, compiled: Compiled
) -> bool:
    return version.source == source.as_json() and (
        version.subject,
        version.html,
        version.text,
    ) == (compiled.subject, compiled.html, compiled.text)


def _make_version(
    template: MessageTemplate, source: Source, compiled: Compiled, by: User | None
) -> MessageTemplateVersion:
    last = template.versions.aggregate(number=Max("number"))["number"] or 0
    version = MessageTemplateVersion.objects.create(
        template=template,
        number=last + 1,
        type=template.type,
        purpose=template.purpose,
        source=source.as_json(),
        subject=compiled.subject,
        html=compiled.html,
        text=compiled.text,
        variables=list(compiled.variables),
        compiler_version=COMPILER_VERSION,
        created_by=by,
    )
    TrackedLink.objects.bulk_create(
        TrackedLink(version=version, position=link.position, url=link.url)
        for link in compiled.links
    )
    return version
