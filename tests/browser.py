"""A real browser: the system's Chromium, driven by Playwright."""

import os
import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

# Also for a machine that is busy with other things; a page that is right costs nothing.
PATIENCE = 30_000  # milliseconds
expect.set_options(timeout=PATIENCE)

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_path():
    named = os.environ.get("CHROMIUM")
    candidates = [named] if named else ["chromium", "chromium-browser", "google-chrome"]
    return next(filter(None, map(shutil.which, candidates)), None)


@pytest.fixture(scope="session")
def playwright_browser():
    path = chromium_path()
    if path is None:
        pytest.skip("There is no Chromium; install one or name it with CHROMIUM=.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def browser(playwright_browser):
    """The browser; what a test opens in it is closed after the test."""
    yield playwright_browser
    for context in playwright_browser.contexts:
        context.close()


@pytest.fixture
def page(browser, live_server):
    """A page whose relative addresses lead to the live server.

    No script may fail, and what a page's policy refuses, which `page.refused` lists, may
    not be tried; a test that means to try it takes it from the list.
    """
    context = browser.new_context(
        base_url=live_server.url, viewport={"width": 1280, "height": 900}
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    failures = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.refused = []
    context.on("console", lambda said: page.refused.extend(refusals(said)))
    yield page
    assert not failures, f"Scripts of the page failed: {failures}"
    assert not page.refused, f"The page's policy refused: {page.refused}"


def refusals(said):
    """What the browser writes when a page's policy or frame refuses something."""
    signs = ("Content Security Policy", "Blocked script execution")
    return [said.text] if any(sign in said.text for sign in signs) else []
