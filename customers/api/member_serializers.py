from typing import Any

from rest_framework import serializers

from customers.api.serializers import IdentityInput
from customers.models import Consent, CreditEntry, MemberOffer, MemberTag


class TagInput(IdentityInput):
    tag = serializers.CharField(max_length=100)
    action = serializers.ChoiceField(
        ["add", "remove"], required=False, help_text="Absent: add."
    )


class TagSerializer(serializers.ModelSerializer[MemberTag]):
    class Meta:
        model = MemberTag
        fields = ("id", "customer_id", "tag", "assigned_at")


class ConsentInput(IdentityInput):
    channel = serializers.ChoiceField(
        ["email", "sms", "whatsapp", "in_app"],
        required=False,
        help_text="Absent: email.",
    )
    topic = serializers.CharField(
        max_length=50, required=False, help_text="Absent: all marketing."
    )
    status = serializers.ChoiceField(["granted", "withdrawn"])
    source: Any = serializers.CharField(max_length=50, required=False)
    evidence = serializers.CharField(
        max_length=10_000,
        required=False,
        help_text="How, and to what, the customer agreed; a yes needs it.",
    )
    occurred_at = serializers.DateTimeField(
        required=False, help_text="When it was decided; a yes needs it."
    )


class ConsentSerializer(serializers.ModelSerializer[Consent]):
    class Meta:
        model = Consent
        fields = (
            "id",
            "customer_id",
            "channel",
            "topic",
            "granted",
            "source",
            "evidence",
            "occurred_at",
            "recorded_at",
        )


class OfferInput(IdentityInput):
    offer_code = serializers.CharField(max_length=100)
    description = serializers.CharField(max_length=10_000, required=False)
    expiry_date = serializers.DateField(required=False)
    external_id = serializers.CharField(max_length=180, required=False)


class OfferSerializer(serializers.ModelSerializer[MemberOffer]):
    class Meta:
        model = MemberOffer
        fields = (
            "id",
            "customer_id",
            "offer_code",
            "description",
            "expiry_date",
            "is_used",
            "applied_at",
            "used_at",
        )


class CreditInput(IdentityInput):
    amount = serializers.DecimalField(
        12, 2, help_text="Less than 0 takes credit away; the balance is the sum."
    )
    reason = serializers.CharField(max_length=10_000, required=False)
    external_id = serializers.CharField(max_length=180, required=False)


class CreditSerializer(serializers.ModelSerializer[CreditEntry]):
    class Meta:
        model = CreditEntry
        fields = ("id", "customer_id", "amount", "reason", "created_at")


class BalanceSerializer(serializers.Serializer[Any]):
    customer_id = serializers.IntegerField()
    balance = serializers.DecimalField(12, 2)
