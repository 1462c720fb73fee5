"""Which customer a row means, set-wise.

A known lms_lead_id is that customer. An unknown one attaches to the customer with the
row's e-mail if that one has no lms_lead_id, else it is a new customer. Without
lms_lead_id the customer without one who has the e-mail is meant, else the only
customer who has it; when several have it, the row is refused.

Two rows of one file that mean the same customer: the first counts, each later one is
refused and names the line of the first. Rows that share an e-mail which nobody has
yet, one with and one without lms_lead_id, mean the same customer.
"""

from psycopg import sql

from imports.database import comma, fetch
from imports.targets import Relation
from marketing_os.lib.errors import DomainError


class UnknownCustomerError(DomainError):
    """Nobody is, or several are, named so; `field` is what does not name one."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


# Of each address that the rows name: the customer without lms_lead_id who has it, and
# how many customers have it at all.
_ADDRESSES = """
addresses AS MATERIALIZED (
    SELECT lower(email) AS address, count(*) AS holders, min(id) AS first_id,
           min(id) FILTER (WHERE lms_lead_id IS NULL) AS free_id
    FROM customers
    WHERE lower(email) IN (
        SELECT address FROM matched WHERE address IS NOT NULL AND lms_id IS NULL)
    GROUP BY lower(email)
)"""

_MATCHED = """
matched AS MATERIALIZED (
    SELECT r.line, r.lms_lead_id AS lms, r.customer_id AS ref,
           lower(NULLIF(r.email, '')) AS address, by_lms.id AS lms_id,
           by_ref.id AS ref_id, by_ref.lms_lead_id AS ref_lms,
           lower(by_ref.email) AS ref_address
    FROM {rows} AS r
    LEFT JOIN customers AS by_lms ON by_lms.lms_lead_id = r.lms_lead_id
    LEFT JOIN customers AS by_ref
         ON by_ref.id = r.customer_id AND by_ref.erased_at IS NULL
)"""

_SEVERAL = (
    "WHEN holders > 1 AND free_id IS NULL THEN 'Several customers have this e-mail"
    " address; give the lms_lead_id of the right one.'"
)

_REFERENCED = """
WITH {matched}, {addresses}
SELECT line, coalesce(lms_id, CASE WHEN lms IS NULL THEN coalesce(ref_id,
           CASE WHEN ref IS NULL AND (holders = 1 OR free_id IS NOT NULL)
                THEN coalesce(free_id, first_id) END) END) AS customer_id,
       CASE WHEN lms IS NOT NULL THEN 'lms_lead_id' WHEN ref IS NOT NULL
            THEN 'customer_id' ELSE 'email' END AS problem_column,
       CASE WHEN lms_id IS NOT NULL THEN NULL
            WHEN lms IS NOT NULL THEN 'No customer has this lms_lead_id.'
            WHEN ref_id IS NOT NULL THEN NULL
            WHEN ref IS NOT NULL THEN 'There is no customer with this id.'
            WHEN address IS NULL
                THEN 'Name the customer by lms_lead_id, customer_id or email.'
            {several}
            WHEN holders IS NULL THEN 'No customer has this e-mail address.'
       END AS problem
FROM matched LEFT JOIN addresses USING (address)
"""

_RESOLVED = """
resolved AS MATERIALIZED (
    SELECT line, lms, address,
           CASE WHEN ref IS NOT NULL THEN ref_id WHEN lms IS NOT NULL
                THEN coalesce(lms_id, free_id)
                WHEN holders = 1 OR free_id IS NOT NULL
                THEN coalesce(free_id, first_id) END AS found,
           ref IS NULL AND lms IS NOT NULL AND lms_id IS NULL
               AND free_id IS NOT NULL AS attaches,
           ref_id IS NOT NULL AND lms IS NULL AND ref_lms IS NULL
               AND address IS DISTINCT FROM ref_address AS moves,
           CASE WHEN ref IS NOT NULL AND ref_id IS NULL THEN 'customer_id'
                WHEN ref IS NOT NULL AND (lms_id <> ref_id OR ref_lms <> lms)
                THEN 'lms_lead_id' ELSE 'email' END AS problem_column,
           CASE WHEN ref IS NOT NULL AND ref_id IS NULL
                THEN 'There is no customer with this id.'
                WHEN ref IS NOT NULL AND lms_id <> ref_id
                THEN 'Another customer has this lms_lead_id.'
                WHEN ref IS NOT NULL AND ref_lms <> lms
                THEN 'The customer has another lms_lead_id.'
                WHEN ref_id IS NOT NULL AND ref_lms IS NULL AND lms IS NULL
                     AND free_id <> ref_id
                THEN 'Another customer has this e-mail address.'
                WHEN ref IS NOT NULL OR lms IS NOT NULL THEN NULL
                WHEN address IS NULL
                THEN 'A customer needs an lms_lead_id or an e-mail address.'
                {several}
           END AS problem
    FROM matched LEFT JOIN addresses USING (address)
)"""

# Among rows that name the same customer: of several unknown lms_lead_ids with one
# address the first attaches, the others are customers of their own.
_SETTLED = """
shared AS MATERIALIZED (
    SELECT found, min(line) AS first_line FROM resolved
    WHERE problem IS NULL AND found IS NOT NULL
    GROUP BY found HAVING count(*) > 1
),
settled AS MATERIALIZED (
    SELECT r.line, r.lms, r.address, r.moves, r.problem_column, r.problem,
           CASE WHEN r.attaches AND first.attaches AND first.lms <> r.lms
                THEN NULL ELSE r.found END AS subject_id
    FROM resolved AS r
    LEFT JOIN shared ON shared.found = r.found AND r.line > shared.first_line
    LEFT JOIN resolved AS first ON first.line = shared.first_line
),
same_subject AS (
    SELECT subject_id, min(line) AS first_line FROM settled
    WHERE problem IS NULL AND subject_id IS NOT NULL
    GROUP BY subject_id HAVING count(*) > 1
),
same_lms AS (
    SELECT lms, min(line) AS first_line FROM settled
    WHERE problem IS NULL AND subject_id IS NULL AND lms IS NOT NULL
    GROUP BY lms HAVING count(*) > 1
),
same_address AS (
    SELECT address, min(line) AS first_line,
           min(line) FILTER (WHERE lms IS NULL) AS first_free
    FROM settled
    WHERE problem IS NULL AND (subject_id IS NULL OR moves) AND address IS NOT NULL
    GROUP BY address HAVING count(*) > 1 AND bool_or(lms IS NULL)
),
identified AS (
    SELECT s.line, s.subject_id, s.problem_column, s.problem,
           CASE WHEN s.line > same_subject.first_line THEN same_subject.first_line
                WHEN s.line > same_lms.first_line THEN same_lms.first_line
                WHEN s.line > same_address.first_line AND (s.lms IS NULL
                     OR same_address.first_free = same_address.first_line)
                THEN same_address.first_line END AS repeats_line
    FROM settled AS s
    LEFT JOIN same_subject ON same_subject.subject_id = s.subject_id
    LEFT JOIN same_lms ON s.subject_id IS NULL AND same_lms.lms = s.lms
    LEFT JOIN same_address ON (s.subject_id IS NULL OR s.moves)
         AND same_address.address = s.address
)"""


def referenced_sql(rows: Relation) -> sql.Composable:
    """SELECT line, customer_id, problem_column, problem: whom each row is about.

    For rows that must not make customers. `rows` has lms_lead_id, customer_id and
    email, of which the first that is given decides.
    """
    return sql.SQL(_REFERENCED).format(
        matched=sql.SQL(_MATCHED).format(rows=rows),
        addresses=sql.SQL(_ADDRESSES),
        several=sql.SQL(_SEVERAL),
    )


def find_customer(
    *,
    lms_lead_id: str | None = None,
    customer_id: int | None = None,
    email: str | None = None,
) -> int:
    """Return the id of the customer who is named, by the rule for rows.

    Raises UnknownCustomerError.
    """
    named = sql.SQL(
        "(SELECT 1 AS line, {}::text AS lms_lead_id, {}::bigint AS customer_id,"
        " {}::text AS email)"
    ).format(*(sql.Literal(name) for name in (lms_lead_id, customer_id, email)))
    [(_line, pk, field, problem)] = fetch(referenced_sql(named))
    if problem is not None:
        raise UnknownCustomerError(field, problem)
    return int(pk)


def named_owners_sql(rows: Relation) -> sql.Composable:
    """SELECT line, owner_id: what `referenced_sql` finds, but of fewer rows.

    For rows that give a customer_id or an lms_lead_id, never both and no e-mail.
    """
    return sql.SQL(
        "SELECT r.line, coalesce((SELECT id FROM customers WHERE id = r.customer_id"
        " AND erased_at IS NULL), (SELECT id FROM customers"
        " WHERE lms_lead_id = r.lms_lead_id)) AS owner_id FROM {} AS r"
    ).format(rows)


def identified_ctes(rows: Relation) -> sql.Composable:
    """Common table expressions ending in `identified`: one row per row of `rows`.

    subject_id is the customer (NULL: a new one), problem what is wrong, and
    repeats_line the line of the file that names the same customer before.
    """
    return comma(
        (
            sql.SQL(_MATCHED).format(rows=rows),
            sql.SQL(_ADDRESSES),
            sql.SQL(_RESOLVED).format(several=sql.SQL(_SEVERAL)),
            sql.SQL(_SETTLED),
        )
    )
