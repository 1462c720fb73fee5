"""Whether a page can be used by everybody: axe-core's rules, played in the browser."""

from functools import cache
from pathlib import Path

# "moderate" and "minor" findings of the frame are known; these two keep people out.
GRAVE = ("serious", "critical")

# Mails stand in sandboxed frames, where no script may run.
_RUN = """
axe.run(document, {resultTypes: ["violations"], iframes: false})
    .then(found => found.violations)
"""


@cache
def _source():
    return Path(__file__).with_name("axe.min.js").read_text(encoding="utf-8")


def violations(page):
    """Return what axe finds on a page as it is now, each with impact, id and nodes."""
    page.evaluate(_source())
    return page.evaluate(_RUN)


def assert_accessible(page, *, besides=()):
    """Fail with a line per element where axe finds something serious.

    `besides` names rules that are left out, each for a reason that the test tells.
    """
    found = [
        f"{rule['impact']} {rule['id']}: {rule['help']}\n    {node['html'][:200]}\n"
        f"    {node['failureSummary']}"
        for rule in violations(page)
        if rule["impact"] in GRAVE and rule["id"] not in besides
        for node in rule["nodes"]
    ]
    assert not found, f"{page.url} is not for everybody:\n" + "\n".join(found)


def assert_fits(page):
    """Fail where a page is wider than its window, so that one must scroll sideways."""
    width, window = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert width <= window, f"{page.url} is {width} wide in a window of {window}."
