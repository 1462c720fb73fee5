import pytest
from django.core.management import CommandError
from django.urls import reverse

from customers.models import AttributeDefinition, Customer
from imports.models import ImportJob, SavedMapping
from imports.services import save_mapping, set_mapping
from imports.tasks import work_on_imports
from tests import make
from tests.imports.wizard import choose, page_of, upload

pytestmark = pytest.mark.django_db
LIST = reverse("admin:imports_savedmapping_changelist")
MAY = frozenset(
    f"imports.{verb}_{model}"
    for verb in ("add", "view")
    for model in ("importjob", "savedmapping")
) | {"customers.add_customer", "customers.view_customer"}
FILE = "Prospect,Mail,Visits,Remark\np-1,ada@example.org,12,Select\n"
SAME_COLUMNS = "Visits,MAIL,prospect,Remark\n7,alan@example.org,p-2,Select\n"
CHOICES = {"Prospect": "lms_lead_id", "Mail": "email", "Remark": ""}


def the_job(**fields):
    return ImportJob.objects.get(**fields)


@pytest.fixture
def saved(admin_client):
    """The mapping of a file, saved as “Fair” while its columns were said."""
    upload(admin_client, FILE)
    choose(admin_client, the_job(), CHOICES, missing="Select", save_as="Fair")
    return SavedMapping.objects.get()


def one_more(client, text):
    upload(client, text)
    return ImportJob.objects.latest("pk")


def test_a_file_with_the_same_columns_is_filled_in_by_itself(admin_client, saved):
    job = one_more(admin_client, SAME_COLUMNS)

    shown = admin_client.get(page_of(job, "columns")).content.decode()
    choose(admin_client, job)
    work_on_imports()
    admin_client.post(page_of(job, "confirm"))
    work_on_imports()

    assert "Filled in from “Fair”." in shown
    alan = Customer.objects.get(lms_lead_id="p-2")
    assert (alan.email, alan.attributes) == ("alan@example.org", {"Visits": 7})


def test_a_file_with_other_columns_is_not_filled_in_by_itself(admin_client, saved):
    job = one_more(admin_client, "Prospect,Mail,Visits\np-2,alan@example.org,7\n")

    shown = admin_client.get(page_of(job, "columns")).content.decode()

    assert "Filled in from" not in shown
    assert job.mapping["Prospect"] == "attribute:Prospect:string"


def test_a_saved_mapping_can_be_chosen_for_columns_that_differ(admin_client, saved):
    job = one_more(admin_client, "Prospect,Mail,Age\np-2,alan@example.org,7\n")

    admin_client.post(page_of(job, "fill-in"), {"saved_mapping": saved.pk})
    shown = admin_client.get(page_of(job, "columns")).content.decode()

    job.refresh_from_db()
    assert job.mapping == {
        "Prospect": "lms_lead_id",
        "Mail": "email",
        "Age": "attribute:Age:numeric",
    }
    assert job.options["missing"] == ["Select"]
    assert "lacks columns that the saved mapping knows: Visits, Remark" in shown


def test_what_was_filled_in_can_be_taken_back(admin_client, saved):
    job = one_more(admin_client, SAME_COLUMNS)

    admin_client.post(page_of(job, "fill-in"), {"saved_mapping": ""})

    job.refresh_from_db()
    assert job.mapping["prospect"] == "attribute:prospect:string"
    assert "missing" not in job.options


def test_a_field_that_the_saved_mapping_fills_is_taken_from_other_columns(
    admin_client, saved
):
    job = one_more(admin_client, "Prospect,email,Mail\np-2,x,alan@example.org\n")

    admin_client.post(page_of(job, "fill-in"), {"saved_mapping": saved.pk})

    job.refresh_from_db()
    assert job.mapping == {"Prospect": "lms_lead_id", "email": "", "Mail": "email"}


def test_saving_under_the_name_that_was_filled_in_replaces_it(admin_client, saved):
    job = one_more(admin_client, SAME_COLUMNS)

    choose(admin_client, job, {"Visits": ""}, save_as="fair")

    saved.refresh_from_db()
    assert saved.name == "fair"
    assert saved.mapping["Visits"] == ""


def test_another_mapping_of_the_same_name_is_left_alone(admin_client, saved):
    job = one_more(admin_client, "Prospect,Age\np-2,7\n")

    shown = choose(admin_client, job, {"Prospect": "lms_lead_id"}, save_as="FAIR")

    assert "saved mapping “Fair” already" in shown.content.decode()
    saved.refresh_from_db()
    assert "Visits" in saved.mapping
    assert the_job(pk=job.pk).status == ImportJob.Status.UPLOADED


def test_starting_workflows_is_never_kept(upload):
    job = upload("lms_lead_id,x\nA,1\n")
    options = {"may_start_workflows": True, "decimal_comma": True}
    set_mapping(job, job.mapping, options)

    assert save_mapping(job, "Leads").options == {"decimal_comma": True}


def test_saved_mappings_are_listed_renamed_and_deleted(admin_client, saved):
    page = reverse("admin:imports_savedmapping_change", args=(saved.pk,))

    listed = admin_client.get(LIST, {"q": "fair", "target": "customers"})
    shown = admin_client.get(page)
    admin_client.post(page, {"name": "  Spring   fair "})
    renamed = SavedMapping.objects.get().name
    admin_client.post(
        reverse("admin:imports_savedmapping_delete", args=(saved.pk,)), {"post": "yes"}
    )

    assert "Fair" in listed.content.decode()
    assert "LMS lead ID" in shown.content.decode()
    assert renamed == "Spring fair"
    assert not SavedMapping.objects.exists()
    assert the_job().saved_mapping is None


def test_two_saved_mappings_never_have_one_name(admin_client, saved):
    job = one_more(admin_client, "Prospect,Age\np-2,7\n")
    other = save_mapping(job, "Autumn")
    page = reverse("admin:imports_savedmapping_change", args=(other.pk,))

    answer = admin_client.post(page, {"name": "FAIR"})

    assert "There is a saved mapping of this name." in answer.content.decode()
    other.refresh_from_db()
    assert other.name == "Autumn"


@pytest.mark.parametrize("name", ["", "\0", "x" * 101, " "])
def test_a_bad_name_is_refused_with_a_sentence(admin_client, saved, name):
    page = reverse("admin:imports_savedmapping_change", args=(saved.pk,))

    answer = admin_client.post(page, {"name": name})

    assert answer.status_code == 200
    saved.refresh_from_db()
    assert saved.name == "Fair"


def test_saving_and_deleting_need_their_permissions(client, admin_client, saved):
    client.force_login(make.grant(make.user(), *(MAY - {"imports.add_savedmapping"})))
    job = one_more(client, SAME_COLUMNS)

    shown = client.get(page_of(job, "columns")).content.decode()
    client.post(page_of(job, "columns"), {"save_as": "Mine"})
    deleting = client.post(
        reverse("admin:imports_savedmapping_delete", args=(saved.pk,)), {"post": "yes"}
    )

    assert "Filled in from “Fair”." in shown
    assert "save_as" not in shown
    assert deleting.status_code == 403
    assert SavedMapping.objects.get() == saved


def test_a_command_takes_a_saved_mapping_and_lays_what_was_said_over_it(command, saved):
    report = command(
        "import_customers",
        SAME_COLUMNS,
        "--mapping",
        "fair",
        "--map",
        "Remark=first_name",
    )

    alan = Customer.objects.get(lms_lead_id="p-2")
    assert (alan.email, alan.first_name, alan.attributes) == (
        "alan@example.org",
        "",
        {"Visits": 7},
    )
    assert AttributeDefinition.objects.count() == 1
    assert "created 1" in report


def test_a_command_fills_nothing_in_unasked(command, saved):
    command("import_customers", SAME_COLUMNS)

    assert Customer.objects.get().lms_lead_id is None


def test_a_name_that_is_not_saved_ends_with_those_that_are(command, saved):
    with pytest.raises(
        CommandError, match="no saved mapping “Unfair”; there are “Fair”"
    ):
        command("import_customers", SAME_COLUMNS, "--mapping", "Unfair")


@pytest.mark.parametrize("chosen", ["999999999", "x", "\0", "9" * 30])
def test_a_saved_mapping_that_is_gone_is_said(admin_client, saved, chosen):
    page = page_of(the_job(), "fill-in")

    answer = admin_client.post(page, {"saved_mapping": chosen}, follow=True)

    assert "That saved mapping is gone." in answer.content.decode()
