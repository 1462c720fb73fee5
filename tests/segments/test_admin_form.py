import pytest

from segments.models import Segment
from tests import make

ADD = "/admin/segments/segment/add/"
TRY = "/admin/segments/segment/try/"


def change_url(segment):
    return f"/admin/segments/segment/{segment.pk}/change/"


def posted(**values):
    return {"name": "Mine", "description": "", "type": "manual"} | values


@pytest.fixture
def marketer(client):
    """May change segments and see customers, and not write SQL."""
    user = make.grant(
        make.user(),
        "segments.view_segment",
        "segments.add_segment",
        "segments.change_segment",
        "customers.view_customer",
    )
    client.force_login(user)
    return client


@pytest.mark.django_db
def test_a_list_is_made(admin_client, admin_user):
    answer = admin_client.post(ADD, posted())

    segment = Segment.objects.get()
    assert answer.url == segment.get_absolute_url()
    assert segment.history.get().history_user == admin_user


@pytest.mark.django_db
def test_a_function_is_chosen_with_its_parameters(admin_client):
    admin_client.post(
        ADD,
        posted(
            type="function",
            handler_function="customers_without_activity",
            **{"parameter-customers_without_activity-days": "45"},
        ),
    )

    segment = Segment.objects.get()
    assert segment.handler_parameters == {"days": 45}
    assert segment.snapshots.get().state == "queued"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"name": ""}, "This field is required"),
        ({"type": "nonsense"}, "Select a valid choice"),
        ({"type": "conditions"}, "Add a condition."),
        ({"type": "function"}, "Choose a function."),
        ({"type": "function", "handler_function": "os.system"}, "Select a valid"),
        (
            {
                "type": "function",
                "handler_function": "newest_customers",
                "parameter-newest_customers-days": "many",
            },
            "Enter a whole number",
        ),
    ],
)
def test_bad_input_gets_a_sentence_and_stores_nothing(admin_client, values, says):
    answer = admin_client.post(ADD, posted(**values))

    assert says in answer.content.decode()
    assert not Segment.objects.exists()


def test_sql_is_stored_when_it_can_be_planned(admin_client, sql_segments):
    sql = "SELECT id\r\nFROM customers"

    admin_client.post(ADD, posted(type="sql", selection_sql=sql))

    assert Segment.objects.get().selection_sql == "SELECT id\nFROM customers"


def test_wrong_sql_is_refused_with_its_place(admin_client, sql_segments):
    sql = "SELECT id\r\nFROM customer"

    answer = admin_client.post(ADD, posted(type="sql", selection_sql=sql))

    assert "Line 2, column 6." in answer.content.decode()
    assert not Segment.objects.exists()


def test_who_may_not_write_sql_can_neither_add_change_nor_try_it(
    sql_segments, marketer
):
    segment = make.segment(type="sql", selection_sql="SELECT 1", name="Theirs")

    marketer.post(ADD, posted(type="sql", selection_sql="SELECT 2"))
    marketer.post(
        change_url(segment), posted(name="Ours", type="sql", selection_sql="SELECT 2")
    )
    marketer.post(change_url(segment), posted(name="Ours", type="manual"))
    tried = marketer.post(TRY, {"type": "sql", "selection_sql": "SELECT 1"})

    assert "You may not write SQL" in tried.content.decode()
    assert Segment.objects.get().selection_sql == "SELECT 1"
    assert Segment.objects.get().name == "Ours"


def test_who_may_not_write_sql_reads_it(sql_segments, marketer):
    segment = make.segment(type="sql", selection_sql="SELECT 40 + 2")

    page = marketer.get(change_url(segment)).content.decode()

    assert "SELECT 40 + 2" in page
    assert "disabled" in page
    assert "an administrator gives" in page


@pytest.mark.django_db
def test_who_may_only_look_is_led_to_the_view(client):
    segment = make.segment()
    client.force_login(make.grant(make.user(), "segments.view_segment"))

    assert client.get(change_url(segment)).url == segment.get_absolute_url()
    assert client.post(change_url(segment), posted(name="Mine")).status_code == 403
    assert client.post(TRY, {"type": "function"}).status_code == 403
    assert Segment.objects.get().name == segment.name


def test_trying_sql_shows_the_first_customers_and_stores_nothing(
    admin_client, sql_segments
):
    customers = [make.customer() for _number in range(25)]

    answer = admin_client.post(
        TRY, {"type": "sql", "selection_sql": "SELECT id FROM customers ORDER BY id"}
    ).content.decode()

    assert "25</strong> customers" in answer
    assert customers[0].email in answer
    assert customers[24].email not in answer
    assert not Segment.objects.exists()


def test_trying_wrong_sql_shows_the_line(admin_client, sql_segments):
    sql = "SELECT id\r\nFROM customers\r\nWHERE nope"

    answer = admin_client.post(TRY, {"type": "sql", "selection_sql": sql})

    assert "Line 3, column 7." in answer.content.decode()
    assert 'data-go-to-line="3"' in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({}, "nothing to try"),
        ({"type": "manual"}, "nothing to try"),
        ({"type": "function"}, "Choose a function"),
        ({"type": "sql", "selection_sql": "SELECT '\0'"}, "Null characters"),
    ],
)
def test_trying_nothing_sensible_gets_a_sentence(admin_client, values, says):
    answer = admin_client.post(TRY, values)

    assert answer.status_code == 200
    assert says in answer.content.decode()


@pytest.mark.django_db
def test_without_the_database_role_the_form_prints_what_to_do(admin_client, settings):
    settings.SEGMENTS_DATABASE_URL = "postgres://nobody@127.0.0.1:1/nothing"

    page = admin_client.get(ADD).content.decode()
    answer = admin_client.post(ADD, posted(type="sql", selection_sql="SELECT 1"))

    assert "SQL segments are off" in page
    assert "CREATE ROLE" in page
    assert "SQL segments are off" in answer.content.decode()
    assert not Segment.objects.exists()


@pytest.mark.django_db
def test_the_reference_names_every_view_and_column(admin_client):
    page = admin_client.get(ADD).content.decode()

    for name in ("customer_attributes", "field_value", "funnel_events", "deliveries"):
        assert name in page
    assert "provider_id" not in page


@pytest.mark.django_db
def test_the_form_of_a_saved_list_leads_to_its_customers(marketer):
    segment = make.segment(type="manual")

    added = marketer.get(ADD).content.decode()
    saved = marketer.get(change_url(segment)).content.decode()

    assert "Save it first." in added
    assert "Save it first." not in saved
    assert f"/admin/segments/segment/{segment.pk}/upload/" in saved
    assert f"/admin/segments/segment/{segment.pk}/customers/" in saved
