import pytest

from tests import make
from tests.messaging.template_form import LIST, save, saved

pytestmark = pytest.mark.django_db


def names(response):
    return [template.name for template in response.context["cl"].result_list]


def test_the_list_is_searched_and_filtered(admin_client):
    make.template(name="Spring", subject="Flowers")
    make.template(name="Summer", templating_type="mjml")
    make.template(name="Autumn", type="whatsapp", templating_type="text")

    assert names(admin_client.get(f"{LIST}?q=flow")) == ["Spring"]
    assert names(admin_client.get(f"{LIST}?type=whatsapp")) == ["Autumn"]
    assert names(admin_client.get(f"{LIST}?templating_type=mjml")) == ["Summer"]
    assert names(admin_client.get(f"{LIST}?purpose=transactional")) == []


@pytest.mark.parametrize("query", ["q=%00", "type=nothing", "type=%00", "p=-1", "o=99"])
def test_no_query_breaks_the_list(admin_client, query):
    make.template()

    assert admin_client.get(f"{LIST}?{query}").status_code in (200, 302)


def test_the_list_asks_the_database_the_same_for_any_number(
    admin_client, django_assert_max_num_queries
):
    for _number in range(20):
        make.template()

    with django_assert_max_num_queries(12):
        admin_client.get(LIST)


def test_the_page_shows_the_version_that_is_sent_and_the_older_ones(admin_client):
    template = saved(admin_client)
    save(admin_client, template, subject="Second")

    now = admin_client.get(f"{LIST}{template.pk}/view/")
    then = admin_client.get(f"{LIST}{template.pk}/view/?version=1")

    assert now.context["shown"].number == 2
    assert "Sent now" in now.content.decode()
    assert then.context["shown"].number == 1
    assert "not the one that is sent now" in then.content.decode()


@pytest.mark.parametrize("query", ["version=9", "version=x", "version=" + "9" * 40])
def test_a_version_that_is_not_there_is_said(admin_client, query):
    template = saved(admin_client)

    assert admin_client.get(f"{LIST}{template.pk}/view/?{query}").status_code == 200


@pytest.mark.parametrize("pk", ["0", "999999", "9" * 30])
def test_a_template_that_is_not_there_is_said(admin_client, pk):
    assert admin_client.get(f"{LIST}{pk}/view/").status_code == 404


def test_whatsapp_says_that_it_is_not_sent(admin_client):
    template = saved(admin_client, type="whatsapp", message="Hi")

    page = admin_client.get(f"{LIST}{template.pk}/view/").content.decode()

    assert "WhatsApp sending is not available yet." in page


def test_the_pages_want_permission(client):
    template = make.template()
    client.force_login(make.user())

    assert client.get(LIST).status_code == 403
    assert client.get(f"{LIST}{template.pk}/view/").status_code == 403
