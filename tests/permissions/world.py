"""One object of every kind, for the addresses that name one."""

from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from automations.models import (
    Automation,
    AutomationLog,
    Enrolment,
    StaffTask,
    WebhookCall,
    WebhookEndpoint,
)
from automations.services import run_now, save_automation
from automations.services.fulfilling import hand_over_copy
from customers.models import (
    AttributeDefinition,
    Consent,
    CreditEntry,
    Customer,
    CustomerAttribute,
    Device,
    MemberOffer,
    MemberTag,
    MemberWish,
)
from customers.services import add_tag
from customers.services.attributes import define_attributes
from customers.services.wishes import ask_for
from funnel.models import ConversionName
from imports.models import ImportJob
from imports.services import (
    check_job,
    confirm_job,
    create_job,
    run_job,
    save_mapping,
    set_mapping,
    suggest_mapping,
)
from marketing_os.lib.api.keys import create_key
from marketing_os.lib.models import ExportRecord
from messaging.models import (
    ApiMessage,
    CommunicationLog,
    ConversionGoal,
    FrequencyCap,
    Notification,
    Sender,
    SendingHours,
    Suppression,
    Topic,
)
from messaging.services.content import (
    copy_url,
    member_url,
    preferences_url,
    unsubscribe_url,
)
from messaging.services.tracking import link_token
from messaging.services.transactional import send_message
from portal.models import VisitorMessage
from segments.models import Segment
from segments.services import save_segment
from tests import make
from tests.messaging import ledger, visits
from tests.permissions.routes import Route
from tests.portal.members import told
from tests.workflows import make as workflows

HOOK = "https://crm.example.org/hook"


class World:
    """Knows by which values an address leads to an object that is there."""

    def __init__(self) -> None:
        self.owner = make.customer(attributes={"city": "London"})
        self.stranger = make.customer()
        self.objects: dict[type[Model], Any] = {}
        for kinds in (
            self._office,
            self._customers,
            self._journeys,
            self._messages,
            self._automations,
        ):
            for found in kinds():
                self.objects[type(found)] = found
        self.objects[Customer] = self.owner
        self.values = self._by_name()

    def values_of(self, route: Route) -> list[Any]:
        """Return what stands in an address; LookupError: nothing is known for it."""
        return [self._value(route, place) for place in route.places]

    def _value(self, route: Route, place: str) -> Any:
        for name in (f"{route.name}.{place}", place):
            if name in self.values:
                return self.values[name]
        model = _model_of(route)
        if model not in self.objects:
            raise LookupError(f"Say in world.py what <{place}> of {route.text} is.")
        return self.objects[model].pk

    def _office(self) -> list[Any]:
        key, _secret = create_key("a host", ["customers:read"])
        record = ExportRecord.objects.create(what="customers", by="ada")
        crontab = CrontabSchedule.objects.create(minute="0", hour="9")
        task = PeriodicTask.objects.create(name="a task", task="a", crontab=crontab)
        group = Group.objects.create(name="Helpers")
        self.done, job = _job("lead-8"), _job("lead-9")
        run_job(confirm_job(check_job(self.done)))
        saved = save_mapping(job, "Usual")
        message = VisitorMessage.objects.create(name="Ada", email="a@example.org")
        return [key, record, crontab, task, group, make.user(), job, saved, message]

    def _customers(self) -> list[Any]:
        mine: Any = {"customer": self.owner}
        define_attributes({"city": "string"})
        return [
            AttributeDefinition.objects.get(),
            CustomerAttribute.objects.get(customer=self.owner),
            Consent.objects.create(granted=True, source="test", **mine),
            CreditEntry.objects.create(amount=5, **mine),
            Device.objects.create(device_type="phone", **mine),
            MemberOffer.objects.create(offer_code="TEN", **mine),
            MemberTag.objects.create(tag="vip", **mine),
        ]

    def _journeys(self) -> list[Any]:
        session = make.session()
        return [
            session.group,
            session,
            make.booking(self.owner, session=session),
            make.funnel_event(self.owner),
            make.activity(self.owner),
            ConversionName.objects.create(name="first_visit"),
        ]

    def _messages(self) -> list[Any]:
        template = visits.template()
        dispatch = ledger.dispatch(self.owner, template=template)
        ledger.send()
        visits.let_minutes_pass()
        self.mail = dispatch.deliveries.get()
        receipt = make.template(purpose="transactional")
        send_message(receipt, self.owner, data={}, external_id="one")
        return [
            template,
            dispatch,
            self.mail,
            CommunicationLog.objects.get(pk=self.mail.pk),
            ApiMessage.objects.get(),
            told(self.owner, action_url="https://club.example.org/"),
            ConversionGoal.objects.create(
                series="automation:1", kind="activity", name="visit"
            ),
            FrequencyCap.objects.create(most=3, length=7),
            SendingHours.objects.get_or_create(pk=1)[0],
            Sender.objects.create(address="us@example.org"),
            Suppression.objects.create(email="no@example.org", reason="manual"),
            Topic.objects.create(key="news", name="News"),
        ]

    def _automations(self) -> list[Any]:
        segment = save_segment(make.segment(self.owner))
        automation = save_automation(make.automation(segment=segment))
        endpoint = WebhookEndpoint.objects.create(name="CRM", url=HOOK, salt="salt")
        wait = workflows.step("wait", until="duration", amount=3, unit="days")
        workflow = workflows.workflow(workflows.tag("greeted"), wait)
        add_tag([self.owner.pk], "enter")
        workflows.run()
        self.copy = hand_over_copy(_wish(self.owner), by=make.administrator())
        return [
            segment,
            automation,
            run_now(automation),
            endpoint,
            WebhookCall.objects.create(
                endpoint=endpoint, customer=self.owner, event="member.new", body="{}"
            ),
            workflow,
            Enrolment.objects.get(),
            AutomationLog.objects.latest("pk"),
            _wish(self.stranger),
        ]

    def _by_name(self) -> dict[str, Any]:
        """What stands in a place of an address; `ROUTE.PLACE` goes before `PLACE`."""
        mail = self.mail.pk
        link = link_token(self.mail, self.mail.content.version_id)
        segment, automation = self.objects[Segment], self.objects[Automation]
        return {
            "app_label": "customers",
            "url": "nothing-here",
            "content_type_id": ContentType.objects.get_for_model(Customer).pk,
            "view_on_site.object_id": self.owner.pk,
            "segments_segment_of_customer.pk": self.owner.pk,
            "segment-customer-list.segment": segment.pk,
            "imports_importjob_undo.pk": self.done.pk,
            "imports_importjob_undo-progress.pk": self.done.pk,
            "messaging_goal_drop.pk": self.objects[ConversionGoal].pk,
            "segments_segment_simple_history.first": segment.pk,
            "segments_segment_simple_history.second": segment.history.first().pk,
            "automations_automation_simple_history.first": automation.pk,
            "automations_automation_simple_history.second": automation.history.first().pk,
            "name": mail,
            "number": 1,
            "conversion-record.name": "first_visit",
            "provider": "resend",
            "messaging_sending_switch.verb": "hold",
            "messaging_dispatch_do.verb": "pause",
            "messaging_delivery_settle.verb": "again",
            "automations_enrolment_ask.verb": "end",
            "link.token": f"{link}.1",
            "pixel.token": link,
            "unsubscribe.token": _token(unsubscribe_url(mail)),
            "preferences.token": _token(preferences_url(mail)),
            "in.token": _token(member_url(mail)),
            "copy.token": _token(copy_url(self.copy.pk)),
        }


def _job(lead: str) -> ImportJob:
    file = BytesIO(f"lms_lead_id,first_name\n{lead},Ada\n".encode())
    job = create_job("customers", file, file_name="a.csv", source="admin")
    set_mapping(job, suggest_mapping(job, {}), {})
    return job


def _wish(member: Customer) -> StaffTask:
    """Return the task that staff have when a member asks for their data."""
    ask_for(member, MemberWish.Kind.COPY)
    return StaffTask.objects.latest("pk")


def _token(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[2]


def _model_of(route: Route) -> type[Model]:
    """Return the model that an address is about."""
    if route.queryset is not None:
        return route.queryset.model
    parts = route.text.split("/")
    if parts[1] == "me":
        return Notification
    return apps.get_model(parts[2], parts[3])
