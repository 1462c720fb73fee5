"""An office in the middle of its work: the demo, some days of runs, an import."""

import io
from datetime import timedelta

from django.core.management import call_command
from django.db.models import F
from django.db.models.functions import Mod
from django.utils import timezone

from automations.models import Automation
from automations.services import (
    activate,
    follow_dispatches,
    prepare_next_run,
    run_now,
    save_automation,
)
from customers.models import Customer
from customers.services import add_tag, record_consent
from imports.services import (
    check_job,
    confirm_job,
    create_job,
    ingest_rows,
    request_undo,
    run_job,
    save_mapping,
    set_mapping,
    work_on_undo,
)
from marketing_os.lib.api.keys import create_key
from marketing_os.lib.heartbeats import BEAT, WORKER, record_heartbeat
from marketing_os.roles import make_roles
from messaging.dns_checks import Finding
from messaging.models import (
    ConversionGoal,
    Delivery,
    FrequencyCap,
    MessageTemplate,
    Sender,
    Topic,
)
from messaging.services import save_template, send_due
from messaging.services.goals import choose_goal
from messaging.services.machines import Visit
from messaging.services.sending_rules import save_cap
from messaging.services.suppressions import suppress
from messaging.services.topics import save_topic
from messaging.services.tracking import follow, note_opening
from segments.models import Segment
from tests import make
from tests.pages import circle, journeys
from tests.pages.addresses import PAGES, addresses

NAME, PASSWORD = "boss", "the right password"
TOPICS = {
    "Open days": "When our doors are open, and what there is to see.",
    "Scholarships": "Deadlines, and who can apply.",
}
LEADS = """\
Prospect ID,First name,Last name,email,course,lead_score,Asked on,newsletter
NC-00001,,,,Data Science,74.5,2026-05-02,yes
NC-00002,,,,Nursing,,2026-05-03,no
NC-90001,Noor,Haddad,noor.haddad@example.org,Nursing,3,2026-05-04,yes
NC-90002,Tomas,Lind,tomas.lind@example.org,Design,8,2026-05-04,no
NC-90003,Ife,Okoro,ife.okoro@example.org,Data Science,5,2026-05-05,yes
NC-90004,Jun,Sato,jun.sato at example.org,Law,2,2026-05-06,yes
NC-90005,Lena,Brandt,lena.brandt@example.org,Law,11,2026-05-06,no
NC-90001,Noor,Haddad,noor.haddad@example.org,Nursing,4,2026-05-07,yes
NC-90006,Omar,Farah,omar.farah@example.org,Nursing,6,2026-05-08,yes
"""
# Dates that can be read in two ways, and scores of which one is none.
ODD_LEADS = """\
Prospect ID,First name,email,Asked on,Points
NC-90011,Noor,noor.haddad@example.org,01/02/2026,7
NC-90012,Tomas,tomas.lind@example.org,03/04/2026,9
NC-90013,Ife,ife.okoro@example.org,05/06/2026,many
"""


def fill():
    """Make the office; return the address of each page that is looked at."""
    make_roles()
    make.administrator(username=NAME, password=PASSWORD)
    call_command("load_pack", "next_campus", verbosity=0)
    call_command("refresh_scores", stdout=io.StringIO())
    for name, about in TOPICS.items():
        save_topic(Topic(name=name, description=about))
    save_cap(FrequencyCap(channel="email", most=50, length=7))
    suppress("no.more@example.org", "manual", detail="Asked for it on the telephone.")
    create_key("Website", ["customers:write", "events:write"])
    create_key("Reports", ["customers:read", "events:read"])
    record_heartbeat(WORKER)
    record_heartbeat(BEAT)
    _mark_some_customers()
    undoing = _import_to_undo()
    preview = _import_job()
    saved = save_mapping(preview, "Leads of a fair")
    columns = _import_job("leads-of-may.csv", ODD_LEADS, check=False)
    _sender()
    run = _send()
    _rewrite_a_template()
    others = circle.meet() | journeys.begin()
    found = addresses(run, columns, preview, saved, undoing, others)
    assert tuple(found) == PAGES
    return found


def _mark_some_customers():
    some = list(Customer.objects.active().order_by("-pk")[:4])
    add_tag([customer.pk for customer in some], "open day")
    twin = make.customer(email=some[0].email, first_name="Another", last_name="Reader")
    record_consent(
        twin,
        granted=True,
        source="open day",
        evidence="Signed the list at the entrance.\nThe list lies with the secretary.",
    )
    record_consent(twin, granted=False, source="telephone", evidence="Called us.")


def _send():
    """Run three automations; return the last run, which is still at it."""
    welcome, offers = Automation.objects.order_by("pk")[:2]
    invitation = save_automation(
        Automation(
            name="Invite to the open day",
            segment=Segment.objects.get(name__startswith="Promising"),
            template=MessageTemplate.objects.get(name__startswith="Open day"),
            cron="0 11 * * sat",
            timezone="Europe/London",
        )
    )
    _run(welcome)
    _run(offers)
    activate(welcome)
    activate(offers)
    run = _run(invitation, mails=260)
    run.refresh_from_db()
    _visit(run.dispatch)
    choose_goal(
        ConversionGoal(
            series=run.dispatch.series, kind="activity", name="Open day", days=14
        )
    )
    _spread_over_days(Delivery.objects.exclude(state="pending"))
    return run


def _rewrite_a_template():
    template = MessageTemplate.objects.earliest("pk")
    template.message = template.message.replace("Until then", "In the meantime")
    save_template(template)


def _sender():
    """Know a sender of whom the DNS was asked, with a fault."""
    record = '_dmarc.example.org TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.org"'
    seen = "v=spf1 include:_spf.example.net ~all"
    Sender.objects.create(
        address="hello@example.org",
        name="Next Campus",
        checked_at=timezone.now(),
        findings=[
            Finding("SPF", "good", "There is one SPF record.", seen=seen).as_json(),
            Finding("DMARC", "bad", "There is none.", wanted=record).as_json(),
        ],
    )


def _visit(dispatch):
    """Let some people, and a program, open their mails and follow links."""
    later = timezone.now() + timedelta(minutes=10)
    person = Visit("GET", "Mozilla/5.0 (X11) Firefox/140.0", False, later)
    program = Visit("HEAD", "", False, later)
    for delivery in dispatch.deliveries.filter(state="accepted").order_by("pk")[:60]:
        token = delivery.content.merge_values["link_token"]
        note_opening(token, person)
        if not delivery.pk % 3:
            follow(f"{token}.1", person)
        if not delivery.pk % 7:
            follow(f"{token}.1", program)


def _spread_over_days(deliveries):
    """Date rows back, so that each of the last days has some."""
    for days, rests in enumerate(_SPREAD):
        earlier = F("created_at") - timedelta(days=days)
        of_day = deliveries.annotate(rest=Mod("pk", 31)).filter(rest__in=rests)
        of_day.update(created_at=earlier)


def _run(automation, *, mails=1000):
    run = run_now(automation)
    prepare_next_run()
    send_due(limit=mails, until=timezone.now() + timedelta(seconds=60))
    follow_dispatches()
    return run


def _import_job(name="more-leads.csv", rows=LEADS, *, check=True):
    file = io.BytesIO(rows.encode())
    job = create_job("customers", file, file_name=name, source="admin")
    if check:
        check_job(set_mapping(job, job.mapping | {"Prospect ID": "lms_lead_id"}))
    return job


def _import_to_undo():
    """An import that was looked at for undoing, after some of it was changed."""
    others = LEADS.replace("NC-9", "NC-8").replace("@example.org", ".a@example.org")
    job = _import_job("leads-of-april.csv", others)
    run_job(confirm_job(job))
    row = {"lms_lead_id": "NC-00001", "attributes": {"lead_score": 80}}
    ingest_rows("customers", [row], source="api")
    make.activity(Customer.objects.get(lms_lead_id="NC-80001"))
    request_undo(job)
    work_on_undo(job)
    return job


# Of 31 deliveries, those of today, of yesterday and so on.
_SPREAD = [(0, 1), (2, 3, 4, 5), (6, 7, 8), (9, 10, 11, 12, 13), (14, 15, 16)]
_SPREAD += [(17,), (18,), (19, 20, 21, 22), (23, 24, 25), (26, 27, 28, 29, 30)]
