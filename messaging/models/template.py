from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords


class Topic(models.Model):
    """What marketing is about; customers choose the topics that they want.

    `key` stands in the proofs of their choices, so it never changes.
    """

    key = models.SlugField(primary_key=True, editable=False)
    name = models.CharField(_("name"), max_length=100, unique=True)
    description = models.CharField(
        _("description"),
        max_length=300,
        blank=True,
        help_text=_("Customers read it on the page where they choose."),
    )
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_("Customers can choose it. What they chose before stays valid."),
    )

    class Meta:
        db_table = "message_topics"
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = ("name",)
        permissions = (("export_topic", _("Can export topics")),)

    def __str__(self) -> str:
        return self.name


class MessageTemplate(models.Model):
    """A message that staff write once and that is filled in for each customer.

    What is sent is a version: each save that compiles makes one.
    """

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        WHATSAPP = "whatsapp", _("WhatsApp")
        IN_APP = "in_app", _("In-app notification")
        SMS = "sms", _("SMS")

    class Templating(models.TextChoices):
        MJML = "mjml", _("MJML")
        HTML = "html", _("HTML")
        TEXT = "text", _("Plain text")

    class Purpose(models.TextChoices):
        MARKETING = "marketing", _("Marketing")
        TRANSACTIONAL = "transactional", _("Transactional")

    name = models.CharField(_("name"), max_length=200, unique=True)
    type = models.CharField(
        _("type"), max_length=10, choices=Channel.choices, default=Channel.EMAIL
    )
    templating_type = models.CharField(
        _("written in"),
        max_length=10,
        choices=Templating.choices,
        default=Templating.MJML,
    )
    purpose = models.CharField(
        _("purpose"),
        max_length=15,
        choices=Purpose.choices,
        default=Purpose.MARKETING,
        help_text=_(
            "Marketing goes only to those who may get it, with a link to unsubscribe."
        ),
    )
    topic = models.ForeignKey(
        Topic,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="templates",
        verbose_name=_("topic"),
        help_text=_("Customers who do not want the topic do not get it."),
    )
    subject = models.CharField(_("subject"), max_length=255, blank=True)
    preheader = models.CharField(
        _("preheader"),
        max_length=255,
        blank=True,
        help_text=_("The line that mailboxes show beside the subject."),
    )
    message = models.TextField(_("message"), blank=True)
    body_text = models.TextField(
        _("text version"),
        blank=True,
        help_text=_("Left empty, it is made from the message."),
    )
    title = models.CharField(_("title"), max_length=255, default="Notification")
    icon = models.CharField(_("icon"), max_length=50, default="info")
    action_url = models.CharField(_("action link"), max_length=500, blank=True)
    from_address = models.CharField(_("from address"), max_length=320, blank=True)
    from_name = models.CharField(_("from name"), max_length=200, blank=True)
    reply_to = models.CharField(_("reply-to address"), max_length=320, blank=True)
    # The names that the current version reads, as {{ name }}.
    placeholders = models.JSONField(
        _("placeholders"), default=list, db_default=[], blank=True, editable=False
    )
    # Not PROTECT: it goes with the template, and nothing else may take it away.
    current_version = models.ForeignKey(
        "messaging.MessageTemplateVersion",
        models.RESTRICT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)
    history = HistoricalRecords(table_name="message_templates_history")

    class Meta:
        db_table = "message_templates"
        verbose_name = _("message template")
        verbose_name_plural = _("message templates")
        ordering = ("name",)
        permissions = (
            ("write_transactional", _("Can write transactional templates")),
            ("export_messagetemplate", _("Can export templates")),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("admin:messaging_messagetemplate_change", args=(self.pk,))


class MessageTemplateVersion(models.Model):
    """A compiled state of a template, never changed once made.

    `html`, `text` and `subject` still hold the template tags; they are rendered per
    customer. `variables` lists the names that they read.
    """

    template = models.ForeignKey(
        MessageTemplate, models.CASCADE, related_name="versions"
    )
    number = models.PositiveIntegerField(_("version"))
    type = models.CharField(max_length=10, choices=MessageTemplate.Channel.choices)
    purpose = models.CharField(max_length=15, choices=MessageTemplate.Purpose.choices)
    source = models.JSONField(default=dict)
    subject = models.TextField(blank=True)
    html = models.TextField(blank=True)
    text = models.TextField(blank=True)
    variables = models.JSONField(default=list)
    compiler_version = models.CharField(max_length=50)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        db_table = "message_template_versions"
        ordering = ("template", "-number")
        constraints = (
            models.UniqueConstraint(
                "template", "number", name="one_version_per_number"
            ),
        )

    def __str__(self) -> str:
        return f"{self.template} v{self.number}"


class TrackedLink(models.Model):
    """A link of a template version, by its place in the message."""

    version = models.ForeignKey(
        MessageTemplateVersion, models.CASCADE, related_name="links"
    )
    position = models.PositiveIntegerField()
    url = models.TextField()

    class Meta:
        db_table = "tracked_links"
        constraints = (
            models.UniqueConstraint(
                "version", "position", name="one_link_per_position"
            ),
        )

    def __str__(self) -> str:
        return self.url
