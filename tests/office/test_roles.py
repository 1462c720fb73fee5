import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.urls import NoReverseMatch, reverse

from marketing_os.roles import make_roles
from tests import make

LISTS = {
    "customers_customer": "VSMA",
    "customers_attributedefinition": "VSMA",
    "customers_membertag": "VSMA",
    "customers_consent": "VSMA",
    "customers_device": "VSMA",
    "imports_importjob": "VSMA",
    "imports_savedmapping": "VSMA",
    "funnel_funnelevent": "VSMA",
    "funnel_activity": "VSMA",
    "funnel_conversionname": "VSMA",
    "funnel_group": "VSMA",
    "funnel_session": "VSMA",
    "funnel_booking": "VSMA",
    "segments_segment": "VSMA",
    "messaging_messagetemplate": "VSMA",
    "messaging_delivery": "VSMA",
    "messaging_dispatch": "VSMA",
    "messaging_suppression": "VSMA",
    "automations_automation": "VSMA",
    "automations_automationrun": "VSMA",
    "automations_enrolment": "VSMA",
    "automations_automationlog": "VSMA",
    "automations_workflow": "VSMA",
    "portal_visitormessage": "VSMA",
    "auth_user": "A",
    "auth_group": "A",
    "lib_apikey": "A",
    "lib_exportrecord": "A",
    "django_celery_beat_periodictask": "A",
}
PAGES = {
    "customers_customer_import": "MA",
    "customers_membertag_import": "MA",
    "customers_consent_import": "MA",
    "messaging_suppression_import": "MA",
    "funnel_funnelevent_import": "MA",
    "funnel_activity_import": "MA",
    "funnel_booking_import": "MA",
    "funnel_report": "VSMA",
    "messaging_mailbox": "VSMA",
    "messaging_sending": "VSMA",
    "portal_publicpage": "VSMA",
}
FORMS = {
    "segments_segment": "SMA",
    "messaging_messagetemplate": "MA",
    "messaging_suppression": "MA",
    "automations_automation": "MA",
    "automations_workflow": "MA",
    "auth_user": "A",
    "auth_group": "A",
    "customers_customer": "",
    "funnel_funnelevent": "",
    "funnel_session": "MA",
    "funnel_conversionname": "MA",
    "funnel_booking": "",
}
SPECIAL = {
    "customers.view_sensitive": "A",
    "customers.export_personal_data": "A",
    "customers.erase_customer": "A",
    "segments.write_sql": "SA",
    "segments.export_segment": "SMA",
    "customers.export_customer": "MA",
    "messaging.write_transactional": "A",
    "messaging.hold_sending": "A",
    "automations.run_automation": "MA",
    "imports.delete_savedmapping": "MA",
}
ROLES = {"V": "Viewer", "S": "Analyst", "M": "Marketer", "A": "Administrator"}


def member_of(role):
    make_roles()
    person = make.user()
    person.groups.add(Group.objects.get(name=role))
    return person


def matrix(table):
    return [
        (ROLES[letter], name, letter in letters)
        for name, letters in table.items()
        for letter in ROLES
    ]


def answer(client, role, name):
    try:
        url = reverse(f"admin:{name}")
    except NoReverseMatch:
        pytest.skip("There is no such page yet.")
    client.force_login(member_of(role))
    return client.get(url).status_code


@pytest.mark.parametrize(("role", "model", "is_open"), matrix(LISTS))
def test_lists_open_to_those_who_may_see_them(client, role, model, is_open):
    status = answer(client, role, f"{model}_changelist")

    assert status == (200 if is_open else 403)


@pytest.mark.parametrize(("role", "model", "is_open"), matrix(FORMS))
def test_forms_open_to_those_who_may_add(client, role, model, is_open):
    status = answer(client, role, f"{model}_add")

    assert status == (200 if is_open else 403)


@pytest.mark.parametrize(("role", "page", "is_open"), matrix(PAGES))
def test_other_pages_open_to_those_whose_work_they_are(client, role, page, is_open):
    status = answer(client, role, page)

    assert status == (200 if is_open else 403)


@pytest.mark.parametrize(("role", "permission", "holds"), matrix(SPECIAL))
def test_what_is_dangerous_is_for_administrators(role, permission, holds):
    assert member_of(role).has_perm(permission) is holds


def test_setup_takes_nothing_away_that_an_administrator_added():
    make_roles()
    viewer = Group.objects.get(name="Viewer")
    added = Permission.objects.get(codename="add_segment")
    viewer.permissions.add(added)

    call_command("setup")

    assert added in viewer.permissions.all()


def test_setup_does_not_give_again_what_an_administrator_took_away():
    make_roles()
    marketer = Group.objects.get(name="Marketer")
    taken = Permission.objects.get(codename="run_automation")
    marketer.permissions.remove(taken)

    call_command("setup")

    assert taken not in marketer.permissions.all()


def test_a_permission_that_is_new_reaches_the_roles():
    make_roles()
    marketer = Group.objects.get(name="Marketer")
    renewed = Permission.objects.get(codename="run_automation")
    fields = {
        "codename": renewed.codename,
        "name": renewed.name,
        "content_type": renewed.content_type,
    }
    renewed.delete()
    Permission.objects.create(**fields)

    make_roles()

    assert marketer.permissions.filter(codename="run_automation").exists()
