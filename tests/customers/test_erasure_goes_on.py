"""An erasure that was asked for is finished, whatever happens on the way."""

import io

import pytest
from django.db import OperationalError

from customers.models import Customer, Erasure
from customers.services import request_erasure, work_on_erasure
from customers.tasks import erase_customers
from imports.models import ImportJob
from imports.services import create_job
from imports.services.naming import lines_naming
from imports.tasks import clean_up
from marketing_os.lib.registry import registry
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)
EMAIL = "ada.lovelace@example.org"


@pytest.fixture(autouse=True)
def _files_go_to_folders_of_the_test(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MAILBOX_DIR = tmp_path / "mailbox"
    yield
    ImportJob.objects.all().delete()
    clean_up()


@pytest.fixture
def ada():
    return make.customer(email=EMAIL)


def upload(*addresses, encoding="utf-8"):
    text = "email,note\n" + "".join(f"{address},x\n" for address in addresses)
    file = io.BytesIO(text.encode(encoding))
    return create_job("customers", file, file_name="leads.csv", source="admin")


def kept_files():
    return set(ImportJob.objects.exclude(file="").values_list("pk", flat=True))


def test_files_are_searched_one_by_one_and_what_was_searched_is_not_again(ada):
    named, other, also = upload(EMAIL), upload("b@example.org"), upload(EMAIL.upper())
    request_erasure(ada, by=None)

    work_on_erasure(ada.pk, seconds=0)
    first = Erasure.objects.get().searched["imports"]
    untouched = kept_files()
    work_on_erasure(ada.pk, seconds=60)

    assert first == {"place": named.pk, "found": [named.pk]}
    assert untouched == {named.pk, other.pk, also.pk}
    assert kept_files() == {other.pk}
    assert Customer.objects.get().erased_at is not None
    assert Erasure.objects.get().finished_at is not None


def test_a_file_that_comes_during_the_search_is_searched_too(ada):
    upload("b@example.org")
    request_erasure(ada, by=None)
    work_on_erasure(ada.pk, seconds=0)
    late = upload(EMAIL)

    erase_customers()

    late.refresh_from_db()
    assert (late.status, late.file.name) == ("cancelled", "")


def test_a_fault_leaves_all_as_it_was_and_the_next_worker_goes_on(ada, monkeypatch):
    job = upload(EMAIL)
    request_erasure(ada, by=None)

    def break_down(person):
        raise OperationalError

    monkeypatch.setitem(registry.erasers, "last of all", break_down)
    erase_customers()
    still = (Customer.objects.get().email, kept_files())
    monkeypatch.delitem(registry.erasers, "last of all")
    erase_customers()

    assert still == (EMAIL, {job.pk})
    assert (Customer.objects.get().email, kept_files()) == ("", set())


def test_a_worker_that_died_is_replaced(ada):
    request_erasure(ada, by=None)
    wish = Erasure.objects.get()
    Erasure.objects.update(claimed_at=wish.asked_at)

    erase_customers()
    held = Customer.objects.get().erased_at
    Erasure.objects.update(claimed_at="2020-01-01T00:00:00Z")
    erase_customers()

    assert held is None
    assert Customer.objects.get().erased_at is not None


def test_who_is_erased_already_can_be_erased_again(ada):
    for _ in range(2):
        request_erasure(ada, by=None)
        request_erasure(ada, by=None)
        erase_customers()

    assert Erasure.objects.get().finished_at is not None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252", "shift_jis"])
@pytest.mark.parametrize(
    "mark", [EMAIL, "zoë@example.org", "l-1", 'a "b" c', "+442079460000"]
)
def test_a_mark_is_found_in_any_encoding_and_nothing_else_is(
    upload_text, encoding, mark
):
    try:
        job = upload_text(f'x,y\n1,2\n3,"{mark.upper().replace(chr(34), chr(34) * 2)}"\n', encoding)  # fmt: skip
    except UnicodeEncodeError:
        pytest.skip("This encoding has no such letter.")

    assert lines_naming(job, [mark]) == [3]
    assert lines_naming(job, ["nobody@example.org", "l-2"]) == []


@pytest.fixture
def upload_text():
    def do(text, encoding):
        file = io.BytesIO(text.encode(encoding))
        return create_job(
            "customers", file, file_name="x.csv", source="admin", encoding=encoding
        )

    return do


def test_a_mark_across_two_blocks_is_found(upload_text):
    filler = "x" * 50_000 + "\n"
    head = "email,note\n" + f"b@example.org,{filler}" * 20
    job = upload_text(
        head + "," + "y" * ((1 << 20) - len(head) - 6) + f"\n{EMAIL},z\n", "utf-8"
    )

    assert len(lines_naming(job, [EMAIL])) == 1
