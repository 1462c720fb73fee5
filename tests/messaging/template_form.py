"""What the tests of templates share: the addresses and the fields of the form."""

from django.urls import reverse

from messaging.models import MessageTemplate

LIST = "/admin/messaging/messagetemplate/"
ADD = f"{LIST}add/?start=blank"
PREVIEW = f"{LIST}preview/"
TEST = f"{LIST}test/"
MJML = """\
<mjml>
  <mj-body>
    <mj-section>
      <mj-column>
        <mj-text>Hello {{ member_first_name }}</mj-text>
        <mj-button href="{{ unsubscribe_url }}">Unsubscribe</mj-button>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""


def fields(**overrides):
    return {
        "name": "News",
        "type": "email",
        "templating_type": "mjml",
        "purpose": "marketing",
        "subject": "News for {{ member_first_name }}",
        "preheader": "What is new this month.",
        "title": "",
        "icon": "",
        "action_url": "",
        "message": MJML,
        "body_text": "",
        "from_name": "",
        "from_address": "",
        "reply_to": "",
    } | overrides


def save(client, template=None, **overrides):
    """Post the form; returns the response."""
    address = ADD
    if template:
        address = reverse("admin:messaging_messagetemplate_change", args=(template.pk,))
    return client.post(address, fields(**overrides))


def saved(client, **overrides):
    """Post the form for a new template and return it."""
    name = overrides.setdefault("name", "News")
    response = save(client, **overrides)
    assert response.status_code == 302, response.context["errors"]
    return MessageTemplate.objects.get(name=name)
