"""Messages to start a new template from."""

from dataclasses import dataclass
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messaging.models import MessageTemplate

_FOLDER = Path(__file__).parent / "starters"
_BLANK = """\
<mjml lang="en">
  <mj-body>
    <mj-section>
      <mj-column>
        <mj-text>
          Hello {{ customer.first_name|default('there') }},
        </mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""


@dataclass(frozen=True)
class Starter:
    """What a new template can be filled in with at first."""

    key: str
    name: str | Promise
    description: str | Promise
    subject: str = ""
    preheader: str = ""
    type: str = MessageTemplate.Channel.EMAIL
    templating_type: str = MessageTemplate.Templating.MJML
    message: str = ""

    @property
    def source(self) -> str:
        """Return the message, read from its file if it has one."""
        if self.message:
            return self.message
        return (_FOLDER / f"{self.key}.mjml").read_text(encoding="utf-8")

    def initial(self) -> dict[str, str]:
        """Return the fields of a form for a new template."""
        return {
            "type": self.type,
            "templating_type": self.templating_type,
            "subject": self.subject,
            "preheader": self.preheader,
            "message": self.source,
        }


DESIGNS = (
    Starter(
        "welcome",
        _("Welcome"),
        _("For somebody who just signed up: three steps and a button."),
        "Welcome, {{ customer.first_name|default('friend') }}",
        "Three small steps, and you are ready to go.",
    ),
    Starter(
        "course_reminder",
        _("Course reminder"),
        _("When, where and what to bring, in a panel of its own."),
        "{{ customer.course|default('Your course') }} starts soon",
        "When, where, and what to bring along.",
    ),
    Starter(
        "newsletter",
        _("Newsletter"),
        _("A leading story, two short ones and a last thought."),
        "The Letter: news from {{ company_name }}",
        "One story not to miss, and two short ones.",
    ),
    Starter(
        "event_invitation",
        _("Event invitation"),
        _("Day, time and place on a dark ground, with an answer in one click."),
        "{{ customer.first_name|default('You') }}, an evening with us",
        "We would love to see you. Places are limited.",
    ),
    Starter(
        "win_back",
        _("Win back"),
        _("For somebody who has not been here for a while, with a code."),
        "We miss you, {{ customer.first_name|default('friend') }}",
        "Three reasons to drop in again, and a code.",
    ),
    Starter(
        "plain_letter",
        _("Plain letter"),
        _("Reads as if one person wrote it to another."),
        "A short word from {{ company_name }}",
        "No pictures, no boxes, only what there is to say.",
    ),
)
_NAME = "{{ customer.first_name|default('there') }}"
BLANKS = (
    Starter("blank", _("Empty MJML"), _("A mail from scratch."), message=_BLANK),
    Starter(
        "html",
        _("HTML"),
        _("Paste a mail that you have already."),
        templating_type=MessageTemplate.Templating.HTML,
        message=f"<html>\n  <body>\n    <p>Hello {_NAME},</p>\n  </body>\n</html>\n",
    ),
    Starter(
        "whatsapp",
        _("WhatsApp message"),
        _("To write and preview; sending is not available yet."),
        type=MessageTemplate.Channel.WHATSAPP,
        templating_type=MessageTemplate.Templating.TEXT,
        message=f"Hello {_NAME}, ",
    ),
    Starter(
        "in_app",
        _("In-app notification"),
        _("Shown to a member in the notification centre."),
        type=MessageTemplate.Channel.IN_APP,
        templating_type=MessageTemplate.Templating.TEXT,
        message=f"Hello {_NAME}, ",
    ),
    Starter(
        "sms",
        _("SMS"),
        _("To write and preview; sending is not available yet."),
        type=MessageTemplate.Channel.SMS,
        templating_type=MessageTemplate.Templating.TEXT,
        message=f"Hello {_NAME}, ",
    ),
)
STARTERS = {starter.key: starter for starter in (*DESIGNS, *BLANKS)}
