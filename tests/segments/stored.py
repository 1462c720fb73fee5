"""Writes the people of a made-up world to the tables."""

from customers.models import Consent, Customer, MemberOffer, MemberTag
from funnel.models import Activity, FunnelEvent
from messaging.models import Delivery, DeliveryEvent, Dispatch
from segments.models import CustomerScore, ScoreRefresh
from tests import make


def store(people_given, templates, segments):
    """Write the people to the tables; each gets its ID."""
    dispatches = [
        Dispatch.objects.create(
            template=template, source_key=f"world-{make.next_number()}", name="x"
        )
        for template in templates
    ]
    for person in people_given:
        customer = Customer.objects.create(
            first_name=person["first_name"],
            lms_lead_id=f"world-{make.next_number()}",
            email=person["email"],
            timezone=person["timezone"],
            attributes=person["attributes"],
            created_date=person["created_date"],
        )
        person["id"] = customer.pk
        MemberTag.objects.bulk_create(
            MemberTag(customer=customer, tag=tag) for tag in person["tags"]
        )
        MemberOffer.objects.bulk_create(
            MemberOffer(
                customer=customer,
                offer_code=one["code"],
                is_used=one["used"],
                expiry_date=one["expiry"],
            )
            for one in person["offers"]
        )
        Consent.objects.bulk_create(
            Consent(customer=customer, source="test", **one)
            for one in person["consents"]
        )
        FunnelEvent.objects.bulk_create(
            FunnelEvent(
                customer=customer,
                funnel_type=one["funnel"],
                from_stage=one["from"],
                to_stage=one["to"],
                created_date=one["at"],
            )
            for one in person["moves"]
        )
        Activity.objects.bulk_create(
            Activity(
                customer=customer,
                name=one["name"],
                occurred_at=one["at"],
                amount=one["amount"],
                properties=one["properties"],
            )
            for one in person["activities"]
        )
        store_messages(customer, person, dispatches)
        store_scores(customer, person["score"])
        if person["listed"]:
            for segment in segments:
                segment(customer)


def store_messages(customer, person, dispatches):
    for place, one in enumerate(person["messages"]):
        one["channel"] = "email"
        delivery = Delivery.objects.create(
            dispatch=dispatches[one["template"]],
            customer=customer,
            occurrence=place,
            channel="email",
            lane=2,
            state=one["state"],
            accepted_at=one["at"],
            opened_at=min(
                (
                    event["at"]
                    for event in one["events"]
                    if event["human"] and event["kind"] in ("opened", "clicked")
                ),
                default=None,
            ),
        )
        DeliveryEvent.objects.bulk_create(
            DeliveryEvent(
                delivery=delivery,
                kind=event["kind"],
                is_human=event["human"],
                occurred_at=event["at"],
            )
            for event in one["events"]
        )


def store_scores(customer, score):
    """Write the scores that count, and some of before that do not."""
    old, _made = ScoreRefresh.objects.get_or_create(is_current=False)
    CustomerScore.objects.create(customer=customer, refresh=old, risk=0.7, level=1)
    current, _made = ScoreRefresh.objects.get_or_create(is_current=True)
    if score is not None:
        CustomerScore.objects.create(customer=customer, refresh=current, **score)
