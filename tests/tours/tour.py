"""A tour through a ready-made system, as its page in docs/tours tells it.

Staff click in the admin and members in their mails and pages, at one width; other
systems call the API; workers and clock do their work when the tour lets them.
"""

import io
import re
from datetime import timedelta
from urllib.parse import urlsplit

import time_machine
from django.core.cache import cache
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from automations import tasks as automations
from automations.services import follow_dispatches
from imports.tasks import work_on_imports
from marketing_os.lib.heartbeats import BEAT, WORKER, record_heartbeat
from messaging import mailbox
from messaging.tasks import send_due_messages
from segments.services import queued_refreshes, run_refresh
from tests import pictures
from tests.axe import assert_accessible, assert_fits
from tests.messaging.visits import PERSON, let_minutes_pass

NAME, PASSWORD = "staff", "a password for the tour"
DESKTOP, PHONE = 1280, 390
HEIGHTS = {DESKTOP: 860, PHONE: 844}

# As mail programs do.
_LINKS_OPEN_BESIDE = """() => {
    const base = document.createElement("base");
    base.target = "_blank";
    document.head.append(base);
}"""


class Tour:
    """One pack as it is loaded, seen at one width.

    `page` is the page of a member of staff, `api` a client whose key may do all.
    """

    def __init__(self, pack, page, api, open_page):
        self.pack, self.page, self.api, self._open = pack, page, api, open_page
        self.folder = pictures.DOCS / "tours" / pack
        self.width = page.viewport_size["width"]
        call_command("load_pack", pack, stdout=io.StringIO())
        record_heartbeat(WORKER)
        record_heartbeat(BEAT)

    def sign_in(self):
        self.page.goto(reverse("admin:login"))
        self.page.get_by_label("Username").fill(NAME)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").click()
        self.page.get_by_role("heading", name="Home").wait_for()

    def open(self, name, *args):
        """Let staff open a page of the admin by the name of its address."""
        self.page.goto(reverse(f"admin:{name}", args=args))

    def look(self, picture=None, *, page=None, on=DESKTOP, height=None, at=None):
        """Check that a page is for everybody; take its picture where that is wanted.

        It is taken at the width `on`, and begins with the heading `at`.
        """
        page = page or self.page
        assert_accessible(page)
        assert_fits(page)
        if picture and pictures.ARE_WANTED and self.width == on:
            path = self.folder / f"{picture}.png"
            pictures.take(page, path, height or HEIGHTS[on], at=at)

    def upload(self, file, to, what="", known_as=None, picture=None):
        """Import a file of the tour by the Import button of a list, to the very end.

        `known_as` says of columns what is in them, `what` what the rows are where the
        list takes several kinds.
        """
        page = self.page
        self.open(f"{to}_changelist")
        if self.width == PHONE:
            page.get_by_text("more_horiz").first.click()
        page.get_by_role("link", name=re.compile("Import$")).click()
        if what:
            page.get_by_label("What the rows are").select_option(label=what)
        page.set_input_files("input[type=file]", self.folder / file)
        page.get_by_role("button", name="Upload").click()
        page.wait_for_url("**/columns/")
        for column, field in (known_as or {}).items():
            row = page.get_by_role("row", name=re.compile(f"^{column}"))
            row.get_by_role("combobox").first.select_option(field)
        page.get_by_role("button", name="Check the file").click()
        page.wait_for_url("**/change/")
        work_on_imports()
        write = page.get_by_role("button", name=re.compile("^Import"))
        write.wait_for()
        self.look(picture)
        write.click()
        work_on_imports()
        expect(page.get_by_text("Imported", exact=True).first).to_be_visible()

    def publish(self, resource, **values):
        """Tell the API something, as another system does; return the answer."""
        answer = self.api.post(f"/api/v1/{resource}/", values, format="json")
        assert answer.status_code in (200, 201, 202), answer.content
        return answer.json()

    def work(self, at=None):
        """Do all that workers and clock find to do now, or at an instant to come."""
        with time_machine.travel(at or timezone.now()):
            work_on_imports()
            for snapshot in queued_refreshes():
                run_refresh(snapshot)
            for task in (
                automations.count_forecasts,
                automations.tick,
                automations.prepare_due_runs,
                automations.look_at_triggers,
                automations.check_workflows,
                automations.take_workflow_events,
                automations.advance_workflows,
                automations.end_ways_early,
                automations.advance_workflows,
                send_due_messages,
            ):
                task()
            follow_dispatches()

    def work_in(self, **span):
        """Do what will be due after some days or hours."""
        self.work(timezone.now() + timedelta(**span))

    def five_minutes_pass(self):
        """Figures of pages that took long are kept for so long."""
        cache.clear()

    def figure(self, name):
        """The number behind a name in a table of the page."""
        row = self.page.get_by_role("row", name=re.compile(f"^{name}"))
        number = row.locator(".mos-number").first
        return int(number.inner_text().replace(",", ""))

    def mails_to(self, address):
        """What the mailbox of the development holds for somebody, the newest first."""
        return [mailbox.open_mail(mail.name) for mail in mailbox.mails_to([address])]

    def mail_to(self, address):
        mails = self.mails_to(address)
        assert mails, f"There is no mail to {address}."
        return mails[0]

    def read(self, mail):
        """Let a member open a mail some minutes after it came; return their page."""
        let_minutes_pass()
        member = self._open(user_agent=PERSON["User-Agent"])
        member.set_content(mailbox.part_of(mail, "html"), wait_until="networkidle")
        member.evaluate(_LINKS_OPEN_BESIDE)
        return member

    def visit(self):
        """Let somebody of whom nothing is known come; return their page."""
        return self._open(user_agent=PERSON["User-Agent"])

    def follow(self, member, name):
        """Follow a link of a mail, which opens beside it; return the page it opens."""
        with member.expect_popup() as beside:
            member.get_by_role("link", name=name).click()
        beside.value.wait_for_load_state()
        return beside.value

    def unsubscribe_by(self, mail):
        """Press the button that a mail program shows for the mail's own header."""
        [url] = re.findall(r"<(https?://[^>]*)>", str(mail["List-Unsubscribe"]))
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        stranger = self._open(user_agent=PERSON["User-Agent"]).request
        form = {"List-Unsubscribe": "One-Click"}
        assert stranger.post(urlsplit(url).path, form=form).ok
