import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command

from customers.models import Customer
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


def test_setup_makes_the_roles_and_the_administrator_once(monkeypatch):
    monkeypatch.setenv("ADMIN_PASSWORD", "a long password")

    call_command("setup")
    call_command("setup")

    assert Group.objects.count() == 4
    assert User.objects.get(is_superuser=True).username == "admin"


def test_the_demo_goes_into_an_empty_database_when_asked_for(monkeypatch):
    monkeypatch.setenv("DEMO", "1")

    call_command("setup")

    assert Customer.objects.count() == 2000


def test_the_demo_stays_away_from_customers_that_are_there(monkeypatch):
    monkeypatch.setenv("DEMO", "1")
    make.customer()

    call_command("setup")

    assert Customer.objects.count() == 1


def test_the_demo_stays_away_where_mail_leaves_the_machine(
    monkeypatch, settings, capsys
):
    monkeypatch.setenv("DEMO", "1")
    settings.EMAIL_HOST = "mail.example.org"

    call_command("setup")

    assert not Customer.objects.exists()
    assert "MAIL_CHANNEL=mailbox" in capsys.readouterr().out


def test_without_being_asked_setup_loads_no_demo(monkeypatch):
    monkeypatch.delenv("DEMO", raising=False)

    call_command("setup")

    assert not Customer.objects.exists()
