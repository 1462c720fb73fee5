from contextlib import ExitStack

import psycopg
import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection

from segments.errors import SegmentError
from segments.services import (
    access_problem,
    audience,
    owner_sql,
    prepare_segment_access,
)
from segments.services.access import segment_login
from tests import make
from tests.segments.database import insist_on_superuser


@pytest.fixture
def owner(sql_segments):
    with psycopg.connect(
        **connection.get_connection_params(), autocommit=True
    ) as opened:
        yield opened


def found_by_checks():
    return [str(m.msg) for m in run_checks() if m.id == "segments.E001"]


def test_the_prepared_role_is_safe(sql_segments):
    assert found_by_checks() == []
    assert access_problem() == ""


def test_preparing_twice_changes_nothing(sql_segments):
    assert prepare_segment_access() == []
    assert access_problem() == ""


def test_the_owners_connection_is_refused(sql_segments, settings):
    settings.SEGMENTS_DATABASE_URL = psycopg.conninfo.make_conninfo(
        **{
            name: value
            for name, value in connection.get_connection_params().items()
            if name in ("host", "port", "dbname", "user", "password")
        }
    )

    with pytest.raises(SegmentError, match="SQL segments are off"):
        audience(make.segment(type="sql", selection_sql="SELECT 1"))
    assert found_by_checks()


def test_a_right_too_many_is_found_and_switches_sql_off(owner):
    role = segment_login().role
    owner.execute(f"GRANT SELECT (id) ON customers TO {role}")
    owner.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
    try:
        assert "may read the table" in access_problem()
        assert "may read the table" in found_by_checks()[0]
    finally:
        owner.execute(f"REVOKE SELECT (id) ON customers FROM {role}")
        owner.execute(f"REVOKE USAGE ON SCHEMA public FROM {role}")


def test_the_check_command_passes_a_safe_role_and_fails_for_one_that_reads_a_table(
    owner,
):
    role = segment_login().role
    call_command("check")
    owner.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
    owner.execute(f"GRANT SELECT ON customers TO {role}")
    try:
        with pytest.raises(SystemCheckError, match=r"may read the table public\.cust"):
            call_command("check")
        call_command("setup")  # which mends what it can, is not held up
    finally:
        owner.execute(f"REVOKE SELECT ON customers FROM {role}")
        owner.execute(f"REVOKE USAGE ON SCHEMA public FROM {role}")
    call_command("check")


def test_owning_something_is_found(owner):
    insist_on_superuser(owner)
    role = segment_login().role
    owner.execute(f"CREATE SCHEMA owned AUTHORIZATION {role}")
    try:
        assert "owns something in the database" in " ".join(found_by_checks())
    finally:
        owner.execute("DROP SCHEMA owned")


def test_writing_through_a_view_is_found(owner):
    role = segment_login().role
    owner.execute(f"GRANT UPDATE ON seg.customers TO {role}")
    try:
        assert "may write to seg.customers" in access_problem()
    finally:
        owner.execute(f"REVOKE UPDATE ON seg.customers FROM {role}")


def test_without_a_login_sql_is_off_and_all_else_works(sql_segments, settings):
    settings.SEGMENTS_DATABASE_URL = "postgres://nobody@127.0.0.1:1/nothing"
    customer = make.customer()

    with pytest.raises(SegmentError, match="login does not work"):
        audience(make.segment(type="sql", selection_sql="SELECT 1"))

    newest = make.segment(type="function", handler_function="newest_customers")
    assert list(audience(newest)) == [customer]
    assert found_by_checks() == []


def test_many_look_ups_at_once_are_told_to_wait(sql_segments):
    with ExitStack() as stack:
        for _number in range(8):
            stack.enter_context(segment_login().connect())

        assert "Too many segments" in access_problem()
    assert access_problem() == ""


def test_the_sql_for_the_owner_names_every_step_and_no_password(sql_segments):
    text = owner_sql()

    for part in ("CREATE ROLE", "GRANT SELECT ON ALL TABLES IN SCHEMA seg", "REVOKE"):
        assert part in text
    assert segment_login().password not in text


def test_the_owners_sql_is_all_that_is_needed(owner, settings):
    insist_on_superuser(owner)
    login = segment_login()
    settings.SEGMENTS_DATABASE_URL = settings.SEGMENTS_DATABASE_URL.replace(
        login.role, "mos_segment_by_hand"
    )
    script = owner_sql().replace("choose a password", login.password)
    try:
        owner.execute(script)

        assert access_problem() == ""
    finally:
        owner.execute("DROP OWNED BY mos_segment_by_hand")
        owner.execute("DROP ROLE mos_segment_by_hand")
