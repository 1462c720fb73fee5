import io

import pytest
from django.core.management import CommandError, call_command

from customers.models import AttributeDefinition, Customer
from funnel.models import Activity, FunnelEvent
from imports.models import ImportJob
from tests import make

pytestmark = pytest.mark.django_db

ROWS = "id,Name,mail,joined\nA,Ada,ada@example.org,01/02/2026\nB,Bob,nowhere,\n"
MAPS = ("--map", "id=lms_lead_id", "--map", "name=first_name", "--map", "mail=email",
        "--date-order", "dmy")  # fmt: skip


def test_a_file_comes_in_with_its_columns_mapped(command):
    report = command("import_customers", ROWS, *MAPS)

    customer = Customer.objects.get()
    assert (customer.first_name, customer.email) == ("Ada", "ada@example.org")
    assert customer.attributes == {"joined": "2026-02-01"}
    assert "created 1, updated 0, unchanged 0, rejected 1" in report
    assert "Line 3, mail: This is not an e-mail address. (nowhere)" in report


def test_a_dry_run_reports_and_writes_nothing(command, tmp_path):
    rejects = tmp_path / "rejects.csv"

    report = command("import_customers", ROWS, *MAPS, "--dry-run", "--rejects", str(rejects))  # fmt: skip

    assert "nothing written" in report
    assert "created 1, updated 0, unchanged 0, rejected 1" in report
    assert rejects.read_text().splitlines()[1].startswith("3,mail,This is not")
    assert not Customer.objects.exists()
    assert not AttributeDefinition.objects.exists()
    assert ImportJob.objects.get().status == ImportJob.Status.CANCELLED


def test_a_column_left_out_is_told(command):
    report = command("import_customers", "lms_lead_id,x\nA,1\n", "--map", "x=")

    assert "Left out: x." in report
    assert Customer.objects.get().attributes == {}


def test_a_field_given_to_one_column_is_taken_from_another(command):
    command(
        "import_customers",
        "lms_lead_id,email,work\nA,not an address,ada@example.org\n",
        "--map",
        "work=email",
    )

    customer = Customer.objects.get()
    assert customer.email == "ada@example.org"
    assert customer.attributes == {"email": "not an address"}


def test_a_mapped_column_loses_no_type_to_a_missing_word(command):
    command("import_customers", "lms_lead_id,x\nA,Select\nB,5\n", "--missing", "Select")

    assert AttributeDefinition.objects.get().field_type == "numeric"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--map", "nothing=email"], "The file has no column “nothing”"),
        (["--map", "nonsense"], "Write --map COLUMN=FIELD"),
        (["--map", "x=nonsense"], "“nonsense” is nothing that customers have"),
        (["--map", "lms_lead_id="], "Say which column is lms_lead_id"),
        (["--timezone", "Mars"], "“Mars” is not a time zone"),
        (["--encoding", "klingon"], "There is no encoding called “klingon”"),
    ],
)
def test_what_is_asked_wrongly_ends_with_a_sentence(command, arguments, sentence):
    with pytest.raises(CommandError, match=sentence) as error:
        command("import_customers", "lms_lead_id,x\nA,1\n", *arguments)

    assert error.value.returncode == 1


def test_a_file_that_cannot_be_read_ends_with_a_sentence(command, tmp_path):
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        command("import_customers", tmp_path / "nowhere.csv")
    with pytest.raises(CommandError, match="not UTF-8 text"):
        command("import_customers", b"lms_lead_id,x\nA,\xe9\n")


def test_each_target_has_its_command(command):
    make.customer(lms_lead_id="A")

    command("import_attributes", "lms_lead_id,field_type,field_name,field_value\nA,numeric,x,1\n")  # fmt: skip
    command("import_funnel_events", "lms_lead_id,funnel_type,from_stage,to_stage,created_date\nA,sales,,won,2026-01-31\n")  # fmt: skip
    command("import_activities", "lms_lead_id;name;occurred_at\nA;login;2026-01-31\n", "--delimiter", ";")  # fmt: skip

    assert Customer.objects.get().attributes == {"x": 1}
    assert FunnelEvent.objects.count() == Activity.objects.count() == 1


def test_a_file_can_be_imported_whole_or_not_at_all(command):
    with pytest.raises(CommandError, match="refused rows: 1"):
        command("import_customers", ROWS, *MAPS, "--all-or-nothing")

    assert not Customer.objects.exists()


def test_a_file_without_lead_ids_says_how_its_customers_are_told_apart(command):
    report = command(
        "import_customers", "email,city\na@example.org,Rome\n", "--dry-run"
    )

    assert "told apart by their e-mail addresses alone" in report
    assert "email → E-mail (email)" in report
    assert "city → Attribute “city” (Text)" in report


def test_a_dry_run_tells_what_each_column_becomes_and_what_would_break(command):
    rows = "".join(f"{n},{n}\n" for n in range(5))

    report = command("import_customers", f"lms_lead_id,Score\n{rows}x,many\n", "--dry-run")  # fmt: skip

    assert "lms_lead_id → LMS lead ID (lms_lead_id)" in report
    assert "Score → Attribute “Score” (Text)" in report
    assert "1 of 6 values are not numeric: many (line 7)" in report


def test_the_same_file_again_says_so(tmp_path):
    path = tmp_path / "file.csv"
    path.write_text("lms_lead_id\nA\n")
    said = io.StringIO()

    call_command("import_customers", str(path), stdout=io.StringIO(), stderr=said)
    first = said.getvalue()
    call_command("import_customers", str(path), stdout=io.StringIO(), stderr=said)

    assert "very same file" not in first
    assert "The very same file was imported on " in said.getvalue()
    assert "[##############################] 100% 1 of 1 rows" in said.getvalue()


def test_a_report_tells_how_to_undo(command):
    report = command("import_customers", "lms_lead_id\nA\n")

    assert f"manage.py undo_import {ImportJob.objects.get().pk}" in report
