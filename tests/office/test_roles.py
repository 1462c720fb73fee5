import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from marketing_os.roles import make_roles
from tests import make

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
