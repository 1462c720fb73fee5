from collections.abc import Mapping
from typing import Any

from customers.api.filters import (
    ConsentFilter,
    CreditFilter,
    OfferFilter,
    TagFilter,
)
from customers.api.member_serializers import (
    ConsentInput,
    ConsentSerializer,
    CreditInput,
    CreditSerializer,
    OfferInput,
    OfferSerializer,
    TagInput,
    TagSerializer,
)
from customers.models import Consent, CreditEntry, MemberOffer, MemberTag
from imports.api import PublishMixin, describe_publishing
from imports.services import RowResult
from marketing_os.lib.api.views import ReadViewSet, describe_reading
from marketing_os.lib.models import ApiKey


@describe_reading(
    TagSerializer,
    many="List tags",
    one="Read a tag of a customer",
    example={
        "id": 311,
        "customer_id": 4711,
        "tag": "vip",
        "assigned_at": "2026-11-02T09:30:00Z",
    },
)
@describe_publishing(
    TagInput,
    TagSerializer,
    create="Put a tag on a customer, or take it off",
    many="Put on and take off many tags",
    example={"lms_lead_id": "LEAD-1001", "tag": "vip", "action": "add"},
)
class TagViewSet(PublishMixin, ReadViewSet):  # type: ignore[misc]
    """Words on customers."""

    target = "tags"
    queryset = MemberTag.objects.all()
    serializer_class = TagSerializer
    filterset_class = TagFilter
    read_scope = "members:read"
    write_scope = "members:write"

    @classmethod
    def published(
        cls, result: RowResult, row: Mapping[str, Any], key: ApiKey
    ) -> dict[str, Any]:
        """A tag that was taken off is answered by its name."""
        found = MemberTag.objects.filter(pk=result.id).first() if result.id else None
        return dict(TagSerializer(found).data) if found else {"tag": row.get("tag")}


@describe_reading(
    ConsentSerializer,
    many="List decisions about consent, the newest first",
    one="Read a decision",
    example={
        "id": 815,
        "customer_id": 4711,
        "channel": "email",
        "topic": "",
        "granted": True,
        "source": "website",
        "evidence": "Ticked “Send me news” on /newsletter",
        "occurred_at": "2026-11-02T09:30:00Z",
        "recorded_at": "2026-11-02T09:30:05Z",
    },
)
@describe_publishing(
    ConsentInput,
    ConsentSerializer,
    create="Record a decision about consent",
    many="Record many decisions",
    example={
        "lms_lead_id": "LEAD-1001",
        "channel": "email",
        "status": "granted",
        "source": "website",
        "evidence": "Ticked “Send me news” on /newsletter",
        "occurred_at": "2026-11-02T09:30:00Z",
    },
)
class ConsentViewSet(PublishMixin, ReadViewSet):  # type: ignore[misc]
    """What customers decided about each channel; append-only, they are the proof."""

    target = "consents"
    queryset = Consent.objects.all()
    serializer_class = ConsentSerializer
    filterset_class = ConsentFilter
    read_scope = "members:read"
    write_scope = "members:write"


@describe_reading(
    OfferSerializer,
    many="List offers",
    one="Read an offer",
    example={
        "id": 52,
        "customer_id": 4711,
        "offer_code": "SPRING-20",
        "description": "20 % on personal training",
        "expiry_date": "2027-03-31",
        "is_used": False,
        "applied_at": "2026-11-02T09:30:00Z",
        "used_at": None,
    },
)
@describe_publishing(
    OfferInput,
    OfferSerializer,
    create="Offer a code to a customer",
    many="Offer many codes",
    example={
        "lms_lead_id": "LEAD-1001",
        "offer_code": "SPRING-20",
        "description": "20 % on personal training",
        "expiry_date": "2027-03-31",
        "external_id": "offer-12",
    },
)
class OfferViewSet(PublishMixin, ReadViewSet):  # type: ignore[misc]
    """Codes that customers were offered."""

    target = "offers"
    queryset = MemberOffer.objects.all()
    serializer_class = OfferSerializer
    filterset_class = OfferFilter
    read_scope = "members:read"
    write_scope = "members:write"


@describe_reading(
    CreditSerializer,
    many="List bookings of credit",
    one="Read a booking",
    example={
        "id": 19,
        "customer_id": 4711,
        "amount": "25.00",
        "reason": "Brought a friend",
        "created_at": "2026-11-02T09:30:00Z",
    },
)
@describe_publishing(
    CreditInput,
    CreditSerializer,
    create="Book credit of a customer",
    many="Book many credits",
    example={
        "lms_lead_id": "LEAD-1001",
        "amount": "25.00",
        "reason": "Brought a friend",
        "external_id": "booking-7",
    },
)
class CreditViewSet(PublishMixin, ReadViewSet):  # type: ignore[misc]
    """A ledger of bookings; the balance of a customer is their sum."""

    target = "credits"
    queryset = CreditEntry.objects.all()
    serializer_class = CreditSerializer
    filterset_class = CreditFilter
    read_scope = "members:read"
    write_scope = "members:write"
