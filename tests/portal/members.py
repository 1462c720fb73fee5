"""Members and what they are told, for tests of the portal."""

from urllib.parse import urlsplit

from django.test import Client
from rest_framework.test import APIClient

from messaging.models import Notification
from messaging.services.content import member_url
from messaging.services.growing import add_notifications, growing_dispatch
from messaging.services.judging import Wanted
from portal.members import open_session
from tests import make
from tests.messaging import ledger

CENTRE = "/api/v1/me/notifications/"


def told(who, **overrides):
    """Tell a member something, as a workflow does."""
    template = make.template(type="in_app")
    dispatch = growing_dispatch(
        template=template,
        source_key=f"test:{template.pk}",
        series="test",
        name="Test",
        context={},
    )
    [added] = add_notifications(dispatch, [Wanted(who.pk, 1)]).values()
    values = {"title": "Well done", "message": "50 classes!"} | overrides
    made = Notification.objects.filter(delivery=added.delivery_id)
    made.update(**values)
    return made.get()


def host_page(who):
    """A client that sends a member's token along, as a page of a host site does."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Member {open_session(who).token}")
    return client


def link_of(who):
    """The link of a mail that was sent to a member, as a path."""
    template = make.template(message="<p>{{ member_link }}</p><p>Bye</p>")
    delivery = ledger.dispatch(who, template=template).deliveries.get()
    return urlsplit(member_url(delivery.pk)).path


def browser_of(who, **options):
    """A browser in which a member came in by the link of a mail."""
    client = Client(**options)
    assert client.post(link_of(who)).status_code == 302
    return client
