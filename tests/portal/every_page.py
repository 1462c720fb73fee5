"""Each page that visitors and members may see, and how they come to it."""

from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

from django.core.cache import cache
from django.core.management import call_command
from django.test import Client, override_settings
from django.test.testcases import LiveServerThread
from django.urls import reverse

from automations.models import StaffTask
from customers.models import MemberWish
from customers.services import ask_for
from messaging.models import Delivery, Topic
from messaging.services.content import copy_url, preferences_url, unsubscribe_url
from messaging.services.topics import save_topic
from tests import make
from tests.messaging import ledger
from tests.portal.members import link_of, told

ADDRESSES = ("member", "wishing", "copy", "unsubscribe", "preferences")


def open_home(page, links):
    page.goto("/")


def send_nothing(page, links):
    page.goto("/")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("alert").wait_for()


def write(page, links):
    page.goto("/")
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("E-mail").fill("ada@example.org")
    page.get_by_label("Message").fill("Do you open at 6?")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("heading", name="Thank you").wait_for()


def agree_anew(page, links):
    page.goto("/")
    page.get_by_role("button", name="No", exact=True).click()
    page.get_by_role("button", name="Device data").click()
    page.get_by_role("heading", name="May we note your device?").wait_for()


def follow(name):
    """Open the page behind a link of ADDRESSES, or behind a path."""
    return lambda page, links: page.goto(links.get(name, name))


def come_in(page, links, by="member"):
    page.goto(links[by])
    page.get_by_role("button", name="Show my notifications").click()
    page.wait_for_url("**/me/notifications/")


def come_wishing(page, links):
    """Come in as somebody who asked for a copy, which was sent, and to be erased."""
    come_in(page, links, "wishing")


def then(*ways):
    def go(page, links):
        for way in ways:
            way(page, links)

    return go


def press(button):
    return lambda page, links: page.get_by_role(
        "button", name=button, exact=True
    ).first.click()


def dismiss(page, links):
    page.get_by_role("button", name="Dismiss").first.click()
    page.get_by_role("button", name="Undo").wait_for()


def think_of_erasure(page, links):
    page.get_by_text("Ask to be erased…").click()
    page.get_by_role("button", name="Yes, ask to be erased").wait_for()


def pause(page, links):
    # Who is paused already, since the page was visited before, is asked to go on.
    page.get_by_role("button", name="pause").click()


# Page: the name of its address, and the way there.
PAGES = {
    "home": ("portal:home", open_home),
    "home, nothing filled in": ("portal:home", send_nothing),
    "home, asked about the device again": ("portal:home", agree_anew),
    "neutral answer": ("portal:home", write),
    "link of a mail": ("portal:in", follow("member")),
    "link of a mail, unknown": ("portal:in", follow("/me/in/nothing")),
    "start": ("portal:start", then(come_in, follow("/me/"))),
    "start, nobody there": ("portal:start", follow("/me/")),
    "start, erasure explained": (
        "portal:start",
        then(come_in, follow("/me/"), think_of_erasure),
    ),
    "start, asked and answered": (
        "portal:start",
        then(come_wishing, follow("/me/")),
    ),
    "own preferences": (
        "portal:preferences",
        then(come_wishing, follow("/me/preferences/")),
    ),
    "own preferences, paused": (
        "portal:preferences",
        then(come_wishing, follow("/me/preferences/"), pause),
    ),
    "copy of all data": ("portal:copy", follow("copy")),
    "copy of all data, unknown": ("portal:copy", follow("/me/copy/nothing")),
    "notifications": ("portal:notifications", come_in),
    "notifications, one dismissed": (
        "portal:notifications",
        then(come_in, dismiss),
    ),
    "notifications, the oldest": (
        "portal:notifications",
        then(come_in, follow("/me/notifications/?before=1")),
    ),
    "signed out": ("portal:out", then(come_in, press("Sign out"))),
    "unsubscribe": ("messaging:unsubscribe", follow("unsubscribe")),
    "unsubscribed": (
        "messaging:unsubscribe",
        then(follow("unsubscribe"), press("Unsubscribe")),
    ),
    "subscribed again": (
        "messaging:unsubscribe",
        then(
            follow("unsubscribe"),
            press("Unsubscribe"),
            press("That was a mistake: subscribe me again"),
        ),
    ),
    "unsubscribe, unknown": ("messaging:unsubscribe", follow("/u/nothing")),
    "preferences": ("messaging:preferences", follow("preferences")),
    "preferences, saved": (
        "messaging:preferences",
        then(follow("preferences"), press("Save my choices")),
    ),
    "preferences, paused": (
        "messaging:preferences",
        then(follow("preferences"), pause),
    ),
    "preferences, unknown": ("messaging:preferences", follow("/preferences/nothing")),
}
# Addresses that answer programs and scripts, or only lead on.
NO_PAGES = {
    "portal:device-log",
    "portal:news",
    "portal:read",
    "portal:read-all",
    "portal:dismiss",
    "portal:bring-back",
    "portal:follow",
    "messaging:tracking-webhook",
    "messaging:link",
    "messaging:pixel",
}


@contextmanager
def as_in_production(static_root):
    """Serve the pages with static files as they lie in production; give the address.

    They are compressed, have a name for each content and come from WhiteNoise.
    """
    with ExitStack() as leaving:
        leaving.enter_context(
            override_settings(
                STORAGES={
                    "default": {
                        "BACKEND": "django.core.files.storage.FileSystemStorage"
                    },
                    "staticfiles": {
                        "BACKEND": "whitenoise.storage"
                        ".CompressedManifestStaticFilesStorage"
                    },
                },
                STATIC_ROOT=static_root,
                PUBLIC_MESSAGES_PER_HOUR=10_000,
            )
        )
        others = ["unfold", "admin", "drf_spectacular_sidecar", "rest_framework"]
        call_command(
            "collectstatic", interactive=False, verbosity=0, ignore_patterns=others
        )
        server = LiveServerThread("localhost", static_handler=lambda served: served)
        server.daemon = True
        server.start()
        leaving.callback(server.terminate)
        server.is_ready.wait()
        assert not server.error, server.error
        cache.clear()
        yield f"http://localhost:{server.port}"


def fill():
    """Make a member with much to read; return the paths of ADDRESSES."""
    save_topic(Topic(name="Open days", description="When our doors are open."))
    ada = make.customer(first_name="Ada")
    for number in range(25):
        told(ada, title=f"Number {number}", message="A line of some length. " * 20)
    told(ada, title="Half price until Friday", action_url="/", icon="offer")
    told(ada, title="Supercalifragilistic" * 12, message="x" * 300)
    grace = make.customer(first_name="Grace")
    mail, copy = ledger.dispatch(ada).deliveries.get(), _wish(grace)
    links = {
        "member": link_of(ada),
        "wishing": link_of(grace),
        "copy": copy,
        "unsubscribe": unsubscribe_url(mail.pk),
        "preferences": preferences_url(mail.pk),
    }
    assert tuple(links) == ADDRESSES
    return {name: urlsplit(address).path for name, address in links.items()}


def _wish(who):
    """Let a member ask for all they may; return the link to the copy that staff send."""
    ask_for(who, MemberWish.Kind.COPY)
    staff = Client()
    staff.force_login(make.administrator())
    task = StaffTask.objects.get(customer=who)
    staff.post(reverse("admin:automations_stafftask_hand_over", args=[task.pk]))
    ask_for(who, MemberWish.Kind.ERASE)
    return copy_url(Delivery.objects.get(customer=who).pk)
