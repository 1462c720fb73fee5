"""Puts a pack into the database, through the doors that everybody uses."""

import hashlib
import io
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from django.conf import settings
from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone

from automations.models import Automation, Workflow
from automations.services import save_automation
from automations.services.workflows import save_workflow
from customers.models import AttributeDefinition, Customer, Device
from customers.services import define_attributes, set_attribute
from customers.services.devices import log_past_devices
from imports.models import ImportJob
from imports.services import check_job, confirm_job, create_job, run_job, set_mapping
from marketing_os.lib.errors import DomainError
from marketing_os.packs.content import Attribute, Group, Journey, Message, Plan
from marketing_os.packs.pack import Pack
from marketing_os.packs.people import HISTORY
from marketing_os.packs.visits import Visit, Written
from marketing_os.roles import VIEWER
from messaging.models import MessageTemplate
from messaging.services import save_template
from portal.models import PublicPage, VisitorMessage
from portal.services import keep_answered, save_public_page
from segments.models import Segment
from segments.scores.running import run_refresh
from segments.services import add_members, request_refresh, save_segment
from segments.services.scores import begin_score_refresh

Say = Callable[[str], None]
Ids = dict[str | None, int]
Named = TypeVar("Named", bound=Model)


def load(packs: Sequence[Pack], say: Say, *, with_people: bool) -> None:
    """Add what is missing of the packs: all their people first, then what staff made.

    What staff made may read the scores, which are computed in between.
    """
    for pack in packs:
        _define(pack.attributes)
    if with_people:
        brought = []
        for number, pack in enumerate(packs, 1):
            _announce(f"The people of {pack.name}", number, packs, say)
            brought.append(_load_people(pack, say))
        if any(brought):
            _score_everybody(say)
    for number, pack in enumerate(packs, 1):
        _announce(f"What the staff of {pack.name} made", number, packs, say)
        _load_templates(pack.messages, say)
        _load_segments(pack.groups, say)
        _load_automations(pack.plans, say)
        _load_workflows(pack.journeys, say)
        _load_texts(pack, say)
    _sum_up(packs, say)


def _announce(what: str, number: int, packs: Sequence[Pack], say: Say) -> None:
    if len(packs) > 1:
        say(f"{what} ({number} of {len(packs)}):")


def _sum_up(packs: Sequence[Pack], say: Say) -> None:
    people = [len(_ids_of(pack)) for pack in packs]
    for pack, count in zip(packs, people, strict=True):
        say(
            f"{pack.name} has {count:,} people, {len(pack.messages)} templates,"
            f" {len(pack.groups)} segments, {len(pack.plans)} automations and"
            f" {len(pack.journeys)} workflows."
        )
    if len(packs) > 1:
        say(f"Together they have {sum(people):,} people.")


def _load_people(pack: Pack, say: Say) -> bool:
    """Import the people of a pack, and say whether any file of it was new."""
    _load_staff(pack.staff(), say)
    now = _moment_of(f"{pack.prefix}-00001")
    history = pack.history(now)
    brought = [_import_file(pack.name, *file, say) for file in history.files]
    ids = _ids_of(pack)
    _note_visits(history.visits, ids, say)
    _keep_messages(history.messages, ids, say)
    return any(brought)


def _note_visits(visits: Iterable[Visit], ids: Ids, say: Say) -> None:
    """Note the visits with devices, unless some of the pack's people have any."""
    if Device.objects.filter(customer__in=ids.values()).exists():
        return
    noted = log_past_devices(
        (visit.gadget.report(visit.at), visit.gadget.model.agent, ids.get(visit.key))
        for visit in visits
    )
    if noted:
        say(f"{noted:,} visits with a device.")


def _keep_messages(messages: Iterable[Written], ids: Ids, say: Say) -> None:
    """Keep what was written on the public page, unless there is some of the pack's."""
    if VisitorMessage.objects.filter(customer__in=ids.values()).exists():
        return
    kept = keep_answered(
        VisitorMessage(
            name=written.name,
            email=written.email,
            message=written.text,
            customer_id=ids.get(written.key),
            is_signed=written.is_signed,
            sent_at=written.at,
        )
        for written in messages
    )
    if kept:
        say(f"{kept:,} messages of the public page.")


def _ids_of(pack: Pack) -> Ids:
    """Find the customers of a pack by their keys."""
    theirs = Customer.objects.filter(lms_lead_id__startswith=f"{pack.prefix}-")
    return dict(theirs.values_list("lms_lead_id", "pk"))


def _moment_of(first_key: str) -> datetime:
    """Return when the histories of a pack end: now, or when it was first loaded.

    The first of its customers came exactly `HISTORY` before.
    """
    first = Customer.objects.filter(lms_lead_id=first_key).first()
    if first:
        return first.created_date + HISTORY
    return timezone.now().replace(minute=0, second=0, microsecond=0)


@transaction.atomic
def _define(attributes: Iterable[Attribute]) -> None:
    """Define the attributes that are missing; the others stay as staff left them."""
    by_name = {one.name: one for one in attributes}
    new = define_attributes({one.name: one.field_type for one in by_name.values()})
    for definition in AttributeDefinition.objects.filter(name__in=new):
        one = by_name[definition.name]
        set_attribute(definition, label=one.label, sensitive=one.is_sensitive)


def _load_staff(users: Iterable[User], say: Say) -> None:
    """Make the members of staff who are missing; without a password nobody logs in."""
    for user in users:
        if User.objects.filter(username=user.username).exists():
            continue
        user.is_staff = True
        user.set_unusable_password()
        user.save()
        user.groups.set(Role.objects.filter(name=VIEWER.name))
        say(f"Member of staff “{user.get_full_name()}”, without a password.")


def _import_file(
    pack: str, target: str, file: io.BytesIO, mapping: Mapping[str, str], say: Say
) -> bool:
    """Import a file of a pack, unless the very same was imported; say if it was new.

    Like every import it is history: it starts no workflow.
    """
    digest = hashlib.sha256(file.getvalue()).hexdigest()
    done = ImportJob.objects.filter(
        target=target, sha256=digest, status=ImportJob.Status.DONE
    )
    if done.exists():
        return False
    name = f"{pack}-{target.replace('_', '-')}.csv"
    job = create_job(
        target, file, file_name=name, source=ImportJob.Source.COMMAND, encoding="utf-8"
    )
    set_mapping(job, dict(mapping))
    check_job(job)
    confirm_job(job)
    # A worker may have taken the job already; then this only waits for it.
    while not run_job(job):
        time.sleep(0.2)
        job.refresh_from_db()
    if job.status != ImportJob.Status.DONE:
        raise DomainError(job.error or f"{name} could not be imported.")
    say(f"{name}: {job.created_count:,} rows, {job.rejected_count:,} refused.")
    return True


def _load_templates(messages: Iterable[Message], say: Say) -> None:
    """Save the templates that are missing."""
    for message in messages:
        if _known(MessageTemplate, message.name) is None:
            save_template(message.as_template())
            say(f"Template “{message.name}”.")


def _load_segments(groups: Iterable[Group], say: Say) -> None:
    """Save the segments that are missing, and look up who is in them."""
    for group in groups:
        if _known(Segment, group.name) is not None:
            continue
        segment = save_segment(group.as_segment())
        if group.tag:
            add_members(segment, Customer.objects.filter(tags__tag=group.tag))
        if segment.type != Segment.Type.MANUAL:
            request_refresh(segment)
        say(f"Segment “{group.name}”.")


def _load_automations(plans: Iterable[Plan], say: Say) -> None:
    """Save the automations that are missing; none is active."""
    for plan in plans:
        if _known(Automation, plan.name) is not None:
            continue
        segment = _there(Segment, plan.group.name)
        template = _there(MessageTemplate, plan.letter.name)
        save_automation(plan.as_automation(segment, template))
        say(f"Automation “{plan.name}”, not active yet.")


def _load_workflows(journeys: Iterable[Journey], say: Say) -> None:
    """Save the workflows that are missing; none is enabled."""
    made = []
    for journey in journeys:
        if _known(Workflow, journey.name) is not None:
            continue
        ids = {
            message: _there(MessageTemplate, message.name).pk
            for message in journey.messages()
        }
        made.append(save_workflow(journey.as_workflow(ids)))
        say(f"Workflow “{journey.name}”, not enabled yet.")
    if made:
        page = reverse("admin:automations_workflow_changelist")
        say(f"Enable them one by one at {settings.SITE_URL}{page}.")


def _score_everybody(say: Say) -> None:
    """Compute activity levels and risks, so that what reads them has something."""
    try:
        refresh = run_refresh(begin_score_refresh())
    except DomainError as error:
        say(f"The scores were not computed: {error}")
    else:
        say(f"{refresh.customers_scored:,} customers were scored.")


def _load_texts(pack: Pack, say: Say) -> None:
    """Write how the public page answers, unless anybody wrote it already."""
    if pack.texts is None or PublicPage.objects.exists():
        return
    save_public_page(pack.texts.as_page())
    say(f"Answers of the public page at {settings.SITE_URL}/.")


def _known(model: type[Named], name: str) -> Named | None:
    """Find what bears a name, or bore it before somebody gave it another one."""
    rows = model._default_manager
    bore = model.history.filter(name=name).values("id")  # type: ignore[attr-defined]
    return rows.filter(name=name).first() or rows.filter(pk__in=bore).first()


def _there(model: type[Named], name: str) -> Named:
    found = _known(model, name)
    if found is None:
        raise DomainError(f"“{name}” is missing.")
    return found
