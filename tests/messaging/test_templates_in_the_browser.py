import pytest
from playwright.sync_api import expect

from messaging.models import MessageTemplate
from messaging.services import save_template
from tests import make
from tests.axe import assert_accessible, assert_fits
from tests.messaging.template_form import LIST, MJML

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKS = [("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390)]


@pytest.fixture
def editor(page):
    """A signed-in browser, with two customers to write to."""
    make.administrator(
        username="boss", password="the right password", email="boss@example.org"
    )
    make.customer(first_name="Alan", email="alan@example.org")
    make.customer(first_name="Grace", email="grace@example.org")
    page.goto("/admin/login/")
    page.get_by_label("Username").fill("boss")
    page.get_by_label("Password").fill("the right password")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Home").wait_for()
    return page


def mail(page):
    return page.frame_locator("[data-frame] iframe:not(.mos-tpl-waiting)")


def write(page, text):
    """Replace the whole source by `text`, as a paste does."""
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def template(**overrides):
    values = {
        "name": "News",
        "subject": "News",
        "preheader": "What is new.",
        "message": MJML,
    } | overrides
    return save_template(MessageTemplate(**values))


def test_a_mistake_is_shown_at_its_line_and_mended(editor):
    editor.goto(f"{LIST}add/")
    editor.get_by_role("link", name="Empty MJML").click()
    editor.locator("#id_name").fill("First letter")
    editor.locator("#id_subject").fill("For {{ member_first_name }}")
    editor.locator("#id_preheader").fill("What is new.")

    write(editor, MJML.replace("mj-text", "mj-txt"))

    editor.get_by_role("button", name="Line 5 There is no component <mj-txt>.").click()
    expect(editor.locator(".cm-lint-marker-error")).to_have_count(1)
    expect(editor.locator(".cm-content")).to_be_focused()
    editor.get_by_role("button", name="Save", exact=True).click()
    expect(editor.get_by_text("Please correct the error")).to_be_visible()
    expect(editor.get_by_role("button", name="Line 5")).to_be_visible()
    assert not MessageTemplate.objects.exists()

    write(editor, MJML)
    expect(editor.get_by_text("No problems.")).to_be_visible()
    expect(mail(editor).get_by_text("Hello Grace")).to_be_visible()
    editor.get_by_role("button", name="Save", exact=True).click()
    editor.wait_for_url("**/view/")
    assert MessageTemplate.objects.get().current_version.number == 1


def test_the_preview_is_for_the_customer_that_is_chosen_by_keyboard(editor):
    editor.goto(f"{LIST}{template().pk}/change/")
    expect(mail(editor).get_by_text("Hello Grace")).to_be_visible()

    choice = editor.get_by_role("combobox", name="As it reaches")
    choice.fill("ala")
    editor.get_by_role("option", name="Alan").wait_for()
    choice.press("ArrowDown")
    choice.press("Enter")

    expect(mail(editor).get_by_text("Hello Alan")).to_be_visible()


def test_the_preview_shows_a_phone_dark_and_the_text(editor):
    message = MJML.replace(
        "<mj-body>",
        "<mj-head><mj-style>@media (prefers-color-scheme: dark)"
        " { div { color: rgb(1, 2, 3) !important } }</mj-style></mj-head><mj-body>",
    )
    editor.goto(f"{LIST}{template(message=message).pk}/view/")
    hello = mail(editor).get_by_text("Hello Grace")
    expect(hello).to_have_css("color", "rgb(0, 0, 0)")

    editor.get_by_role("button", name="Phone").click()
    editor.get_by_role("button", name="Dark").click()

    expect(hello).to_have_css("color", "rgb(1, 2, 3)")
    width = editor.locator("[data-frame] iframe:not(.mos-tpl-waiting)").bounding_box()
    assert width["width"] == 375
    editor.get_by_role("button", name="Text").click()
    expect(editor.locator("[data-text]")).to_contain_text("Unsubscribe (http")


def test_a_variable_is_written_where_the_cursor_is(editor):
    make.attribute("Lead Origin")
    editor.goto(f"{LIST}{template().pk}/change/")
    editor.get_by_label("Subject").fill("")

    editor.get_by_role("button", name="Variables").click()
    editor.get_by_role("searchbox", name="Search the variables").fill("origin")
    editor.get_by_role("button", name="{{ customer['Lead Origin'] }}").click()

    expect(editor.get_by_label("Subject")).to_have_value(
        "{{ customer['Lead Origin'] }}"
    )


def test_the_form_shows_what_matters_for_the_channel(editor):
    editor.goto(f"{LIST}add/?start=blank")
    expect(editor.get_by_label("Preheader")).to_be_visible()
    expect(editor.get_by_label("Title")).to_be_hidden()

    editor.get_by_label("Channel").select_option("in_app")
    expect(editor.get_by_label("Title")).to_be_visible()
    expect(editor.get_by_label("Subject")).to_be_hidden()
    expect(editor.get_by_label("Written in")).to_be_hidden()

    editor.get_by_label("Channel").select_option("whatsapp")
    expect(editor.get_by_text("WhatsApp sending is not available yet.")).to_be_visible()
    expect(editor.get_by_role("button", name="Send a test to me")).to_be_hidden()


def test_a_test_goes_to_oneself(editor):
    editor.goto(f"{LIST}{template().pk}/change/")

    editor.get_by_role("button", name="Send a test to me").click()

    expect(editor.get_by_text("A test was sent to boss@example.org.")).to_be_visible()


def test_a_mail_has_no_rights_in_the_back_office(editor):
    customer_data = "<script>parent.document.title = 'taken'</script>"
    make.customer(first_name=customer_data, email="x@example.org")
    message = (
        "<p>Seen {{ customer.first_name }}</p>"
        "<style>body { background: url('https://example.org/x.png') }</style>"
    )
    page = template(templating_type="html", message=message)

    editor.goto(f"{LIST}{page.pk}/view/")
    mail(editor).get_by_text("Seen").wait_for()

    frame = editor.locator("[data-frame] iframe:not(.mos-tpl-waiting)")
    assert frame.get_attribute("sandbox") == ""
    assert "taken" not in editor.title()
    assert editor.evaluate(
        "document.querySelector('[data-frame] iframe').contentDocument === null"
    )


def test_the_pages_can_be_used_by_everybody(editor):
    shown = template()
    addresses = {
        LIST: "News",
        f"{LIST}add/": "Win back",
        f"{LIST}{shown.pk}/view/": "Version 1",
        f"{LIST}{shown.pk}/change/": "No problems.",
    }

    for theme, width in LOOKS:
        editor.emulate_media(color_scheme=theme)
        editor.set_viewport_size({"width": width, "height": 900})
        for address, words in addresses.items():
            editor.goto(address)
            editor.get_by_text(words).first.wait_for()
            assert_accessible(editor)
            assert_fits(editor)


def test_the_editor_with_a_mistake_can_be_used_by_everybody(editor):
    editor.goto(f"{LIST}{template().pk}/change/")
    write(editor, MJML.replace("mj-text", "mj-txt") + "{{ customer.nope }}")

    for theme, width in LOOKS:
        editor.emulate_media(color_scheme=theme)
        editor.set_viewport_size({"width": width, "height": 900})
        editor.get_by_text("There is no component").first.wait_for()
        assert_accessible(editor)
        assert_fits(editor)
