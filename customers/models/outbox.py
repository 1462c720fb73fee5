from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class EventSubscription(models.Model):
    """A name of event that some part above wants to hear of.

    `kind` is the sort of event ("funnel", "activity", "tag"); an empty name means
    all of that kind. `owner` names who asked, such as "workflow:7".
    """

    kind = models.CharField(_("kind"), max_length=20)
    name = models.CharField(_("name"), max_length=255, blank=True)
    owner = models.CharField(_("owner"), max_length=100)
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    class Meta:
        db_table = "event_subscriptions"
        constraints = (
            models.UniqueConstraint(
                "kind", "name", "owner", name="one_subscription_per_owner"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class EventOutbox(models.Model):
    """An event that somebody subscribed to, until it was taken."""

    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=255, blank=True)
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")
    payload = models.JSONField(default=dict)
    occurred_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())
    # It may turn out until then not to have happened; None: it is taken at once.
    due_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "event_outbox"

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
