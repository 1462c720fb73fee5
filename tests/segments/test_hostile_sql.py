import time
from contextlib import closing

import psycopg
import pytest
from django.contrib.auth.models import User
from django.db import connection
from psycopg.errors import QueryCanceled

from customers.models import Customer
from funnel.models import FunnelEvent
from segments.errors import SegmentError
from segments.services import prepare_segment_access
from segments.services.sandbox import run_sql
from tests import make
from tests.segments.database import insist_on_superuser
from tests.segments.hostile import BURNS, CANARY, REACHES, READS, WRITES
from tests.waiting import wait_until

TIMEOUT = 1.0

# What any statement could have changed: rows, sequences, large objects, rights.
FINGERPRINT = """
SELECT (SELECT md5(string_agg(u::text, ',' ORDER BY id)) FROM auth_user u),
       (SELECT md5(string_agg(c::text, ',' ORDER BY id)) FROM customers c),
       (SELECT md5(string_agg(s::text, ',' ORDER BY id)) FROM segment_snapshots s),
       (SELECT count(*) FROM funnel_events), (SELECT count(*) FROM member_tags),
       (SELECT count(*) FROM attribute_definitions),
       (SELECT last_value FROM customers_id_seq),
       lo_get({large_object}),
       (SELECT count(*) FROM pg_largeobject_metadata),
       (SELECT md5(string_agg(concat(relname, relacl, relnatts), ',' ORDER BY oid))
        FROM pg_class WHERE relkind IN ('r', 'v')),
       (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_namespace),
       (SELECT md5(string_agg(concat(setrole, setconfig), ',' ORDER BY setrole))
        FROM pg_db_role_setting),
       (SELECT obj_description('seg.customers'::regclass))
"""

# Give everybody the functions again that set-up took, and no others.
AS_ON_A_FRESH_SERVER = """DO $$
DECLARE taken record;
BEGIN
    FOR taken IN
        SELECT oid::regprocedure AS signature FROM pg_proc
        WHERE pronamespace = 'pg_catalog'::regnamespace AND proacl IS NOT NULL
          AND NOT EXISTS (SELECT FROM pg_init_privs kept WHERE kept.objoid = pg_proc.oid
                          AND kept.classoid = 'pg_proc'::regclass)
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', taken.signature);
    END LOOP;
END $$"""


@pytest.fixture
def owner(sql_segments):
    with psycopg.connect(**connection.get_connection_params()) as opened:
        yield opened


@pytest.fixture
def names(owner):
    """Hide the canary in places that no segment may read; name what SQL refers to."""
    User.objects.create(username="boss", password=str(CANARY), is_superuser=True)
    customer = make.customer()
    make.segment(customer).snapshots.create()
    hidden = {"mobile": str(CANARY), "attributes": {"diagnosis": CANARY}}
    make.customer(erased_at="2026-01-01T00:00Z", **hidden)
    event = FunnelEvent.objects.create(customer=customer, to_stage="won")
    owner.autocommit = True
    owner.execute("ANALYZE auth_user")
    made = owner.execute("SELECT lo_from_bytea(0, %s::bytea)", [str(CANARY)]).fetchone()
    with closing(psycopg.connect(**connection.get_connection_params())) as victim:
        victim.execute(f"SELECT 'canary {CANARY}'")
        owner.autocommit = False
        yield {
            "canary": CANARY,
            "owner": owner.info.user,
            "large_object": made[0],
            "victim": victim.info.backend_pid,
            "event": event.pk,
        }
    owner.rollback()
    owner.execute("SELECT lo_unlink(%s)", [made[0]])
    owner.commit()


def sandboxed(statement):
    try:
        return list(run_sql(statement, timeout=TIMEOUT).ids)
    except SegmentError as error:
        return [CANARY] if str(CANARY) in str(error) else []


def as_owner(statement, names):
    """Run a statement with all rights; its rows, and whether it changed anything."""
    opened = psycopg.connect(**connection.get_connection_params())
    with closing(opened):
        opened.execute("SET statement_timeout = '1s'")
        fingerprint = FINGERPRINT.format(**names)
        before = opened.execute(fingerprint).fetchone()
        rows = []
        try:
            cursor = opened.execute(statement.format(**names))
            for result in cursor.results():
                rows += result.fetchall() if result.description else []
            changed = opened.execute(fingerprint).fetchone() != before
        except psycopg.Error:
            changed = False
    return [row[0] for row in rows], changed


def test_no_statement_reads_past_the_views(names):
    leaks = [sql for sql in READS if CANARY in sandboxed(sql.format(**names))]

    assert leaks == []


def test_no_statement_reaches_past_reading(owner, names):
    insist_on_superuser(owner)

    reached = [sql for sql in REACHES if sandboxed(sql.format(**names))]

    assert reached == []


def test_no_statement_changes_anything(owner, names):
    fingerprint = FINGERPRINT.format(**names)
    before = owner.execute(fingerprint).fetchone()

    changing = []
    for statement in WRITES:
        sandboxed(statement.format(**names))
        if owner.execute(fingerprint).fetchone() != before:
            changing.append(statement)

    assert changing == []


def test_where_no_function_is_revoked_nothing_is_read_or_changed_either(owner, names):
    insist_on_superuser(owner)
    owner.commit()
    fingerprint = FINGERPRINT.format(**names)
    owner.execute(AS_ON_A_FRESH_SERVER)
    owner.commit()
    try:
        before = owner.execute(fingerprint).fetchone()
        reached = [sql for sql in REACHES if sandboxed(sql.format(**names))]
        leaks = [sql for sql in READS if CANARY in sandboxed(sql.format(**names))]
        for statement in WRITES:
            sandboxed(statement.format(**names))
        after = owner.execute(fingerprint).fetchone()
    finally:
        owner.commit()
        prepare_segment_access()

    assert any("set_config" in sql for sql in reached)
    assert leaks == []
    assert after == before


def test_no_statement_runs_on_and_on(sql_segments):
    slow = []
    for statement in BURNS:
        began = time.monotonic()
        sandboxed(statement)
        if time.monotonic() - began > 2 * TIMEOUT + 2:
            slow.append(statement[:80])

    assert slow == []


def test_nothing_is_left_behind_for_the_next_look_up(owner, names):
    for statement in REACHES:
        sandboxed(statement.format(**names))

    locks = owner.execute(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    assert locks.fetchone() == (0,)
    left = (
        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '%segment'"
    )

    def is_clear():
        owner.execute("SELECT pg_stat_clear_snapshot()")
        return owner.execute(left).fetchone() == (0,)

    # A closed session takes the server a moment to clear away.
    wait_until(is_clear)
    assert sandboxed("SELECT current_setting('statement_timeout') = '1s'") == []
    assert sandboxed("SELECT (current_setting('statement_timeout') = '1s')::int") == [1]
    assert sandboxed("SELECT count(*) FROM customers") == [
        Customer.objects.active().count()
    ]


def test_the_same_statements_do_get_through_as_the_owner(names):
    read = [sql for sql in READS if CANARY in as_owner(sql, names)[0]]
    reached = [sql for sql in REACHES if as_owner(sql, names)[0]]
    wrote = [sql for sql in WRITES if as_owner(sql, names)[1]]

    assert len(read) > 20
    assert len(reached) > 20
    assert len(wrote) > 20


def test_what_burns_does_burn_without_limits(owner):
    owner.execute("SET LOCAL statement_timeout = '2s'")

    with pytest.raises(QueryCanceled):
        owner.execute(BURNS[1])
