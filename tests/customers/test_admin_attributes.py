import pytest
from django.urls import reverse

from customers.models import AttributeDefinition, Customer, CustomerAttribute
from tests import make

pytestmark = pytest.mark.django_db
LIST = reverse("admin:customers_attributedefinition_changelist")
ADD = reverse("admin:customers_attributedefinition_add")


def change_url(definition):
    return reverse("admin:customers_attributedefinition_change", args=(definition.pk,))


def test_an_attribute_is_defined_before_anything_has_it(admin_client):
    form = {"name": "City", "field_type": "string", "label": "Town", "indexed": "on"}

    admin_client.post(ADD, form)

    made = AttributeDefinition.objects.get()
    assert (made.name, made.field_type, made.label) == ("City", "string", "Town")
    assert (made.indexed, made.sensitive) == (True, False)


def test_an_attribute_defined_by_hand_is_in_the_table_of_attributes(admin_client):
    admin_client.post(ADD, {"name": "City", "field_type": "string"})
    Customer.objects.create(attributes={"City": "London"})

    assert CustomerAttribute.objects.get().field_value == "London"


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"name": "City", "field_type": "string"}, "already exists"),
        ({"name": " ", "field_type": "string"}, "This field is required"),
        ({"name": "Town", "field_type": "colour"}, "Select a valid choice"),
        ({"name": "x" * 256, "field_type": "string"}, "at most 255 characters"),
        ({"name": "a\0b", "field_type": "string"}, "Null characters are not allowed"),
    ],
)
def test_what_cannot_be_defined_is_said_at_the_field(admin_client, form, sentence):
    make.attribute("City")

    response = admin_client.post(ADD, form)

    assert sentence in response.content.decode()
    assert AttributeDefinition.objects.count() == 1


def test_name_and_type_stay_and_nothing_is_deleted(admin_client):
    city = make.attribute("City")

    admin_client.post(
        change_url(city), {"name": "Town", "field_type": "numeric", "label": "Town"}
    )
    refused = admin_client.post(
        reverse("admin:customers_attributedefinition_delete", args=(city.pk,)),
        {"post": "yes"},
    )

    city.refresh_from_db()
    assert (city.name, city.field_type, city.label) == ("City", "string", "Town")
    assert refused.status_code == 403


@pytest.mark.parametrize("may_see", [True, False])
def test_only_who_may_see_sensitive_attributes_may_make_one_plain(client, may_see):
    illness = make.attribute("Illness", sensitive=True)
    permissions = ["customers.view_attributedefinition"]
    permissions += ["customers.change_attributedefinition"]
    permissions += ["customers.view_sensitive"] if may_see else []
    client.force_login(make.grant(make.user(), *permissions))

    client.post(change_url(illness), {"label": "Illness"})

    illness.refresh_from_db()
    assert illness.label == "Illness"
    assert illness.sensitive is not may_see


def test_the_list_is_searched(admin_client, django_assert_max_num_queries):
    make.attribute("City")
    make.attribute("Visits", "numeric", label="Page views")

    with django_assert_max_num_queries(11):
        response = admin_client.get(LIST, {"q": "page"})

    assert [found.name for found in response.context["cl"].result_list] == ["Visits"]
