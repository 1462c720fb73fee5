import io

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from segments.services import audience, request_refresh
from tests import make

pytestmark = pytest.mark.django_db


def url(segment, page):
    return f"/admin/segments/segment/{segment.pk}/{page}/"


def upload(client, segment, text, **values):
    content = text if isinstance(text, bytes) else text.encode()
    file = SimpleUploadedFile("ids.csv", content)
    answer = client.post(
        url(segment, "upload"), {"file": file, "mode": "add", "encoding": ""} | values
    )
    return answer.content.decode()


def members(segment):
    return set(audience(segment))


def test_a_file_of_ids_comes_onto_the_list(admin_client):
    first, second = make.customer(), make.customer()
    segment = make.segment(first)

    page = upload(
        admin_client,
        segment,
        f"customer_id\n{first.pk}\n{second.pk}\n{second.pk}\n987654\nx\n",
    )

    assert members(segment) == {first, second}
    assert "There is no customer with this id." in page
    assert '<td class="mos-number">5</td>' in page
    assert '<td class="mos-number">6</td>' in page
    assert "data:text/csv" in page


@pytest.mark.parametrize(
    "header", ["lms_lead_id", "LMS Lead ID", "lead_id,other", "email", "E-mail"]
)
def test_customers_are_named_by_lead_id_or_email(admin_client, header):
    customer = make.customer(lms_lead_id="L1", email="ada@example.org")
    segment = make.segment()
    is_email = "mail" in header
    cell = "ADA@example.org" if is_email else "L1"

    upload(admin_client, segment, f"{header}\n{cell}{',x' * header.count(',')}\n")

    assert members(segment) == {customer}


def test_a_bare_list_of_ids_needs_no_header(admin_client):
    customers = [make.customer(), make.customer()]
    segment = make.segment()

    upload(admin_client, segment, "\n".join(str(who.pk) for who in customers))

    assert members(segment) == set(customers)


def test_replacing_leaves_nobody_else_on_the_list(admin_client):
    old, new = make.customer(), make.customer()
    segment = make.segment(old)

    upload(admin_client, segment, f"customer_id\n{new.pk}\n", mode="replace")

    assert members(segment) == {new}


def test_replacing_by_nobody_known_is_refused(admin_client):
    old = make.customer()
    segment = make.segment(old)

    page = upload(admin_client, segment, "customer_id\n987654\n", mode="replace")

    assert "the list stays as it is" in page
    assert members(segment) == {old}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "The submitted file is empty."),
        ("   \n", "The file is empty."),
        ("customer_id\n", "a header but no rows"),
        ("colour\nred\n", "called customer_id, lms_lead_id or email"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        ("email\nJosé@example.org\n".encode("latin-1"), "not UTF-8"),
        ("customer_id,customer_id\n1,2\n", "Two columns are called"),
    ],
)
def test_a_file_that_cannot_be_read_gets_a_sentence(admin_client, content, says):
    old = make.customer()
    segment = make.segment(old)

    page = upload(admin_client, segment, content)

    assert says in page
    assert members(segment) == {old}


def test_a_workbook_is_read_too(admin_client):
    customer = make.customer()
    segment = make.segment()
    book = Workbook()
    book.active.append(["customer_id"])
    book.active.append([customer.pk])
    file = io.BytesIO()
    book.save(file)

    upload(admin_client, segment, file.getvalue())

    assert members(segment) == {customer}


def test_odd_cells_are_reported_and_break_nothing(admin_client):
    segment = make.segment()

    page = upload(
        admin_client,
        segment,
        f"customer_id,email\n{'9' * 5000},\n-1,\n,\n,=cmd()\n²,\n1 2,\n",
    )

    assert "This is not the ID of a customer." in page
    assert "%27%3Dcmd%28%29" in page
    assert members(segment) == set()


def test_only_a_list_takes_a_file(admin_client):
    segment = make.segment(type="function", handler_function="newest_customers")

    assert admin_client.get(url(segment, "upload")).status_code == 403


@pytest.mark.parametrize("by", ["lms_lead_id", "pk", "email", "last_name"])
def test_one_customer_is_added_by_hand(admin_client, by):
    customer = make.customer(last_name="Lovelace")
    make.customer(last_name="Hopper")
    segment = make.segment()

    admin_client.post(
        url(segment, "members/add"), {"customer": str(getattr(customer, by))}
    )

    assert members(segment) == {customer}


def test_who_cannot_be_told_apart_is_not_added(admin_client):
    make.customer(first_name="Ada")
    make.customer(first_name="Ada")
    segment = make.segment()

    for text in ("Ada", "nobody", "", "\0", "9" * 400):
        answer = admin_client.post(
            url(segment, "members/add"), {"customer": text}, follow=True
        )
        assert answer.status_code == 200

    assert members(segment) == set()


def test_who_changed_a_list_is_on_record(admin_client, admin_user):
    customer = make.customer()
    segment = make.segment()

    upload(admin_client, segment, f"customer_id\n{customer.pk}\n")
    admin_client.post(url(segment, "members/remove"), {"customer": customer.pk})
    admin_client.post(url(segment, "members/add"), {"customer": customer.email})

    assert LogEntry.objects.filter(user=admin_user, object_id=segment.pk).count() == 3


def test_ticked_customers_are_taken_off(admin_client):
    stays, goes = make.customer(), make.customer()
    segment = make.segment(stays, goes)

    admin_client.post(
        url(segment, "members/remove"), {"customer": [goes.pk, "x", "9" * 40]}
    )

    assert members(segment) == {stays}


def test_the_customers_page_shows_each_type(admin_client, sql_segments):
    customer = make.customer(first_name="Grace")
    for segment in (
        make.segment(customer),
        make.segment(type="function", handler_function="newest_customers"),
        make.segment(type="sql", selection_sql="SELECT id FROM customers"),
    ):
        audience(segment)

        page = admin_client.get(url(segment, "customers")).content.decode()

        assert "Grace" in page


def test_customers_are_searched_and_paged(admin_client):
    customers = [make.customer(first_name=f"Name{n}") for n in range(55)]
    segment = make.segment(*customers)
    address = url(segment, "customers")

    first = admin_client.get(address).content.decode()
    second = admin_client.get(address, {"p": 2}).content.decode()
    found = admin_client.get(address, {"q": "Name7"}).content.decode()

    assert first.count('name="customer" value') == 50
    assert second.count('name="customer" value') == 5
    assert found.count('name="customer" value') == 1


@pytest.mark.parametrize(
    "query", ["p=x", "p=-1", "p=99999", "p=" + "9" * 5000, "q=%00", "q=%27%22", "q=é"]
)
def test_no_query_string_breaks_the_customers_page(admin_client, query):
    segment = make.segment(make.customer())

    assert admin_client.get(f"{url(segment, 'customers')}?{query}").status_code == 200


def test_opening_the_customers_never_looks_anything_up(admin_client):
    segment = make.segment(type="function", handler_function="newest_customers")

    page = admin_client.get(url(segment, "customers")).content.decode()

    assert "Nobody has looked yet." in page
    assert segment.snapshots.count() == 0


def test_refresh_now_asks_a_worker_and_shows_that_it_waits(admin_client):
    segment = make.segment(type="function", handler_function="newest_customers")

    answer = admin_client.post(url(segment, "refresh"), {"from": "view"}, follow=True)

    assert "Waiting for a worker" in answer.content.decode()
    assert admin_client.get(url(segment, "progress")).json()["state"] == "queued"
    assert admin_client.get(url(segment, "refresh")).status_code == 405


def test_who_may_only_look_asks_no_worker(client):
    segment = make.segment(type="function", handler_function="newest_customers")
    client.force_login(make.grant(make.user(), "segments.view_segment"))

    page = client.get(url(segment, "view")).content.decode()
    answer = client.post(url(segment, "refresh"), {"from": "view"})

    assert answer.status_code == 403
    assert segment.snapshots.count() == 0
    assert "</span>Refresh now</button>" not in page


def test_the_pages_say_when_a_look_up_is_older_than_the_segment(admin_client):
    segment = make.segment(type="function", handler_function="newest_customers")
    audience(segment)
    segment.save()

    page = admin_client.get(url(segment, "view")).content.decode()

    assert "edited after this look-up" in page


def test_a_failed_look_up_is_told_on_the_page(admin_client):
    segment = make.segment(type="function", handler_function="gone")
    request_refresh(segment)
    segment.snapshots.update(state="failed", error="The function failed.")

    page = admin_client.get(url(segment, "view")).content.decode()

    assert "The function failed." in page
    assert "No function is registered" in page


@pytest.mark.parametrize(
    "page",
    ["view", "customers", "upload", "refresh", "progress", "members/add", "change"],
)
def test_strangers_and_the_unknown_get_no_page(client, admin_client, page):
    segment = make.segment(make.customer())
    stranger = make.user()

    assert admin_client.get(url(type(segment)(pk=999_999), page)).status_code in (
        302,
        404,
    )
    client.force_login(stranger)
    assert client.get(url(segment, page)).status_code == 403


def test_who_may_not_see_customers_sees_none(client):
    segment = make.segment(make.customer(first_name="Grace"))
    client.force_login(
        make.grant(make.user(), "segments.view_segment", "segments.change_segment")
    )

    for page in ("customers", "upload"):
        assert client.get(url(segment, page)).status_code == 403
    assert "Grace" not in client.get(url(segment, "view")).content.decode()
