from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

LONGEST_TEXT = 2_000


class PublicPage(models.Model):
    """The one row that holds what the public page says, and what follows a message.

    The texts about a status are templates, as messages are, and plain text.
    """

    headline = models.CharField(
        _("headline"),
        max_length=120,
        default="The right message to each customer, at the right moment.",
    )
    introduction = models.TextField(
        _("introduction"),
        max_length=LONGEST_TEXT,
        default="Marketing OS brings customers and what they do together in one place,"
        " shows how they move through the funnel, and writes to those who should hear"
        " from you: never twice, and never to anyone who does not want it.",
    )
    neutral = models.TextField(
        _("answer to everybody"),
        max_length=LONGEST_TEXT,
        default="Thank you, your message has arrived. We will get back to you.",
    )
    new = models.TextField(
        _("New Customer"),
        max_length=LONGEST_TEXT,
        default="Welcome! You are new here, and we look forward to getting to know"
        " you.",
    )
    low_engagement = models.TextField(
        _("Low Engagement"),
        max_length=LONGEST_TEXT,
        default="Hello {{ member_first_name }}, we have not heard much of each other"
        " yet. Tell us what you would like to hear about.",
    )
    churn_risk = models.TextField(
        _("Churn Risk"),
        max_length=LONGEST_TEXT,
        default="Hello {{ member_first_name }}, we miss you! It has been a while since"
        " your last purchase. Is there something that we can do better?",
    )
    healthy = models.TextField(
        _("Healthy"),
        max_length=LONGEST_TEXT,
        default="Hello {{ member_first_name }}, it is good to have you with us. Thank"
        " you for your {{ purchases }} purchases.",
    )
    makes_task = models.BooleanField(
        _("each message becomes a task for staff"), default=True
    )
    link_template = models.ForeignKey(
        "messaging.MessageTemplate",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("mail with the personal link"),
    )
    history = HistoricalRecords(table_name="public_page_history")

    class Meta:
        db_table = "public_page"
        verbose_name = _("public page")
        verbose_name_plural = _("public page")
        default_permissions = ("view", "change")
        constraints = (
            models.CheckConstraint(condition=models.Q(pk=1), name="one_public_page"),
        )

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @classmethod
    def current(cls) -> "PublicPage":
        """Return the page as saved, or the defaults while nobody saved any."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)


class VisitorMessage(models.Model):
    """What somebody wrote on the public page; who it is, nobody has proven.

    `visitor` is a keyed hash of the network address, for a day. `customer` was signed
    in, or has the address that was typed: then it is known once `handled_at` is.
    """

    name = models.CharField(_("name"), max_length=200)
    email = models.CharField(_("e-mail"), max_length=320)
    message = models.TextField(_("message"), max_length=LONGEST_TEXT)
    customer = models.ForeignKey(
        "customers.Customer",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("customer"),
    )
    is_signed = models.BooleanField(_("sent from a personal page"), default=False)
    visitor = models.CharField(max_length=64, blank=True)
    sent_at = models.DateTimeField(_("sent"), db_default=Now(), db_index=True)
    handled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "visitor_messages"
        verbose_name = _("message of a visitor")
        verbose_name_plural = _("messages of visitors")
        ordering = ("-id",)
        default_permissions = ("view",)
        permissions = (("export_visitormessage", _("Can export messages of visitors")),)
        indexes = (
            models.Index(
                fields=("id",),
                condition=models.Q(handled_at=None),
                name="visitor_messages_waiting",
            ),
            models.Index(
                fields=("visitor", "sent_at"),
                condition=~models.Q(visitor=""),
                name="visitor_messages_by_visitor",
            ),
            models.Index(
                OpClass(Lower("email"), name="text_pattern_ops"),
                name="visitor_messages_by_address",
            ),
            models.Index(
                OpClass(Lower("name"), name="text_pattern_ops"),
                name="visitor_messages_by_name",
            ),
            models.Index(
                fields=("-id",),
                condition=models.Q(customer__isnull=False),
                name="visitor_messages_of_customers",
            ),
        )

    def __str__(self) -> str:
        return self.name
