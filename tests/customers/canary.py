"""A customer whose every trace is told by one word, and a search for that word.

The search reads every table of the database, and every file below the folders that the
product writes to, so nothing can be forgotten by forgetting to look.
"""

from pathlib import Path

from django.conf import settings
from django.db import connection

WORD = "zanzibarcanary"
EMAIL = f"{WORD}@example.org"
OLD_EMAIL = f"old.{WORD}@example.org"
LEAD = f"LEAD-{WORD}"
_TABLES = """
SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
ORDER BY 1
"""


def traces(word=WORD):
    """Name every table and file that holds the word, in whatever column or case."""
    return sorted([*_tables(word.lower()), *_files(word.lower())])


def _tables(word):
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        for (table,) in cursor.fetchall():
            cursor.execute(
                f"SELECT EXISTS (SELECT FROM {table} AS t"
                " WHERE position(%s IN lower(t::text)) > 0)",
                [word],
            )
            if cursor.fetchone()[0]:
                yield table.removeprefix("public.")


def _files(word):
    for folder in (settings.MEDIA_ROOT, settings.MAILBOX_DIR):
        for path in Path(folder).rglob("*"):
            if path.is_file() and word.encode() in path.read_bytes().lower():
                yield f"file {path.suffix}"
