"""E-mail addresses and phone numbers: rules that only a library knows.

The database passes the addresses that are plainly right; the library is asked once
for each distinct other value, and its verdicts are joined by value.
"""

from collections.abc import Callable, Iterable

import phonenumbers
from django.conf import settings
from email_validator import EmailNotValidError, validate_email
from psycopg import sql

from imports.database import copy_in, execute, stream
from imports.services.casts import REASONS

Verdict = tuple[str | None, str]

# A subset of what the library accepts and leaves as it is but for the domain's case;
# names reserved for tests, encoded and odd domains are left to the library.
_PLAIN_EMAIL = (
    r"^[a-zA-Z0-9_+-]+(\.[a-zA-Z0-9_+-]+)*"
    r"@([a-zA-Z0-9]([a-zA-Z0-9]|-[a-zA-Z0-9])*\.)+[a-zA-Z]{2,24}$"
)
_RESERVED = r"\.(arpa|invalid|local|localhost|onion|test)$"


def _plain_email(value: sql.Composable) -> sql.Composable:
    return sql.SQL("({0} ~ {1} AND length({0}) <= 64 AND lower({0}) !~ {2})").format(
        value, sql.Literal(_PLAIN_EMAIL), sql.Literal(_RESERVED)
    )


def _never(value: sql.Composable) -> sql.Composable:
    return sql.SQL("false")


def judge_email(text: str) -> Verdict:
    try:
        checked = validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return None, REASONS["email"]
    return checked.normalized, ""


def judge_phone(text: str) -> Verdict:
    """Write a number in international form; without a region or a + it is kept.

    The apostrophe with which spreadsheets keep a number from being a formula is dropped.
    """
    text = text.removeprefix("'")
    region = settings.DEFAULT_PHONE_REGION or None
    if region is None and not text.startswith("+"):
        return (text, "") if len(text) <= 50 else (None, REASONS["phone"])
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None, REASONS["phone"]
    if not phonenumbers.is_valid_number(number):
        return None, REASONS["phone"]
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), ""


JUDGES: dict[str, Callable[[str], Verdict]] = {
    "email": judge_email,
    "phone": judge_phone,
}
_PLAIN = {"email": _plain_email, "phone": _never}
_PLAIN_VALUE = {
    "email": "split_part({0}, '@', 1) || '@' || lower(split_part({0}, '@', 2))",
    "phone": "{0}",
}
VERDICTS = sql.SQL("pg_temp.ingest_verdicts")


def prepare_verdicts() -> None:
    """Make the empty temporary table of verdicts for this transaction."""
    execute(
        sql.SQL(
            "CREATE TEMP TABLE IF NOT EXISTS ingest_verdicts (judge text, raw text,"
            " value text, reason text) ON COMMIT DELETE ROWS"
        )
    )
    execute(sql.SQL("DELETE FROM {}").format(VERDICTS))


def judge_values(
    judge: str, values: sql.Composable, look_up: Callable[[], None] | None = None
) -> None:
    """Judge each distinct value of a relation with one text column `value`."""
    query = sql.SQL(
        "SELECT DISTINCT value FROM {} WHERE value IS NOT NULL AND NOT {}"
    ).format(values, _PLAIN[judge](sql.SQL("value")))
    for rows in stream(query):
        _store(judge, [(text, *JUDGES[judge](text)) for (text,) in rows])
        if look_up is not None:
            look_up()


def _store(judge: str, verdicts: Iterable[tuple[str, str | None, str]]) -> None:
    query = sql.SQL("COPY {} FROM STDIN").format(VERDICTS)
    with copy_in(query) as copy:
        for raw, value, reason in verdicts:
            copy.write_row((judge, raw, value, reason))


def judged_sql(judge: str, value: sql.Composable) -> sql.Composable:
    """Return the judged value where `verdict_join` is joined; no verdict: plain."""
    return sql.SQL("CASE WHEN {0}.raw IS NULL THEN {1} ELSE {0}.value END").format(
        _alias(judge), sql.SQL(_PLAIN_VALUE[judge]).format(value)
    )


def reason_sql(judge: str) -> sql.Composable:
    return sql.SQL("{}.reason").format(_alias(judge))


def verdict_join(judge: str, value: sql.Composable) -> sql.Composable:
    return sql.SQL(
        " LEFT JOIN {verdicts} AS {alias}"
        " ON {alias}.judge = {judge} AND {alias}.raw = {value}"
    ).format(
        verdicts=VERDICTS,
        alias=_alias(judge),
        judge=sql.Literal(judge),
        value=value,
    )


def _alias(judge: str) -> sql.Identifier:
    return sql.Identifier(f"verdict_{judge}")
