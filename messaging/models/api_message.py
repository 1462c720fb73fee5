from django.db import models
from django.db.models.functions import Now


class ApiMessage(models.Model):
    """A message that another system asked for; its number tells it from others.

    `external_id` is the other system's own, under which it is asked for once;
    `fingerprint` is the SHA-256 of what was asked for.
    """

    external_id = models.CharField(max_length=180, null=True, unique=True)  # noqa: DJ001
    fingerprint = models.BinaryField(max_length=32)
    delivery = models.OneToOneField(
        "messaging.Delivery", models.CASCADE, null=True, related_name="api_message"
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "api_messages"
        default_permissions = ()
        ordering = ("-id",)

    def __str__(self) -> str:
        return str(self.pk)
