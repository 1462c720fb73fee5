"""The different values of an indexed column, without reading every row."""

from typing import Any

from django.db import connection, models
from psycopg import sql

# Each step jumps to the next value through the index: as many look-ups as there are
# values, where SELECT DISTINCT reads the whole index.
_QUERY = """
WITH RECURSIVE found(value) AS (
    (SELECT {column} FROM {table} WHERE {condition} ORDER BY {column} LIMIT 1)
    UNION ALL
    SELECT (
        SELECT {column} FROM {table}
        WHERE {condition} AND {column} > found.value ORDER BY {column} LIMIT 1
    ) FROM found WHERE found.value IS NOT NULL
)
SELECT value FROM found WHERE value IS NOT NULL LIMIT {limit}
"""


def distinct_values(
    model: type[models.Model], column: str, *, limit: int = 200, **equal: Any
) -> list[Any]:
    """List the values of `column` where the columns in `equal` have these values.

    An index must begin with the columns of `equal`, followed by `column`.
    """
    conditions: list[sql.Composable] = [
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(value))
        for name, value in equal.items()
    ]
    query = sql.SQL(_QUERY).format(
        column=sql.Identifier(column),
        table=sql.Identifier(model._meta.db_table),
        condition=sql.SQL(" AND ").join(conditions or [sql.SQL("true")]),
        limit=sql.Literal(limit),
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [row[0] for row in cursor.fetchall()]
