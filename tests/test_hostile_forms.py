import pytest
from django.urls import reverse

from segments.models import Segment
from tests import make

pytestmark = pytest.mark.django_db
VALUES = [
    "",
    "\0",
    "x" * 100_000,
    "😀" * 300,
    "9" * 30,
    "1e999",
    "'\"<>&;",
]
SEGMENT = {"name": "Many", "type": "manual"}
AUTOMATION = {
    "name": "Daily",
    "schedule": "cron",
    "timezone": "UTC",
    "cron": "0 9 * * *",
    "policy": "every_run",
    "misfire": "latest",
    "grace_minutes": "60",
    "holdout_percent": "0",
}
WORKFLOW = {
    "name": "Welcome",
    "trigger": '{"type": "api_call", "parameters": {}}',
    "steps": "[]",
    "context": "{}",
    "cooldown_period_days": "7",
    "reentry": "after_cooldown",
    "at_unsubscribe": "go_on",
    "check_hour": "4",
}
TEMPLATE = {
    "name": "News",
    "type": "email",
    "templating_type": "html",
    "purpose": "marketing",
    "subject": "News",
    "message": "<p>News</p>",
}
PUBLIC_PAGE = {
    "headline": "Come in",
    "introduction": "We are open.",
    "neutral": "Thank you.",
    "new": "Welcome.",
    "low_engagement": "Hello.",
    "churn_risk": "We miss you.",
    "healthy": "Good to have you here.",
}
FORMS = [
    *(("portal_publicpage", PUBLIC_PAGE, field) for field in PUBLIC_PAGE),
    ("portal_publicpage", PUBLIC_PAGE, "link_template"),
    *(("segments_segment_add", SEGMENT, field) for field in SEGMENT),
    ("segments_segment_add", SEGMENT | {"type": "sql"}, "selection_sql"),
    ("segments_segment_add", SEGMENT | {"type": "function"}, "handler_function"),
    *(("automations_automation_add", AUTOMATION, field) for field in AUTOMATION),
    ("automations_automation_add", AUTOMATION | {"schedule": "once"}, "run_at"),
    *(
        ("automations_automation_add", AUTOMATION, field)
        for field in ("segment", "template", "again_after_days")
    ),
    *(("automations_workflow_add", WORKFLOW, field) for field in WORKFLOW),
    ("automations_workflow_add", WORKFLOW, "timezone"),
    ("automations_workflow_add", WORKFLOW, "based_on"),
    *(("messaging_messagetemplate_add", TEMPLATE, field) for field in TEMPLATE),
    *(
        ("messaging_messagetemplate_add", TEMPLATE, field)
        for field in ("preheader", "from_name", "from_address", "reply_to")
    ),
]


@pytest.mark.parametrize(("name", "good", "field"), FORMS)
def test_no_value_breaks_a_form(admin_client, name, good, field):
    for value in VALUES:
        response = admin_client.post(reverse(f"admin:{name}"), good | {field: value})

        assert response.status_code in (200, 302), value


def test_an_unknown_segment_is_refused_with_the_rest_of_the_form_kept(admin_client):
    template = make.template(name="Kept")
    posted = AUTOMATION | {"segment": "nonsense", "template": template.pk}

    page = admin_client.post(reverse("admin:automations_automation_add"), posted)

    assert "segment" in page.context["adminform"].form.errors
    assert "Kept" in page.content.decode()


def test_a_segment_of_no_sql_is_refused_with_a_sentence(admin_client, sql_segments):
    posted = SEGMENT | {"type": "sql", "selection_sql": ""}

    page = admin_client.post(reverse("admin:segments_segment_add"), posted)

    assert "Write a SELECT that returns the IDs of customers." in page.content.decode()
    assert not Segment.objects.exists()
