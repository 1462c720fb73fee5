from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class ErasedAddress(models.Model):
    """The keyed hash of an e-mail address whose owner was erased.

    It cannot be read back, but tells the address again when a file brings it.
    """

    address_hash = models.CharField(max_length=64, primary_key=True)
    erased_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "erased_addresses"
        default_permissions = ()

    def __str__(self) -> str:
        return self.address_hash


class Erasure(models.Model):
    """The wish that a customer be erased, and how far it is; it holds nothing of them.

    `searched` is {app: {"place", "found"}} as in `Searched`. A worker renews
    `claimed_at` while it is at it.
    """

    customer = models.OneToOneField(
        "customers.Customer",
        models.CASCADE,
        primary_key=True,
        related_name="erasure",
    )
    searched = models.JSONField(default=dict)
    claimed_at = models.DateTimeField(null=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    asked_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "erasures"
        default_permissions = ()
        indexes = (
            models.Index(
                "asked_at",
                condition=models.Q(finished_at=None),
                name="erasures_to_finish",
            ),
        )

    def __str__(self) -> str:
        return f"#{self.customer_id}"
