from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class MemberWish(models.Model):
    """What a member asks of staff about their own data; open until `closed_at`.

    Staff have a task about it under `task_key`. With `fulfilled_at` it was done by the
    button of that task; without, somebody closed the task. `fetches` counts how often
    the member took the copy.
    """

    class Kind(models.TextChoices):
        COPY = "copy", _("a copy of their data")
        ERASE = "erase", _("to be erased")

    customer = models.ForeignKey(
        "customers.Customer", models.CASCADE, related_name="wishes"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    asked_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True)
    fulfilled_at = models.DateTimeField(null=True)
    fulfilled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    fetches = models.PositiveSmallIntegerField(default=0)
    fetched_at = models.DateTimeField(null=True)

    TASKS = "member-wish"

    class Meta:
        db_table = "member_wishes"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                "customer",
                "kind",
                condition=models.Q(closed_at=None),
                name="one_open_wish_of_a_kind",
            ),
        )

    def __str__(self) -> str:
        return f"#{self.customer_id} {self.kind}"

    @property
    def task_key(self) -> str:
        return f"{self.TASKS}:{self.pk}"
