import pytest
from django.db import connection

from segments.errors import SegmentError
from segments.services import audience, check_sql, latest_snapshot
from segments.services.access import segment_login
from segments.services.sandbox import run_sql
from tests import make


def sql_segment(sql, **overrides):
    return make.segment(type="sql", selection_sql=sql, **overrides)


def refusal(sql):
    with pytest.raises(SegmentError) as refused:
        run_sql(sql)
    return refused.value


def test_a_select_finds_its_customers(sql_segments):
    anna = make.customer(first_name="Anna")
    make.customer(first_name="Bert")

    found = audience(
        sql_segment("SELECT id FROM customers WHERE first_name = 'Anna' -- her\n ; ")
    )

    assert list(found) == [anna]


def test_rows_that_are_no_customers_are_counted(sql_segments):
    customer = make.customer()
    erased = make.customer(erased_at="2026-01-01T00:00Z")
    archived = make.customer(archived_at="2026-01-01T00:00Z")
    ids = f"{customer.pk}, {customer.pk}, {erased.pk}, {archived.pk}, NULL, -1, 0"
    segment = sql_segment(f"SELECT unnest(ARRAY[{ids}])")

    found = audience(segment)

    snapshot = latest_snapshot(segment)
    assert list(found) == [customer]
    assert (snapshot.customer_count, snapshot.ignored_count) == (1, 6)


@pytest.mark.parametrize(
    ("sql", "line", "column"),
    [
        ("SELECT idd FROM customers", 1, 8),
        ("SELECT id\nFROM customer", 2, 6),
        ("\n\n  SELECT id\n    FROM customers WHERE (1", 4, 28),
        ("SELECT id FROM customers WHERE 'é' = 'ü' AND nope", 1, 46),
        ("SELECT id FROM public.customers", 1, 16),
    ],
)
def test_an_error_says_where_in_the_text_it_is(sql_segments, sql, line, column):
    error = refusal(sql)

    assert (error.line, error.column) == (line, column)
    assert f"Line {line}, column {column}." in str(error)


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("", "Write a SELECT"),
        (" ;\n", "Write a SELECT"),
        ("SELECT 1; SELECT 2", "one statement only"),
        ("SELECT id, email FROM customers", "returns 2 columns"),
        ("SELECT email FROM customers", "“email” is of type"),
        ("DELETE FROM customers", "Syntax error"),
        ("WITH x AS (DELETE FROM customers RETURNING id) SELECT id FROM x", "plain"),
        ("SELECT $1", "parameters"),
        ("SELECT 'a\0b'", "NUL"),
        ("SELECT '\ud800'", "broken character"),
        ("SELECT 1 -- " + "x" * 20_000, "20,000 bytes"),
        ("SELECT 1/0", "divided by zero"),
        ("SELECT 99999999999999999999", "too big"),
        ("SELECT " + "1+" * 9_000 + "1", "nested too deeply"),
        ("SELECT " + "(-" * 6_000 + "1" + ")" * 6_000, "nested too deeply"),
    ],
)
def test_what_cannot_be_a_segment_gets_a_sentence(sql_segments, sql, says):
    assert says in str(refusal(sql))


def test_an_error_never_quotes_data(sql_segments):
    make.customer(email="private@example.org")

    for sql in (
        "SELECT id FROM customers WHERE email::int = 1",
        "SELECT id FROM customers WHERE email::date = now()",
        "SELECT id FROM customers WHERE email::jsonb IS NULL",
        "SELECT id FROM customers WHERE ('x' || email)::regclass = 1",
        "SELECT id FROM customers WHERE email::regrole = 1",
        "SELECT id FROM customers WHERE to_timestamp(email, email) = now()",
        "SELECT id FROM customers WHERE first_name ~ ('(' || email)",
    ):
        assert "private" not in str(refusal(sql))


def test_too_many_rows_are_an_error(sql_segments, settings):
    settings.SEGMENT_ROW_LIMIT = 10

    assert "more than 10 rows" in str(refusal("SELECT generate_series(1, 11)"))


def test_what_takes_too_long_is_stopped(sql_segments, settings):
    settings.SEGMENT_TIMEOUT_SECONDS = 0.2

    error = refusal("SELECT count(*) FROM generate_series(1, 1000000000)")

    assert "longer than 0.2 seconds" in str(error)


def test_a_query_that_switches_its_time_limit_off_is_stopped_too(sql_segments):
    function = "set_config(text, text, boolean)"
    role = segment_login().role
    endless = (
        "SELECT length(set_config('statement_timeout', '0', false))"
        " UNION ALL (SELECT n FROM generate_series(1, 60000) n)"
        " UNION ALL SELECT count(*) FROM generate_series(1, 100000) a,"
        " generate_series(1, 100000) b"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {role}")
    try:
        with pytest.raises(SegmentError, match="longer than 1 seconds"):
            run_sql(endless, timeout=1)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM {role}")


def test_a_failed_look_up_leaves_its_reason_and_the_last_good_one(sql_segments):
    segment = sql_segment("SELECT id FROM customers")
    audience(segment)
    segment.selection_sql = "SELECT nope"
    segment.save()

    with pytest.raises(SegmentError):
        audience(segment)

    assert "nope" in segment.snapshots.first().error
    assert latest_snapshot(segment).state == "ready"


def test_checking_runs_nothing(sql_segments):
    check_sql("SELECT 1/(id - id) FROM customers")

    with pytest.raises(SegmentError, match="does not exist"):
        check_sql("SELECT nope FROM customers")


def test_a_text_among_json_values_without_double_quotes_is_explained(sql_segments):
    sql = "SELECT customer_id FROM customer_attributes WHERE field_value = 'MBA'"

    assert "stands in double quotes too" in str(refusal(sql))
