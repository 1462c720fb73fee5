"""Puts the demo into the database, through the doors that everybody uses."""

import hashlib
import io
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime

from django.utils import timezone

from automations.models import Automation
from automations.services import save_automation
from customers.models import Customer
from customers.services import add_tag
from imports.models import ImportJob
from imports.services import check_job, confirm_job, create_job, run_job, set_mapping
from marketing_os.lib.errors import DomainError
from marketing_os.packs.next_campus import content, files
from marketing_os.packs.next_campus.leads import Lead, make_leads
from marketing_os.packs.next_campus.people import HISTORY
from messaging.models import MessageTemplate
from messaging.services import save_template
from segments.models import Segment
from segments.services import add_members, request_refresh, save_segment

FIRST_LEAD = "NC-00001"
Say = Callable[[str], None]


def load(say: Say) -> None:
    """Load what is missing of the demo; a second call adds nothing."""
    leads = list(make_leads(_moment()))
    _import("customers", files.customers_csv(leads), files.CUSTOMER_MAPPING, say)
    _import("funnel_events", files.events_csv(leads), files.EVENT_MAPPING, say)
    _import("activities", files.activities_csv(leads), files.ACTIVITY_MAPPING, say)
    _tag(leads)
    _make_templates(say)
    _make_segments(say)
    _make_automations(say)


def _moment() -> datetime:
    """Return when the histories end: now, or when the demo was first loaded."""
    first = Customer.objects.filter(lms_lead_id=FIRST_LEAD).first()
    if first:
        return first.created_date + HISTORY
    return timezone.now().replace(minute=0, second=0, microsecond=0)


def _import(
    target: str, file: io.BytesIO, mapping: Mapping[str, str], say: Say
) -> None:
    digest = hashlib.sha256(file.getvalue()).hexdigest()
    done = ImportJob.objects.filter(
        target=target, sha256=digest, status=ImportJob.Status.DONE
    )
    if done.exists():
        return
    name = f"next-campus-{target.replace('_', '-')}.csv"
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


def _tag(leads: list[Lead]) -> None:
    by_tag: dict[str, list[str]] = defaultdict(list)
    for lead in leads:
        for tag in lead.tags:
            by_tag[tag].append(lead.person.lms_lead_id)
    for tag, lead_ids in by_tag.items():
        found = Customer.objects.filter(lms_lead_id__in=lead_ids)
        add_tag(found.values_list("pk", flat=True), tag)


def _make_templates(say: Say) -> None:
    for letter in content.LETTERS:
        if not MessageTemplate.objects.filter(name=letter.name).exists():
            save_template(letter.as_template())
            say(f"Template “{letter.name}”.")


def _make_segments(say: Say) -> None:
    for group in content.GROUPS:
        if Segment.objects.filter(name=group.name).exists():
            continue
        segment = save_segment(group.as_segment())
        if group.tag:
            add_members(segment, Customer.objects.filter(tags__tag=group.tag))
        if segment.type != Segment.Type.MANUAL:
            request_refresh(segment)
        say(f"Segment “{group.name}”.")


def _make_automations(say: Say) -> None:
    for plan in content.PLANS:
        if Automation.objects.filter(name=plan.name).exists():
            continue
        policy = (
            Automation.Policy.AGAIN_AFTER
            if plan.again_after_days
            else Automation.Policy.ONCE
        )
        save_automation(
            Automation(
                name=plan.name,
                segment=Segment.objects.get(name=plan.group.name),
                template=MessageTemplate.objects.get(name=plan.letter.name),
                cron=plan.cron,
                timezone=plan.timezone,
                policy=policy,
                again_after_days=plan.again_after_days,
            )
        )
        say(f"Automation “{plan.name}”, not active yet.")
