"""The database role of SQL segments: who it is, what it may do, and is it safe.

The wall is that role: it owns nothing, is member of nothing and may read the views
of schema "seg" only. All else here (settings, revoked functions) stands behind it.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils.translation import gettext as _
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from segments.errors import SegmentError

ROLE = "mos_segment"
_CONNECTION_LIMIT = 8
_CONNECT_SECONDS = 5
_ALREADY_THERE = {"42710", "23505"}

_ROLE_SETTINGS = {
    "default_transaction_read_only": "on",
    "search_path": "seg",
    "statement_timeout": "60s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "120s",
    "work_mem": "16MB",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}

# They reach past the views: they run SQL given as text, change settings, take locks,
# sleep, tell other sessions, or make objects. Rights in pg_catalog hold for one
# database, so this runs in each.
_REVOKE_FUNCTIONS = """DO $$
DECLARE reaching record;
BEGIN
    FOR reaching IN
        SELECT oid::regprocedure AS signature FROM pg_proc
        WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ (
            '^(set_config|ts_stat|ts_rewrite|pg_notify|pg_export_snapshot'
            '|pg_logical_emit_message|pg_terminate_backend|pg_cancel_backend'
            '|pg_stat_get_activity|pg_stat_reset.*|pg_sleep.*|pg_ls_.*|lo_.*'
            '|loread|lowrite|txid_.*|pg_current_xact_id.*|nextval|setval|currval'
            '|lastval|(query|cursor|table|schema|database)_to_xml.*'
            '|pg_(try_)?advisory_.*)$')
          AND (proacl IS NULL OR EXISTS (
              SELECT FROM aclexplode(proacl) WHERE grantee = 0))
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC',
                       reaching.signature);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I',
                       reaching.signature, {app});
    END LOOP;
END $$"""

# What the connected role may do beyond reading the views, in words.
_EXCESS = """
WITH me AS (SELECT * FROM pg_roles WHERE rolname = current_user)
SELECT 'is a superuser' FROM me WHERE rolsuper
UNION ALL SELECT 'may make roles or databases' FROM me
    WHERE rolcreaterole OR rolcreatedb
UNION ALL SELECT 'may replicate or pass row security' FROM me
    WHERE rolreplication OR rolbypassrls
UNION ALL SELECT 'is a member of another role'
    WHERE EXISTS (SELECT FROM pg_auth_members, me WHERE member = me.oid)
UNION ALL SELECT 'owns something in the database'
    WHERE EXISTS (SELECT FROM pg_shdepend, me WHERE refobjid = me.oid
        AND refclassid = 'pg_catalog.pg_authid'::regclass AND deptype = 'o')
UNION ALL SELECT 'may make objects in schema ' || nspname FROM pg_namespace
    WHERE has_schema_privilege(oid, 'CREATE')
UNION ALL SELECT 'may read the table ' || nspname || '.' || relname
    FROM pg_class relation JOIN pg_namespace space ON space.oid = relnamespace
    WHERE nspname NOT IN ('seg', 'pg_catalog', 'information_schema')
      AND relkind IN ('r', 'p', 'v', 'm', 'f')
      AND has_schema_privilege(space.oid, 'USAGE')
      AND has_any_column_privilege(relation.oid, 'SELECT, INSERT, UPDATE')
UNION ALL SELECT 'may write to ' || nspname || '.' || relname
    FROM pg_class relation JOIN pg_namespace space ON space.oid = relnamespace
    WHERE nspname <> 'pg_catalog'
      AND relkind IN ('r', 'p', 'v', 'm', 'f')
      AND has_schema_privilege(space.oid, 'USAGE')
      AND (has_any_column_privilege(relation.oid, 'INSERT, UPDATE')
           OR has_table_privilege(relation.oid, 'DELETE, TRUNCATE, TRIGGER'))
"""


@dataclass(frozen=True)
class SegmentLogin:
    """How the look-ups of SQL segments connect."""

    parameters: dict[str, Any]

    @property
    def role(self) -> str:
        return str(self.parameters["user"])

    @property
    def password(self) -> str:
        return str(self.parameters.get("password", ""))

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(
            **self.parameters,
            autocommit=True,
            connect_timeout=_CONNECT_SECONDS,
            application_name="marketing_os segment",
        )


def segment_login() -> SegmentLogin:
    """Return the login named in the settings, else one derived from SECRET_KEY."""
    if settings.SEGMENTS_DATABASE_URL:
        return SegmentLogin(dict(conninfo_to_dict(settings.SEGMENTS_DATABASE_URL)))
    parameters = connection.get_connection_params()
    names = ("host", "port", "dbname", "sslmode", "sslrootcert")
    secret = hmac.new(
        settings.SECRET_KEY.encode(), b"segments.access", hashlib.sha256
    ).hexdigest()
    return SegmentLogin(
        {name: parameters[name] for name in names if name in parameters}
        | {"user": ROLE, "password": secret}
    )


def open_segment_connection() -> psycopg.Connection[tuple[Any, ...]]:
    """Connect as the role of SQL segments, or raise SegmentError with why not.

    What the role may do is looked at each time: one that may do more than it should
    is not used.
    """
    try:
        opened = segment_login().connect()
    except psycopg.OperationalError as error:
        if "too many connections" in str(error):
            raise SegmentError(
                _("Too many segments are being looked up at once; try again.")
            ) from error
        raise _off(_("its database login does not work")) from error
    try:
        _insist_on_safety(opened)
    except BaseException:
        opened.close()
        raise
    return opened


def access_problem() -> str:
    """Return why SQL segments are off, or an empty string when they work."""
    try:
        open_segment_connection().close()
    except SegmentError as error:
        return str(error)
    return ""


def excess_rights(opened: psycopg.Connection[tuple[Any, ...]]) -> list[str]:
    """Return, in words, what the connected role may do beyond reading the views."""
    return [row[0] for row in opened.execute(_EXCESS).fetchall()]


def prepare_segment_access() -> list[str]:
    """Make the role of SQL segments and grant it the views, as far as we may.

    Safe to repeat, and to run on several hosts at once. Returns what the database
    refused; `access_problem` tells whether SQL segments work nevertheless.
    """
    login = segment_login()
    is_superuser = bool(_ask("SELECT rolsuper FROM pg_roles WHERE rolname = user"))
    refused = []
    if not _role_exists(login):
        limits = _limits(login) if is_superuser else []
        refused += _run([_making(login) + limits])
    refused += _run([statement] for statement in _walls(login))
    if is_superuser:
        refused += _run([statement] for statement in _inner_walls(login))
    if _is_ours(login) and not _can_log_in(login):
        password = _format("ALTER ROLE {role} LOGIN PASSWORD {secret}", login)
        refused += _run([[password]])
    return refused


def owner_sql() -> str:
    """Return what the database's owner runs where the product may not."""
    login = SegmentLogin(segment_login().parameters | {"password": ""})
    statements = [
        *_making(login),
        *_limits(login),
        *_walls(login),
        *_inner_walls(login),
    ]
    return "".join(f"{statement.as_string(None)};\n" for statement in statements)


def _making(login: SegmentLogin) -> list[sql.Composed]:
    return [
        _format(
            "CREATE ROLE {role} LOGIN PASSWORD {secret} NOSUPERUSER NOCREATEDB "
            "NOCREATEROLE NOINHERIT NOREPLICATION NOBYPASSRLS CONNECTION LIMIT {limit}",
            login,
        ),
        _format("COMMENT ON ROLE {role} IS {mark}", login),
        *(
            _format(f"ALTER ROLE {{role}} SET {name} = {{value}}", login, value=value)
            for name, value in _ROLE_SETTINGS.items()
        ),
    ]


def _walls(login: SegmentLogin) -> list[sql.Composed]:
    texts = (
        "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {app}",
        "GRANT CONNECT ON DATABASE {database} TO {role}",
        "REVOKE CONNECT, TEMPORARY ON DATABASE {database} FROM PUBLIC",
        "GRANT USAGE, CREATE ON SCHEMA public TO {app}",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA seg TO {role}",
        "GRANT SELECT ON ALL TABLES IN SCHEMA seg TO {role}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {app} IN SCHEMA seg "
        "GRANT SELECT ON TABLES TO {role}",
    )
    return [_format(text, login) for text in texts]


def _limits(login: SegmentLogin) -> list[sql.Composed]:
    return [_format("ALTER ROLE {role} SET temp_file_limit = '512MB'", login)]


def _inner_walls(login: SegmentLogin) -> list[sql.Composed]:
    app = sql.Literal(_app_role())
    return [
        _format("REVOKE USAGE ON LANGUAGE sql, plpgsql FROM PUBLIC", login),
        _format("GRANT USAGE ON LANGUAGE sql, plpgsql TO {app}", login),
        sql.SQL(_REVOKE_FUNCTIONS).format(app=app),
    ]


def _format(text: str, login: SegmentLogin, *, value: str = "") -> sql.Composed:
    return sql.SQL(text).format(
        role=sql.Identifier(login.role),
        app=sql.Identifier(_app_role()),
        database=sql.Identifier(connection.settings_dict["NAME"]),
        secret=sql.Literal(_secret(login)),
        limit=sql.Literal(_CONNECTION_LIMIT),
        mark=sql.Literal(_mark()),
        value=sql.Literal(value),
    )


def _secret(login: SegmentLogin) -> str:
    """Return what proves the password, so that it never stands in a server's log."""
    if not login.password:
        return "choose a password"
    connection.ensure_connection()
    verifier = connection.connection.pgconn.encrypt_password(
        login.password.encode(), login.role.encode(), b"scram-sha-256"
    )
    return str(verifier.decode())


def _mark() -> str:
    return f"Reads the segments of the database {connection.settings_dict['NAME']}."


def _app_role() -> str:
    return str(_ask("SELECT user"))


def _role_exists(login: SegmentLogin) -> bool:
    return bool(_ask("SELECT 1 FROM pg_roles WHERE rolname = %s", login.role))


def _is_ours(login: SegmentLogin) -> bool:
    """Tell whether the role's password is ours to set.

    Two installations on one server would otherwise take the role from each other.
    """
    question = (
        "SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = %s"
    )
    return bool(_ask(question, login.role) == _mark())


def _can_log_in(login: SegmentLogin) -> bool:
    try:
        login.connect().close()
    except psycopg.OperationalError:
        return False
    return True


def _ask(question: str, *values: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        row = cursor.fetchone()
    return row[0] if row else None


def _run(groups: Iterable[list[sql.Composed]]) -> list[str]:
    """Run each group of statements as one; return the database's refusals."""
    refused = []
    for group in groups:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                for statement in group:
                    cursor.execute(statement)
        except DatabaseError as error:
            if getattr(error.__cause__, "sqlstate", "") not in _ALREADY_THERE:
                refused.append(str(error).strip())
    return refused


def _insist_on_safety(opened: psycopg.Connection[tuple[Any, ...]]) -> None:
    excess = excess_rights(opened)
    if excess:
        raise _off(_("its database role %(what)s") % {"what": excess[0]})
    readable = opened.execute(
        "SELECT to_regnamespace('seg') IS NOT NULL "
        "AND has_schema_privilege('seg', 'USAGE') "
        "AND has_table_privilege('seg.customers', 'SELECT')"
    ).fetchone()
    if readable is None or not readable[0]:
        raise _off(_("its database role may not read the views"))


def _off(why: str) -> SegmentError:
    return SegmentError(_("SQL segments are off: %(why)s.") % {"why": why})
