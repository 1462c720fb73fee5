import pytest
from django.urls import reverse

from automations.services import save_automation
from segments.services import save_segment
from tests import make

pytestmark = pytest.mark.django_db
LOOK = ("segments.view_segment", "automations.view_automation")


def saved_segment():
    segment = make.segment(name="Before")
    save_segment(segment)
    return segment


def saved_automation():
    automation = make.automation(name="Before")
    save_automation(automation)
    return automation


def state_url(made):
    """The address of the newest kept state of something."""
    name = f"admin:{made._meta.app_label}_{made._meta.model_name}_simple_history"
    return reverse(name, args=(made.pk, made.history.first().pk))


@pytest.mark.parametrize("made_by", [saved_segment, saved_automation])
def test_an_earlier_state_is_shown_to_whoever_may_look(client, made_by):
    client.force_login(make.grant(make.user(), *LOOK))

    page = client.get(state_url(made_by()))

    assert page.status_code == 200
    assert "Before" in page.content.decode()


@pytest.mark.parametrize("made_by", [saved_segment, saved_automation])
def test_the_page_of_an_earlier_state_saves_nothing(client, admin_client, made_by):
    made = made_by()
    url = state_url(made)
    form = admin_client.get(url).context["adminform"].form
    posted = {name: form[name].value() or "" for name in form.fields}
    client.force_login(make.grant(make.user(), *LOOK))

    answers = [
        who.post(url, posted | {"name": "After"}) for who in (client, admin_client)
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    made.refresh_from_db()
    assert made.name == "Before"


@pytest.mark.parametrize("kind", ["segments/segment", "automations/automation"])
@pytest.mark.parametrize(
    "number", ["abc", "%00", "1%00", "1 OR 1=1", "9" * 30, "9" * 5000]
)
def test_a_number_that_is_none_leads_nowhere(admin_client, kind, number):
    for tail in ("history/", "history/1/", f"history/{number}/"):
        answer = admin_client.get(f"/admin/{kind}/{number}/{tail}")

        assert answer.status_code == 404
