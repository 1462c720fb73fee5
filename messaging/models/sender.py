from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Sender(models.Model):
    """An address that mail may come from, with what its mails say of the sender.

    `findings` is what the DNS said of its domain when it was last asked.
    """

    address = models.CharField(_("address"), max_length=320)
    name = models.CharField(
        _("name"),
        max_length=200,
        blank=True,
        help_text=_(
            "Mailboxes show it before the address. Empty: that of the settings."
        ),
    )
    reply_to = models.CharField(
        _("reply-to address"),
        max_length=320,
        blank=True,
        help_text=_("Where answers go. Empty: to the address itself."),
    )
    postal_address = models.TextField(
        _("postal address"),
        blank=True,
        help_text=_(
            "Stands at the end of its marketing mails; many countries demand it."
            " Empty: that of the settings."
        ),
    )
    dkim_selector = models.CharField(
        _("DKIM selector"),
        max_length=100,
        blank=True,
        help_text=_("The name of the key that your mail provider gave you."),
    )
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_(
            "Templates may use it. What is going out from it pauses otherwise."
        ),
    )
    findings = models.JSONField(default=list, editable=False)
    checked_at = models.DateTimeField(_("checked at"), null=True, editable=False)

    class Meta:
        db_table = "senders"
        verbose_name = _("sender")
        verbose_name_plural = _("senders")
        ordering = ("address",)
        permissions = (("export_sender", _("Can export senders")),)
        constraints = (
            models.UniqueConstraint(
                Lower("address"),
                name="one_sender_per_address",
                violation_error_message=_("This address is there already."),
            ),
        )

    def __str__(self) -> str:
        return self.address

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2].lower()
