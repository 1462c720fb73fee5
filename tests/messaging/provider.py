"""Reports as Resend posts them: signed, and with the fields of its documentation."""

import base64
import json
import uuid
from datetime import timedelta

from django.utils import timezone
from svix.webhooks import Webhook

SECRET = "whsec_" + base64.b64encode(b"a secret that only two know").decode()
OTHER_SECRET = "whsec_" + base64.b64encode(b"a secret of somebody else").decode()
ADDRESS = "/webhooks/resend/tracking/"


def event(kind, provider_id="", **data):
    """The JSON of one event about a mail, by Resend's ID of it."""
    body = {
        "type": f"email.{kind}",
        "created_at": timezone.now().isoformat(),
        "data": {"email_id": provider_id, "to": ["ada@example.org"]} | data,
    }
    return json.dumps(body).encode()


def bounce(provider_id="", kind="Permanent", words="550 5.1.1 No such user."):
    bounced = {"type": kind, "subType": "General", "message": words}
    return event("bounced", provider_id, bounce=bounced)


def signed(body, *, key=None, secret=SECRET, at=None):
    """The headers with which Resend would post this body."""
    key, at = key or f"msg_{uuid.uuid4().hex}", at or timezone.now()
    return {
        "svix-id": key,
        "svix-timestamp": str(int(at.timestamp())),
        "svix-signature": Webhook(secret).sign(
            key, at, body.decode("utf-8", "replace")
        ),
    }


def post(client, body, headers=None, **signing):
    """Post a body as Resend would, or with other headers; return the response."""
    return client.post(
        ADDRESS,
        body,
        content_type="application/json",
        headers=signed(body, **signing) if headers is None else headers,
    )


def tell(client, kind, delivery, **data):
    """Report something of a delivery, and make sure that it was taken."""
    body = event(kind, delivery.provider_id, **data)
    assert post(client, body).status_code == 200


LONG_AGO = timedelta(minutes=6)
