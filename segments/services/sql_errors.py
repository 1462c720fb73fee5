"""What a database error means, in words that carry no data.

PostgreSQL's own text may quote a value: `email::int` prints an address. While a
statement is only planned no row has been read, so what is said then about names and
syntax is the author's own text and may be shown.
"""

from dataclasses import dataclass

import psycopg
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from segments.errors import SegmentError

_MEANINGS = {
    "21000": gettext_lazy("A subquery returned more than one row."),
    "22003": gettext_lazy("A number is too big for its type."),
    "22007": gettext_lazy("A value is not a date or time."),
    "22008": gettext_lazy("A date or time is out of range."),
    "22012": gettext_lazy("Something is divided by zero."),
    "22023": gettext_lazy("A function got a value that it cannot work with."),
    "22P02": gettext_lazy("A value cannot be read as the type that the query wants."),
    "2201B": gettext_lazy("A regular expression is not valid."),
    "25006": gettext_lazy("A segment may only read."),
    "42501": gettext_lazy(
        "The query may read only the tables listed beside the editor, and call only "
        "harmless functions."
    ),
    "42P19": gettext_lazy("The recursion of the query is not valid."),
    "53000": gettext_lazy("The database has no room left for this query."),
    "53100": gettext_lazy("The database has no room left for this query."),
    "53200": gettext_lazy("The query needs too much memory."),
    "53400": gettext_lazy("The query needs too much temporary space."),
    "54000": gettext_lazy("The query goes past a limit of the database."),
    "54001": gettext_lazy("The query is nested too deeply."),
    "54011": gettext_lazy("The query has too many columns."),
    "55P03": gettext_lazy("Something that the query reads is locked; try again."),
    "08P01": gettext_lazy("The query must not have parameters such as $1."),
    "0A000": gettext_lazy("Only a plain SELECT can find customers."),
}
_NO_JSON = "invalid input syntax for type json"
_CLASSES = {
    "08": gettext_lazy("The connection to the database was lost; try again."),
    "22": gettext_lazy("A value does not fit what the query does with it."),
    "42": gettext_lazy("The query is not valid SQL."),
    "53": gettext_lazy("The database is too busy for this query; try again."),
    "54": gettext_lazy("The query goes past a limit of the database."),
    "57": gettext_lazy("The database broke the query off; try again."),
}


@dataclass(frozen=True)
class Statement:
    """What was sent: the author's `text`, and how many characters stood before it.

    `is_planning` says that no row has been read yet.
    """

    text: str
    prefix: int
    seconds: float
    is_planning: bool


def explained(error: psycopg.Error, statement: Statement) -> SegmentError:
    """Turn a database error into a sentence with its place in the author's text."""
    line, column = _place(error.diag.statement_position, statement)
    message = _meaning(error, statement)
    if line is not None:
        message = _("%(message)s (Line %(line)s, column %(column)s.)") % {
            "message": message,
            "line": line,
            "column": column,
        }
    return SegmentError(message, line=line, column=column)


def took_too_long(seconds: float) -> SegmentError:
    return SegmentError(
        _("The query was stopped because it took longer than %(seconds)g seconds.")
        % {"seconds": seconds}
    )


def _meaning(error: psycopg.Error, statement: Statement) -> str:
    state = error.sqlstate or "08000"
    if state == "57014":
        return str(took_too_long(statement.seconds))
    if state == "42601" and "memory exhausted" in (error.diag.message_primary or ""):
        state = "54001"  # the parser's stack is full; PostgreSQL calls it syntax
    if state == "42601" and not error.diag.statement_position:
        return _("Write one statement only, without “;” in between.")
    if state == "22P02" and error.diag.message_primary == _NO_JSON:
        return _("A text among JSON values stands in double quotes too: '\"London\"'.")
    if state in _MEANINGS:
        return str(_MEANINGS[state])
    if state.startswith("42") and statement.is_planning:
        return _own_words(error)
    meaning = _CLASSES.get(state[:2])
    if meaning is not None:
        return str(meaning)
    return _("The database refused the query (SQLSTATE %s).") % state


def _own_words(error: psycopg.Error) -> str:
    sentences = (error.diag.message_primary, error.diag.message_hint)
    return " ".join(
        f"{sentence[0].upper()}{sentence[1:].rstrip('.')}."
        for sentence in sentences
        if sentence
    )


def _place(
    position: str | None, statement: Statement
) -> tuple[int, int] | tuple[None, None]:
    """Turn PostgreSQL's position, in characters from 1, into line and column."""
    if not position:
        return None, None
    offset = int(position) - 1 - statement.prefix
    if not 0 <= offset <= len(statement.text):
        return None, None
    before = statement.text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
