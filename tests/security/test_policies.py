"""What a browser is told each page may load and run."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests import make
from tests.browser import refusals

pytestmark = pytest.mark.django_db
TEMPLATES = "admin:messaging_messagetemplate"


def policy_of(client, address):
    """Return a page's policy, by directive."""
    header = client.get(address)["Content-Security-Policy"]
    return dict(one.split(" ", 1) for one in header.split("; "))


@pytest.mark.parametrize(
    "address", ["/", "/me/", "/u/nothing", "/preferences/nothing", "/healthz"]
)
def test_pages_for_everybody_load_and_run_only_our_files(client, address):
    policy = policy_of(client, address)

    assert policy["default-src"] == "'none'"
    assert not any("unsafe" in sources for sources in policy.values())
    assert not any("http" in sources for sources in policy.values())
    assert policy["frame-ancestors"] == "'none'"


@pytest.mark.parametrize("name", ["index", "customers_customer_changelist"])
def test_the_back_office_runs_no_script_inside_a_page(admin_client, name):
    policy = policy_of(admin_client, reverse(f"admin:{name}"))

    assert "unsafe-inline" not in policy["script-src"]
    assert policy["img-src"] == "'self' data:"
    assert policy["connect-src"] == policy["frame-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"


def test_only_pages_of_a_template_show_pictures_from_elsewhere(admin_client):
    template = make.template()

    shown = policy_of(admin_client, reverse(f"{TEMPLATES}_view", args=(template.pk,)))
    listed = policy_of(admin_client, reverse(f"{TEMPLATES}_changelist"))

    assert "https:" in shown["img-src"]
    assert "https:" not in shown["script-src"]
    assert "https:" not in listed["img-src"]


def test_the_api_is_told_nothing_may_be_done_with_its_answers(client):
    assert policy_of(client, "/api/v1/customers/")["default-src"] == "'none'"


@pytest.mark.browser
@pytest.mark.parametrize("address", ["/no-such-page/", "/admin/no-such-page/"])
def test_an_error_page_chooses_its_theme(page, live_server, admin_client, address):
    session = admin_client.cookies["sessionid"].value
    page.context.add_cookies(
        [{"name": "sessionid", "value": session, "url": live_server.url}]
    )
    page.add_init_script("localStorage.setItem('adminTheme', '\"dark\"')")

    page.goto(address)

    expect(page.locator("html.dark")).to_have_count(1)
    expect(page.locator("main")).to_have_css("max-width", "544px")


@pytest.mark.browser
def test_the_documentation_of_the_api_is_shown(page):
    page.goto("/api/v1/docs/?lang=en")
    page.locator("[data-path='/api/v1/customers/batch/']").click()

    expect(page.get_by_role("button", name="Try it out")).to_be_visible()


@pytest.mark.browser
def test_what_a_policy_refuses_is_noticed(browser, live_server):
    said = []
    page = browser.new_context(base_url=live_server.url).new_page()
    page.on("console", lambda message: said.extend(refusals(message)))
    page.goto("/u/nothing")

    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.body.append(script);
        }"""
    )

    assert page.evaluate("window.ran") is None
    assert len(said) == 1
