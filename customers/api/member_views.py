from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from customers.api.filters import (
    ConsentFilter,
    CreditFilter,
    OfferFilter,
    TagFilter,
)
from customers.api.member_serializers import (
    BalanceSerializer,
    ConsentInput,
    ConsentSerializer,
    CreditInput,
    CreditSerializer,
    OfferInput,
    OfferSerializer,
    TagInput,
    TagSerializer,
)
from customers.api.serializers import IdentityInput
from customers.models import Consent, CreditEntry, MemberOffer, MemberTag
from customers.selectors import credit_balance
from customers.services.rewards import use_offer
from imports.api import PublishViewSet, describe_publishing
from imports.services import RowResult
from marketing_os.lib.api.problems import problems
from marketing_os.lib.api.verbs import ONCE, answer_verb
from marketing_os.lib.api.views import describe_reading
from marketing_os.lib.models import ApiKey


@describe_reading(
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
    create="Put a tag on a customer, or take it off",
    many="Put on and take off many tags",
    example={"lms_lead_id": "LEAD-1001", "tag": "vip", "action": "add"},
)
class TagViewSet(PublishViewSet):
    """Words on customers."""

    target = "tags"
    queryset = MemberTag.objects.all()
    serializer_class = TagSerializer
    filterset_class = TagFilter
    scope = "members"

    @classmethod
    def published(
        cls, result: RowResult, row: Mapping[str, Any], key: ApiKey
    ) -> dict[str, Any]:
        """A tag that was taken off is answered by its name."""
        found = MemberTag.objects.filter(pk=result.id).first() if result.id else None
        return dict(TagSerializer(found).data) if found else {"tag": row.get("tag")}


@describe_reading(
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
class ConsentViewSet(PublishViewSet):
    """What customers decided about each channel; append-only, they are the proof."""

    target = "consents"
    queryset = Consent.objects.all()
    serializer_class = ConsentSerializer
    filterset_class = ConsentFilter
    scope = "members"


@describe_reading(
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
class OfferViewSet(PublishViewSet):
    """Codes that customers were offered."""

    target = "offers"
    queryset = MemberOffer.objects.all()
    serializer_class = OfferSerializer
    filterset_class = OfferFilter
    scope = "members"

    @extend_schema(
        summary="Mark an offer as used",
        description="Once: an offer that was used before answers 409 and says when, one"
        " that has expired 409 too. An offer is good until the end of its last day.",
        parameters=[ONCE],
        request=None,
        responses={200: OfferSerializer, **problems(404, 409)},
    )
    @action(detail=True, methods=["post"], pagination_class=None, filterset_class=None)
    def use(self, request: Request, pk: int) -> HttpResponse:
        def work() -> tuple[int, Any]:
            used = use_offer(get_object_or_404(MemberOffer, pk=pk))
            return 200, OfferSerializer(used).data

        return answer_verb(request, work)


@describe_reading(
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
    create="Book credit of a customer",
    many="Book many credits",
    example={
        "lms_lead_id": "LEAD-1001",
        "amount": "25.00",
        "reason": "Brought a friend",
        "external_id": "booking-7",
    },
)
class CreditViewSet(PublishViewSet):
    """A ledger of bookings; the balance of a customer is their sum."""

    target = "credits"
    queryset = CreditEntry.objects.all()
    serializer_class = CreditSerializer
    filterset_class = CreditFilter
    scope = "members"

    @extend_schema(
        summary="Read the balance of a customer",
        description="The sum of all bookings. Name the customer in one of the ways.",
        parameters=[IdentityInput],
        responses={200: BalanceSerializer, **problems(400)},
    )
    @action(detail=False, pagination_class=None, filterset_class=None)
    def balance(self, request: Request) -> Response:
        named = IdentityInput(data=request.query_params)
        named.is_valid(raise_exception=True)
        customer = named.find()
        balance = credit_balance(customer) or Decimal(0)
        shown = BalanceSerializer({"customer_id": customer.pk, "balance": balance})
        return Response(shown.data)
