"""What can be imported into customers: whole customers, and single attributes."""

from collections.abc import Mapping

from psycopg import sql

from customers.services.attributes import define_attributes, known_types
from customers.services.changes import attribute_updates, customer_updates
from customers.services.consents import withdraw_sql
from customers.services.identity import identified_ctes, referenced_sql
from customers.services.patches import stage_patches, write_dates, write_values
from customers.services.undoing import CUSTOMERS_UNDO
from imports.database import comma, execute, fetch
from imports.services.casts import EXTRA_TYPES, REASONS, value_sql
from imports.services.changes import record_changes
from imports.services.plans import PLAN
from imports.targets import Context, Field, Relation, Target, register

LMS_LEAD_ID = Field(
    "lms_lead_id",
    label="LMS lead ID",
    max_length=255,
    aliases=("lms_id", "lead_id", "lead_no", "lead_nr"),
)
CUSTOMER_ID = Field("customer_id", cast="integer", label="Customer ID", suggested=False)
EMAIL = Field(
    "email",
    cast="email",
    label="E-mail",
    clearable=True,
    max_length=320,
    aliases=("e_mail", "email_address", "e_mail_address", "mail"),
)
REFERENCE = (LMS_LEAD_ID, Field("customer_id", cast="integer"), EMAIL)

_TEXTS = ("first_name", "last_name", "email", "mobile", "timezone")
_IS_CHANGED = " OR ".join(
    (
        "(r.lms_lead_id IS NOT NULL AND customers.lms_lead_id IS NULL)",
        *(f"r.{name} <> customers.{name}" for name in (*_TEXTS, "created_date")),
        "jsonb_strip_nulls(customers.attributes || r.extra) <> customers.attributes",
    )
)


def plan_customers(rows: Relation, context: Context) -> sql.Composable:
    return sql.SQL(
        "WITH {identified} SELECT i.line, i.subject_id, i.subject_id AS owner_id,"
        " CASE WHEN i.problem IS NOT NULL OR i.repeats_line IS NOT NULL THEN 'reject'"
        " WHEN i.subject_id IS NULL THEN 'create'"
        " WHEN {changed} THEN 'update'"
        " ELSE 'unchanged' END AS action, CASE WHEN i.problem IS NULL"
        " AND earlier.lms_lead_id = r.lms_lead_id THEN 'lms_lead_id'"
        " ELSE i.problem_column END AS problem_column, coalesce(i.problem,"
        " 'The same customer stands in line ' || i.repeats_line || ' already.')"
        " AS problem, NULL::jsonb AS value"
        " FROM identified AS i JOIN {rows} AS r ON r.line = i.line"
        " LEFT JOIN {rows} AS earlier ON earlier.line = i.repeats_line"
        " LEFT JOIN customers ON customers.id = i.subject_id"
    ).format(identified=identified_ctes(rows), rows=rows, changed=sql.SQL(_IS_CHANGED))


def apply_customers(rows: Relation, context: Context) -> dict[str, int]:
    execute(_INSERT.format(rows=rows, plan=PLAN))
    execute(_INSERT_DATES.format(rows=rows, plan=PLAN))
    record_changes(context, _CREATED.format(plan=PLAN))
    if stage_patches(_PATCHES.format(rows=rows, plan=PLAN)):
        record_changes(context, customer_updates(rows))
        write_dates()
        execute(_UPDATE.format(rows=rows, plan=PLAN))
    withdrawn = execute(withdraw_sql(rows, context.source))
    return {"consents_withdrawn": withdrawn}


_INSERT = sql.SQL(
    "INSERT INTO customers (id, lms_lead_id, first_name, last_name, email, mobile,"
    " timezone, attributes, created_date, updated_date)"
    " SELECT p.subject_id, r.lms_lead_id, coalesce(r.first_name, ''),"
    " coalesce(r.last_name, ''), coalesce(r.email, ''), coalesce(r.mobile, ''),"
    " coalesce(r.timezone, ''), jsonb_strip_nulls(r.extra),"
    " coalesce(r.created_date, now()), now()"
    " FROM {plan} AS p JOIN {rows} AS r ON r.line = p.line WHERE p.action = 'create'"
    " ORDER BY p.subject_id"
)
_INSERT_DATES = sql.SQL(
    "INSERT INTO customer_attribute_dates (customer_id, dates)"
    " SELECT p.subject_id, jsonb_build_object('', jsonb_build_array(clock.now,"
    " clock.now)) FROM {plan} AS p JOIN {rows} AS r ON r.line = p.line,"
    " (SELECT floor(extract(epoch FROM now()))) AS clock (now)"
    " WHERE p.action = 'create' AND r.extra <> '{{}}'"
)
_CREATED = sql.SQL(
    "SELECT line, subject_id, subject_id, 'create', NULL::jsonb, NULL::jsonb"
    " FROM {plan} WHERE action = 'create'"
)
_PATCHES = sql.SQL(
    "SELECT p.subject_id, r.extra FROM {plan} AS p JOIN {rows} AS r ON r.line = p.line"
    " WHERE p.action = 'update'"
)
_UPDATE = sql.SQL(
    "UPDATE customers SET lms_lead_id = coalesce(customers.lms_lead_id, r.lms_lead_id),"
    " first_name = coalesce(r.first_name, customers.first_name),"
    " last_name = coalesce(r.last_name, customers.last_name),"
    " email = coalesce(r.email, customers.email),"
    " mobile = coalesce(r.mobile, customers.mobile),"
    " timezone = coalesce(r.timezone, customers.timezone),"
    " created_date = coalesce(r.created_date, customers.created_date),"
    " attributes = jsonb_strip_nulls(customers.attributes || r.extra),"
    " updated_date = now()"
    " FROM {plan} AS p JOIN {rows} AS r ON r.line = p.line"
    " WHERE p.action = 'update' AND customers.id = p.subject_id"
)


def customer_changes(rows: Relation) -> sql.Composable:
    """Old and new of each field and attribute that an update would change."""
    pairs = [
        sql.SQL("({}, customers.{}, r.{})").format(
            sql.Literal(name), sql.Identifier(name), sql.Identifier(name)
        )
        for name in ("lms_lead_id", *_TEXTS)
    ]
    return sql.SQL(
        "SELECT r.line, coalesce(NULLIF(customers.lms_lead_id, ''), customers.email)"
        " AS who, pair.field, pair.old, pair.new"
        " FROM {plan} AS p JOIN {rows} AS r ON r.line = p.line"
        " JOIN customers ON customers.id = p.subject_id CROSS JOIN LATERAL ("
        " SELECT * FROM (VALUES {pairs}) AS fixed (field, old, new)"
        " WHERE new <> coalesce(old, '') UNION ALL"
        " SELECT 'created_date', customers.created_date::text, r.created_date::text"
        " WHERE r.created_date <> customers.created_date UNION ALL"
        " SELECT key, {old}, NULLIF(value, 'null') #>> '{{}}'"
        " FROM jsonb_each(r.extra) WHERE customers.attributes -> key"
        " IS DISTINCT FROM NULLIF(value, 'null')) AS pair"
        " WHERE p.action = 'update'"
    ).format(plan=PLAN, rows=rows, pairs=comma(pairs), old=_old_value("key"))


def _old_value(name: str) -> sql.Composable:
    """The value an attribute has, unless it is sensitive: a preview is no way around."""
    return sql.SQL(
        "CASE WHEN EXISTS (SELECT FROM attribute_definitions AS d WHERE d.name = {name}"
        " AND d.sensitive) THEN '(sensitive)' ELSE customers.attributes ->> {name} END"
    ).format(name=sql.SQL(name))


def prepare_customers(rows: Relation, extras: Mapping[str, str]) -> list[str]:
    return define_attributes(extras)


CUSTOMERS = Target(
    name="customers",
    label="customers",
    fields=(
        LMS_LEAD_ID,
        CUSTOMER_ID,
        Field(
            "first_name",
            label="First name",
            clearable=True,
            max_length=255,
            aliases=("firstname", "given_name", "forename"),
        ),
        Field(
            "last_name",
            label="Last name",
            clearable=True,
            max_length=255,
            aliases=("lastname", "surname", "family_name"),
        ),
        EMAIL,
        Field(
            "mobile",
            cast="phone",
            label="Mobile",
            clearable=True,
            aliases=("phone", "mobile_phone", "mobile_number", "phone_number"),
        ),
        Field(
            "timezone",
            cast="timezone",
            label="Time zone",
            clearable=True,
            aliases=("time_zone",),
        ),
        Field("created_date", cast="timestamp", label="Created"),
    ),
    plan=plan_customers,
    apply=apply_customers,
    changes=customer_changes,
    undo=CUSTOMERS_UNDO,
    table="customers",
    extra="attribute",
    flags=("consent",),
    known_types=known_types,
    prepare=prepare_customers,
)


def plan_attributes(rows: Relation, context: Context) -> sql.Composable:
    """One attribute per row; the type is the row's or else the one defined."""
    value = sql.SQL("field_value")
    cases = [
        sql.SQL("WHEN {} THEN {}").format(
            sql.Literal(kind), value_sql(kind, value, context.reading)
        )
        for kind in EXTRA_TYPES
    ]
    wrong = [
        sql.SQL("WHEN {} THEN {}").format(sql.Literal(kind), sql.Literal(REASONS[kind]))
        for kind in EXTRA_TYPES
        if kind in REASONS
    ]
    return sql.SQL(_PLAN_ATTRIBUTES).format(
        rows=rows,
        referenced=referenced_sql(rows),
        value=sql.SQL(" ").join(cases),
        wrong=sql.SQL(" ").join(wrong),
    )


_PLAN_ATTRIBUTES = """
WITH named AS (
    SELECT DISTINCT ON (field_name) field_name, field_type FROM {rows} AS r
    WHERE field_type IS NOT NULL AND field_name IS NOT NULL ORDER BY field_name, line
),
valued AS (
    SELECT r.line, r.field_name, r.field_value, r.field_type AS given,
           coalesce(d.field_type, n.field_type) AS field_type, w.customer_id,
           w.problem_column, w.problem
    FROM {rows} AS r
    JOIN ({referenced}) AS w ON w.line = r.line
    LEFT JOIN attribute_definitions AS d ON d.name = r.field_name
    LEFT JOIN named AS n ON n.field_name = r.field_name
),
cast_values AS MATERIALIZED (
    SELECT v.*, CASE WHEN field_value <> '' THEN CASE field_type {value} END END AS value
    FROM valued AS v
),
judged AS (
    SELECT v.*,
           CASE WHEN problem IS NOT NULL THEN problem
                WHEN field_type IS NULL THEN 'Say the type of this new attribute.'
                WHEN given <> field_type
                THEN 'This attribute is of type ' || field_type || ' already.'
                WHEN field_value <> '' AND value IS NULL THEN CASE field_type {wrong} END
           END AS fault,
           CASE WHEN problem IS NOT NULL THEN problem_column
                WHEN field_type IS NULL OR given <> field_type THEN 'field_type'
                WHEN field_value <> '' AND value IS NULL THEN 'field_value'
                ELSE 'field_name' END AS fault_column
    FROM cast_values AS v
),
placed AS (
    SELECT j.*, min(line) FILTER (WHERE fault IS NULL)
           OVER (PARTITION BY customer_id, field_name) AS first_line
    FROM judged AS j
)
SELECT p.line, customer_id AS subject_id, customer_id AS owner_id,
       CASE WHEN fault IS NOT NULL OR line > first_line THEN 'reject'
            WHEN field_value IS NULL
              OR customers.attributes -> field_name IS NOT DISTINCT FROM value
            THEN 'unchanged'
            WHEN customers.attributes -> field_name IS NULL THEN 'create'
            ELSE 'update' END AS action,
       fault_column AS problem_column, coalesce(fault,
       'The same attribute stands in line ' || first_line || ' already.') AS problem,
       value
FROM placed AS p LEFT JOIN customers ON customers.id = p.customer_id
"""


def apply_attributes(rows: Relation, context: Context) -> dict[str, int]:
    """Gather the attributes of each customer into one patch and write it."""
    query = sql.SQL(
        "SELECT p.owner_id, jsonb_object_agg(r.field_name, coalesce(p.value, 'null'))"
        " FROM {plan} AS p JOIN {rows} AS r ON r.line = p.line"
        " WHERE p.action IN ('create', 'update') GROUP BY p.owner_id"
    ).format(plan=PLAN, rows=rows)
    if stage_patches(query):
        record_changes(context, attribute_updates(rows))
        write_dates()
        write_values()
    return {}


def attribute_changes(rows: Relation) -> sql.Composable:
    return sql.SQL(
        "SELECT r.line, coalesce(customers.lms_lead_id, customers.email) AS who,"
        " r.field_name AS field, {old} AS old,"
        " p.value #>> '{{}}' AS new FROM {plan} AS p JOIN {rows} AS r"
        " ON r.line = p.line JOIN customers ON customers.id = p.owner_id"
        " WHERE p.action = 'update'"
    ).format(plan=PLAN, rows=rows, old=_old_value("r.field_name"))


def prepare_attributes(rows: Relation, extras: Mapping[str, str]) -> list[str]:
    """Define the new attributes that good rows name, each with its first type."""
    query = sql.SQL(
        "SELECT DISTINCT ON (field_name) field_name, field_type FROM {} AS r"
        " WHERE NOT bad AND field_type IS NOT NULL AND NOT EXISTS (SELECT FROM"
        " attribute_definitions AS d WHERE d.name = field_name)"
        " ORDER BY field_name, line"
    )
    return define_attributes(dict(fetch(query.format(rows))))


ATTRIBUTES = Target(
    name="attributes",
    label="attributes",
    fields=(
        *REFERENCE,
        Field("field_type", label="Type", choices=EXTRA_TYPES, aliases=("type",)),
        Field(
            "field_name",
            label="Name",
            required=True,
            max_length=255,
            aliases=("name", "attribute"),
        ),
        Field(
            "field_value",
            cast="any",
            label="Value",
            clearable=True,
            aliases=("value",),
        ),
    ),
    plan=plan_attributes,
    apply=apply_attributes,
    changes=attribute_changes,
    undo=CUSTOMERS_UNDO,
    prepare=prepare_attributes,
)

for target in (CUSTOMERS, ATTRIBUTES):
    register(target)
