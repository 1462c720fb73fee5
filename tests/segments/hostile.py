"""SQL that tries to get past the views of segments.

Each statement of READS gives the canary where it gets through; of REACHES, any row at
all; of WRITES, it changes the database; BURNS want time or memory without end. Where
a value in braces stands, the test puts a name of its own database.
"""

CANARY = 777000777

READS = [
    "SELECT password::bigint FROM public.auth_user",
    "SELECT password::bigint FROM auth_user",
    'SELECT "password"::bigint FROM "public"."auth_user"',
    "SELECT password::bigint FROM public.auth_user WHERE is_superuser;",
    "SELECT id FROM customers UNION SELECT password::bigint FROM public.auth_user",
    "SELECT (SELECT password FROM public.auth_user LIMIT 1)::bigint",
    "WITH s AS (SELECT password FROM public.auth_user) SELECT password::bigint FROM s",
    "WITH s AS MATERIALIZED (SELECT * FROM public.auth_user)"
    " SELECT password::bigint FROM s",
    "SELECT s.p::bigint FROM generate_series(1, 1) g,"
    " LATERAL (SELECT password AS p FROM public.auth_user) s",
    "SELECT c.n FROM generate_series(1, 1) AS c(n) ORDER BY"
    " (SELECT password FROM public.auth_user) LIMIT"
    " (SELECT length(password) FROM public.auth_user)",
    "SELECT max(password::bigint) FROM public.auth_user",
    "SELECT max(password::bigint) OVER () FROM public.auth_user",
    "SELECT u.password::bigint FROM public.auth_user u TABLESAMPLE SYSTEM (100)",
    "SELECT CASE WHEN true THEN password::bigint END FROM public.auth_user",
    "SELECT 1) AS q(id) UNION ALL SELECT password::bigint FROM public.auth_user --",
    "SELECT 1) AS q(id) UNION ALL (SELECT password::bigint FROM public.auth_user",
    "SELECT 1) AS a(id), (SELECT password::bigint FROM public.auth_user",
    "(SELECT password::bigint FROM public.auth_user)",
    "SELECT 1; SELECT password::bigint FROM public.auth_user",
    "RESET ROLE; SELECT password::bigint FROM public.auth_user",
    "SET ROLE {owner}; SELECT password::bigint FROM public.auth_user",
    "COMMIT; SELECT password::bigint FROM public.auth_user",
    "SELECT (xpath('//password/text()', query_to_xml("
    "'select password from public.auth_user', true, false, '')))[1]::text::bigint",
    "SELECT length(set_config('role', 'none', true)) * 0 + (xpath('//password/text()',"
    " query_to_xml('select password from public.auth_user', true, false, '')"
    "))[1]::text::bigint",
    "SELECT (xpath('//password/text()', table_to_xml("
    "'public.auth_user', true, false, '')))[1]::text::bigint",
    "SELECT (regexp_match(schema_to_xml('public', true, false, '')::text,"
    " '{canary}'))[1]::bigint",
    "SELECT (regexp_match(database_to_xml(true, false, '')::text,"
    " '{canary}'))[1]::bigint",
    "SELECT word::bigint FROM ts_stat("
    "'select to_tsvector(''simple'', password) from public.auth_user')",
    "SELECT (regexp_match(ts_rewrite('a'::tsquery, 'select ''a''::tsquery,"
    " to_tsquery(''simple'', password) from public.auth_user')::text,"
    " '{canary}'))[1]::bigint",
    "SELECT (regexp_match(most_common_vals::text, '{canary}'))[1]::bigint"
    " FROM pg_stats WHERE tablename = 'auth_user'",
    "SELECT (regexp_match(histogram_bounds::text, '{canary}'))[1]::bigint"
    " FROM pg_stats WHERE tablename = 'auth_user'",
    "SELECT (regexp_match(stavalues1::text, '{canary}'))[1]::bigint FROM pg_statistic",
    "SELECT convert_from(data, 'UTF8')::bigint FROM pg_largeobject",
    "SELECT convert_from(lo_get({large_object}), 'UTF8')::bigint",
    "SELECT convert_from(loread(lo_open({large_object}, 262144), 20), 'UTF8')::bigint",
    "SELECT (regexp_match(query, 'canary {canary}'))[1]::text::bigint"
    " FROM pg_stat_activity WHERE query LIKE '%canary%' AND pid <> pg_backend_pid()",
    "SELECT (regexp_match(query, '{canary}'))[1]::bigint FROM pg_stat_get_activity(NULL)"
    " WHERE query LIKE '%canary%' AND pid <> pg_backend_pid()",
    "SELECT mobile::bigint FROM public.customers WHERE erased_at IS NOT NULL",
    "SELECT mobile::bigint FROM customers WHERE mobile = '{canary}'",
    "SELECT (attributes ->> 'diagnosis')::bigint FROM customers"
    " WHERE attributes ? 'diagnosis'",
    "SELECT (attributes ->> 'diagnosis')::bigint FROM public.customers"
    " WHERE attributes ? 'diagnosis'",
    "SELECT (field_value #>> '{{}}')::bigint FROM public.customer_attribute_values"
    " WHERE field_name = 'diagnosis'",
    "SELECT (field_value #>> '{{}}')::bigint FROM customer_attributes"
    " WHERE field_name = 'diagnosis'",
    "SELECT (regexp_match(c::text, '{canary}'))[1]::bigint FROM public.customers c"
    " WHERE c::text LIKE '%{canary}%'",
    "SELECT (regexp_match(c::text, '{canary}'))[1]::bigint FROM customers c"
    " WHERE c::text LIKE '%{canary}%'",
    "SELECT (regexp_match(to_jsonb(c)::text, '{canary}'))[1]::bigint FROM customers c"
    " WHERE to_jsonb(c)::text LIKE '%{canary}%'",
]

REACHES = [
    "SELECT length(pg_read_file('/etc/passwd'))",
    "SELECT length(pg_read_file('postgresql.conf'))",
    "SELECT length(pg_read_binary_file('PG_VERSION'))",
    "SELECT length(name) FROM pg_ls_dir('.') AS name",
    "SELECT size FROM pg_ls_waldir()",
    "SELECT size FROM pg_stat_file('PG_VERSION')",
    "SELECT length(rolpassword) FROM pg_authid WHERE rolpassword IS NOT NULL",
    "SELECT length(passwd) FROM pg_shadow WHERE passwd IS NOT NULL",
    "SELECT length(set_config('statement_timeout', '0', false))",
    "SELECT length(set_config('default_transaction_read_only', 'off', false))",
    "SELECT length(set_config('search_path', 'public', false))",
    "SELECT length(set_config('role', '{owner}', false))",
    "SELECT length(set_config('session_authorization', '{owner}', false))",
    "SELECT pg_advisory_lock(42)::text = ''",
    "SELECT pg_try_advisory_lock(42)::int",
    "SELECT pg_try_advisory_xact_lock(42)::int",
    "SELECT length(pg_notify('x', 'y')::text)",
    "SELECT length(pg_export_snapshot())",
    "SELECT pg_terminate_backend({victim})::int",
    "SELECT pg_cancel_backend({victim})::int",
    "SELECT pg_reload_conf()::int",
    "SELECT length(pg_sleep(0)::text)",
    "SELECT length(pg_logical_emit_message(false, 'x', 'y')::text)",
    "SELECT length(pg_create_restore_point('x')::text)",
    "SELECT txid_current()",
    "SELECT pg_current_xact_id()::text::bigint",
    "SELECT length(pg_stat_reset()::text)",
    "SELECT currval('customers_id_seq')",
    "SELECT last_value FROM public.customers_id_seq",
    "SELECT id FROM public.segment_snapshots UNION SELECT 1",
    "SELECT id FROM customers FOR UPDATE",
    "SELECT id FROM customers FOR SHARE",
    "SHOW server_version_num",
    "EXPLAIN (FORMAT JSON) SELECT 1",
    "EXPLAIN ANALYZE DELETE FROM customers",
    "COPY (SELECT 1) TO STDOUT",
    "COPY public.auth_user TO PROGRAM 'cat'",
    "COPY public.auth_user FROM '/etc/passwd'",
    "VALUES (lo_import('/etc/passwd'))",
    "SET statement_timeout = 0",
    "SET SESSION AUTHORIZATION {owner}",
    "LOCK TABLE public.customers IN ACCESS EXCLUSIVE MODE",
    "LISTEN x",
    "DISCARD ALL",
    "LOAD 'plpgsql'",
    "PREPARE x AS SELECT 1",
    "DECLARE x CURSOR FOR SELECT 1",
    "CALL x()",
    "DO $$ BEGIN PERFORM 1; END $$",
]

WRITES = [
    "WITH x AS (DELETE FROM public.segment_snapshots RETURNING 1) SELECT 1",
    "WITH x AS (DELETE FROM customers RETURNING id) SELECT id FROM x",
    "WITH x AS (UPDATE customers SET first_name = 'x' RETURNING id) SELECT id FROM x",
    "WITH x AS (UPDATE public.auth_user SET is_superuser = true RETURNING id)"
    " SELECT id FROM x",
    "WITH x AS (INSERT INTO member_tags (customer_id, tag, assigned_at)"
    " SELECT id, 'x', now() FROM customers RETURNING 1) SELECT 1",
    "DELETE FROM public.segment_snapshots RETURNING id",
    "UPDATE public.customers SET first_name = 'x' RETURNING id",
    "INSERT INTO public.attribute_definitions DEFAULT VALUES RETURNING id",
    "SELECT id INTO stolen FROM customers",
    "SELECT id INTO TEMP stolen FROM customers",
    "CREATE TABLE seg.stolen AS SELECT 1 AS id",
    "CREATE TABLE stolen (id bigint)",
    "CREATE TEMP TABLE stolen (id bigint)",
    "CREATE OR REPLACE VIEW seg.customers AS SELECT 1 AS id",
    "CREATE FUNCTION seg.f() RETURNS bigint LANGUAGE sql RETURN 1",
    "CREATE SCHEMA stolen",
    "DROP VIEW seg.customers CASCADE",
    "TRUNCATE public.customers CASCADE",
    "GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC",
    "ALTER ROLE mos_segment SET statement_timeout = 0",
    "ALTER TABLE public.customers ADD COLUMN x int",
    "COMMENT ON VIEW seg.customers IS 'x'",
    "SELECT 1; DROP TABLE public.segment_snapshots CASCADE",
    "SELECT 1); DROP TABLE public.segment_snapshots CASCADE; --",
    "COMMIT; DELETE FROM public.segment_snapshots",
    "SELECT nextval('public.customers_id_seq')",
    "SELECT setval('public.customers_id_seq', 99)",
    "SELECT lo_create(0)::bigint",
    "SELECT lo_from_bytea(0, 'x'::bytea)::bigint",
    "SELECT lo_unlink({large_object})",
    "SELECT lo_put({large_object}, 0, 'x'::bytea)::text::bigint",
    "SELECT public.remove_funnel_events(ARRAY[{event}]::bigint[], 'x', 'x')",
    "SELECT remove_funnel_events(ARRAY[{event}]::bigint[], 'x', 'x')",
]

BURNS = [
    "SELECT length(pg_sleep(60)::text)",
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n % 9 + 1 FROM r)"
    " SELECT count(*) FROM r",
    "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b",
    "SELECT n FROM generate_series(1, 2000000000) n ORDER BY n DESC",
    "SELECT length(repeat('a', 900000000)) FROM generate_series(1, 100)",
    "SELECT length(string_agg(repeat('x', 1000000), '')) FROM generate_series(1, 2000)",
    "SELECT count(*) FROM regexp_matches(repeat('a', 5000), '(a*)*(a*)*(a*)*b', 'g')",
    "SELECT array_length(array_fill(1, ARRAY[1000000000]), 1)",
    "SELECT " + "(" * 9_000 + "1" + ")" * 9_000,
    "SELECT " + "-" * 1 + "(-" * 6_000 + "1" + ")" * 6_000,
    "SELECT " + "1+" * 9_000 + "1",
    "SELECT 1 WHERE " + "NOT " * 4_000 + "true",
]
