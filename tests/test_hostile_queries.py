from urllib.parse import urlencode

import pytest
from django.urls import reverse

from tests import make

pytestmark = pytest.mark.django_db

LISTS = [
    "customers_customer",
    "customers_attributedefinition",
    "customers_consent",
    "customers_membertag",
    "customers_device",
    "portal_visitormessage",
    "lib_exportrecord",
    "funnel_funnelevent",
    "funnel_activity",
    "messaging_delivery",
    "messaging_dispatch",
    "messaging_suppression",
    "segments_segment",
    "imports_importjob",
    "messaging_messagetemplate",
    "automations_automation",
    "automations_automationrun",
    "automations_workflow",
    "automations_enrolment",
    "automations_automationlog",
    "lib_apikey",
    "auth_user",
    "auth_group",
]
QUERIES = [
    "page=abc",
    "p=abc",
    "p=-1",
    "p=99999999999999999999999999",
    "p=" + "9" * 5000,
    "o=zz",
    "o=99.-99.1.1",
    "q=%00",
    "q=" + "x" * 5000,
    "q=%27%22%5C%3B--%26%7C%21%28%29%3A*",
    "q=%F0%9F%98%80",
    "all=",
    "e=1",
    "_popup=1",
    "id=99999999999999999999999999",
    "email=%00",
    "nothing__like__this=1",
    "created_from=9999-12-31&created_to=9999-12-31",
    "created_from=0001-01-01",
    "from_day=9999-12-31&to_day=0001-01-01",
    "stage=sales%3A%00",
    "stage=nothing",
    "tag=%00",
    "name=%00&from_stage=%00",
    "attribute_0=City&attribute_1=is&attribute_2=%00",
    "attribute_0=City&attribute_1=%00",
    "attribute_0=%00",
    "attribute_0=Visits&attribute_1=is&attribute_2=1e400",
    "attribute_0=Visits&attribute_1=is&attribute_2=" + "9" * 299,
    "field_type__exact=%00&sensitive__exact=7",
    "address=%00&dispatch=1e400&customer=-1&state=nothing&reason=%00&template=zz",
    "dispatch=" + "9" * 500,
    "created_at__year=99999999",
    "is_test__exact=%00&is_test__isnull=perhaps",
    "password__startswith=p&created_by__password__startswith=p",
]


@pytest.mark.parametrize("name", LISTS)
def test_no_query_string_breaks_a_list(admin_client, name):
    make.attribute("City")
    make.attribute("Visits", "numeric")
    who = make.customer(attributes={"City": "London", "Visits": 1})
    make.funnel_event(who)
    make.activity(who)
    url = reverse(f"admin:{name}_changelist")

    for query in QUERIES:
        response = admin_client.get(f"{url}?{query}", follow=True)

        assert response.status_code in (200, 400), query


@pytest.mark.parametrize("query", ["term=%00", "term=a&page=" + "9" * 30, "page=x"])
@pytest.mark.parametrize("field", ["segment", "template", "\0", "nothing"])
def test_no_query_string_breaks_a_drop_down(admin_client, field, query):
    names = {
        "app_label": "automations",
        "model_name": "automation",
        "field_name": field,
    }

    url = f"{reverse('admin:autocomplete')}?{query}&{urlencode(names)}"
    answer = admin_client.get(url)

    assert answer.status_code in (200, 403, 404)
