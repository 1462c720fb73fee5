"""Steps that send, and members who come to them."""

from customers.services import add_tag
from messaging.models import Delivery
from tests import make
from tests.workflows.make import run, step


def mail(template=None, **parameters):
    template = template or make.template()
    return step("send_email", template_id=template.pk, **parameters)


def notification(**fields):
    return make.template(
        **{
            "type": "in_app",
            "subject": "Hello {{ member_first_name }}",
            "message": "See you soon.",
        }
        | fields
    )


def enter(*people):
    add_tag([one.pk for one in people], "enter")
    run()


def state_and_reason(who):
    found = Delivery.objects.get(customer=who)
    return found.state, found.reason
