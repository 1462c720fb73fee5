import re

import pytest

from messaging.models import MessageTemplate
from messaging.services import save_template
from tests import make
from tests.messaging.template_form import LIST

pytestmark = pytest.mark.django_db
LINES = "\n".join(f"<p>Line {number}</p>" for number in range(1, 31))


def template(**overrides):
    """A template with two versions; the second says another line 15."""
    values = {
        "name": f"Template {make.next_number()}",
        "templating_type": "html",
        "subject": "News",
        "message": f"<body>{LINES}</body>",
    } | overrides
    made = save_template(MessageTemplate(**values))
    made.message = made.message.replace("Line 15<", "Line <b>fifteen</b><")
    return save_template(made)


def page_of(made, number=1):
    return f"{LIST}{made.pk}/versions/{number}/"


def restore(client, made, number=1):
    return client.post(f"{page_of(made, number)}restore/")


def rows(page, kind):
    found = re.findall(
        rf'<tr class="mos-diff-{kind}">.*?mos-diff-text">(.*?)</td>', page, re.S
    )
    return [text.replace("&lt;", "<").replace("&gt;", ">") for text in found]


def test_a_comparison_shows_the_lines_that_changed_and_those_around(admin_client):
    made = template()

    page = admin_client.get(page_of(made)).content.decode()

    assert rows(page, "removed") == ["<p>Line 15</p>"]
    assert rows(page, "added") == ["<p>Line <b>fifteen</b></p>"]
    assert "<p>Line 12</p>" in rows(page, "same")
    assert "<p>Line 9</p>" not in rows(page, "same")
    assert "Subject</h2>" not in page


def test_the_page_of_the_template_leads_to_the_comparison(admin_client):
    made = template()

    page = admin_client.get(f"{LIST}{made.pk}/view/").content.decode()

    assert page_of(made) in page
    assert page_of(made, 2) not in page


def test_the_version_of_now_is_not_to_be_restored(admin_client):
    page = admin_client.get(page_of(template(), 2)).content.decode()

    assert "the one that is sent now" in page
    assert "Restore this version" not in page


def test_a_restored_version_is_sent_from_now_on_and_none_is_lost(admin_client):
    made = template()

    response = restore(admin_client, made)

    assert response["Location"].endswith("/view/")
    made.refresh_from_db()
    numbers = list(made.versions.values_list("number", flat=True))
    assert (made.current_version.number, numbers) == (3, [3, 2, 1])
    first = made.versions.get(number=1)
    assert made.message == first.source["message"]
    assert made.current_version.html == first.html


def test_restoring_the_version_of_now_makes_none(admin_client):
    made = template()

    restore(admin_client, made, 2)

    made.refresh_from_db()
    assert made.current_version.number == 2


def test_a_version_that_cannot_be_compiled_any_more_says_why(admin_client):
    made = template()
    old = made.versions.get(number=1)
    old.source["message"] = "<body>{% if %}</body>"
    old.save()

    page = admin_client.post(f"{page_of(made)}restore/", follow=True).content.decode()

    made.refresh_from_db()
    assert made.current_version.number == 2
    assert "mos-diff" in page
    assert "never closed" in page or "cannot be read" in page


@pytest.mark.parametrize("number", [3, 0, 2**31, 10**30])
def test_a_version_that_there_is_not_is_not_found(admin_client, number):
    made = template()

    assert admin_client.get(page_of(made, number)).status_code == 404
    assert restore(admin_client, made, number).status_code == 404


def test_looking_restores_nothing(admin_client):
    made = template()

    assert admin_client.get(f"{page_of(made)}restore/").status_code == 405

    made.refresh_from_db()
    assert made.current_version.number == 2


def test_who_may_only_look_compares_and_does_not_restore(client):
    made = template()
    client.force_login(make.grant(make.user(), "messaging.view_messagetemplate"))

    page = client.get(page_of(made)).content.decode()

    assert rows(page, "removed")
    assert "Restore this version" not in page
    assert restore(client, made).status_code == 403


def test_a_transactional_version_needs_its_own_permission(client):
    made = template(purpose="transactional")
    made.purpose = "marketing"
    save_template(made)
    writer = make.grant(
        make.user(),
        "messaging.view_messagetemplate",
        "messaging.change_messagetemplate",
    )
    client.force_login(writer)

    assert restore(client, made).status_code == 403

    client.force_login(make.grant(writer, "messaging.write_transactional"))
    assert restore(client, made).status_code == 302


def test_a_stranger_sees_no_version(client):
    assert client.get(page_of(template())).status_code == 302
