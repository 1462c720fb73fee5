import pytest
from django.urls import reverse

from messaging.models import Suppression
from messaging.services.suppressions import suppress

pytestmark = pytest.mark.django_db

FILE = (
    "email,reason,detail\n"
    "Ada@Example.org,complaint,told us\n"
    "bob@example.org,,\n"
    "BOB@example.org,complaint,\n"
    "nowhere,,\n"
    "eve@example.org,hearsay,\n"
)


def known():
    return dict(Suppression.objects.values_list("email", "reason"))


def test_addresses_come_in_once_with_their_reason(command):
    suppress("ada@example.org", "hard_bounce")

    report = command("import_suppressions", FILE)

    assert "created 1, updated 0, unchanged 2, rejected 2" in report
    assert known() == {"ada@example.org": "hard_bounce", "bob@example.org": "manual"}


def test_the_same_file_again_changes_nothing(load):
    load(FILE, "suppressions")
    before = known()

    again = load(FILE, "suppressions")

    assert (again.created_count, again.unchanged_count) == (0, 3)
    assert known() == before


def test_the_list_goes_out_and_comes_in_again(admin_client, load):
    load(FILE, "suppressions")
    before = known()
    export = reverse("admin:messaging_suppression_export")
    fields = admin_client.get(export).context["form"].fields
    form = {"format": "0", "resource": "0"}
    form |= {name: "on" for name in fields if name.startswith("listresource_")}

    response = admin_client.post(export, form)
    written = b"".join(response.streaming_content).decode("utf-8-sig")
    Suppression.objects.all().delete()
    load(written, "suppressions")

    assert known() == before
