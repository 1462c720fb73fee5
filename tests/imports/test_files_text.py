"""Text as systems write it: encodings, line ends, quotes, names of columns."""

import codecs
import contextlib
import csv

import pytest

from customers.models import AttributeDefinition, Customer
from imports.errors import UnknownEncodingError
from imports.services import records
from marketing_os.lib.errors import DomainError
from tests.imports.conftest import counts, refusals

pytestmark = pytest.mark.django_db

ROWS = "lms_lead_id,first_name\nA,Zoë\nB,Bob\n"
UNCLOSED = "A quotation mark in this row is never closed, or stands inside a cell."


def names():
    return list(Customer.objects.order_by("id").values_list("first_name", flat=True))


def attributes():
    found = Customer.objects.order_by("id").values_list("attributes", flat=True)
    return list(found)


@pytest.mark.parametrize(
    "content",
    [
        ROWS.encode("utf-16-le"),
        ROWS.encode("utf-16-be"),
        codecs.BOM_UTF16_LE + ROWS.encode("utf-16-le"),
        ROWS.encode("utf-32"),
        codecs.BOM_UTF8 + codecs.BOM_UTF8 + ROWS.encode(),
        ROWS.replace("A,", "A\r").replace("\r", ",").replace("\n", "\r", 1).encode(),
        ROWS.replace("\n", "\r\n", 1).encode(),
        ROWS.replace("\n", "\r\r\n").encode(),
        ("sep=;\r\n" + ROWS.replace(",", ";")).encode(),
        ('"sep=|"\n' + ROWS.replace(",", "|")).encode(),
        ("\n\n" + ROWS).encode(),
        "".join(f'"{line}"\n' for line in ROWS.splitlines()).encode(),
        "".join(f'"{line}"\n' for line in ROWS.splitlines()).replace(",", ";").encode(),
        '"lms_lead_id,first_name"\nA,Zoë\n"B,""Bob"""\n'.encode(),
    ],
)
def test_any_encoding_any_line_end_and_any_wrapping_is_found(load, content):
    job = load(content)

    assert names() == ["Zoë", "Bob"]
    assert counts(job) == (2, 0, 0, 0)


def test_other_alphabets_in_utf16_without_a_mark_are_found(load):
    load("lms_lead_id,first_name\nA,Мария Иванова\nB,山田太郎\n".encode("utf-16-le"))

    assert names() == ["Мария Иванова", "山田太郎"]


@pytest.mark.parametrize("encoding", ["cp1252", "windows-1252", "utf-16", "klingon"])
def test_a_mark_at_the_beginning_counts_more_than_the_encoding_named(load, encoding):
    load(codecs.BOM_UTF8 + ROWS.encode(), encoding=encoding)

    assert names() == ["Zoë", "Bob"]


def test_the_row_that_is_not_utf8_is_named_when_the_encoding_is_asked_for(upload):
    with pytest.raises(UnknownEncodingError, match="line 3 is not"):
        upload("lms_lead_id,first_name\nA,Ann\nB,Zoë\n".encode("cp1252"))


def test_half_a_character_of_utf16_spoils_its_own_row_only(load):
    broken = ROWS.encode("utf-16-le") + "C,\ud800\nD,Di\n".encode(
        "utf-16-le", "surrogatepass"
    )

    job = load(broken + b"E", encoding="utf-16-le")

    assert names() == ["Zoë", "Bob", "Di"]
    assert [line for line, *_ in refusals(job)] == [4, 6]


@pytest.mark.parametrize(
    "name", ["undefined", "idna", "punycode", "rot13", "zlib", "base64", "utf-7", "\0"]
)
def test_an_encoding_that_is_none_of_text_is_refused_or_read(upload, name):
    with contextlib.suppress(DomainError):
        upload(ROWS, encoding=name)


def test_quotes_left_open_refuse_their_own_rows_and_nothing_else(load):
    rows = [f'A{n},"open' if n % 3 == 0 else f"A{n},Ann" for n in range(3000)]

    job = load("lms_lead_id,first_name\n" + "\n".join(rows) + "\n")

    assert counts(job) == (2000, 0, 0, 1000)
    assert refusals(job)[0] == (2, "", UNCLOSED)


def test_quotes_within_quotes_may_be_escaped_by_backslashes(load):
    rows = r"""
A,"she said \"yes, please\" twice"
B,"C:\folder\"
C,"ends with one \""
D,"broken \" and "more"
""".lstrip()

    job = load("lms_lead_id,note\n" + rows)

    assert [found["note"] for found in attributes()] == [
        'she said "yes, please" twice', "C:\\folder\\", 'ends with one "',
    ]  # fmt: skip
    assert refusals(job) == [(5, "", UNCLOSED)]


@pytest.mark.parametrize("delimiter", ['"', "\n", "||", "\0"])
def test_a_delimiter_that_cannot_be_one_is_refused(upload, delimiter):
    with pytest.raises(DomainError, match="The delimiter is one character"):
        upload(ROWS, delimiter=delimiter)


@pytest.mark.parametrize(
    "row", ['A,"open', 'a",b,"c', 'A,"open ""twice', '"', '"x', ',"\r']
)
def test_a_stray_quote_in_every_row_costs_no_more_than_a_few_looks_at_each(
    upload, monkeypatch, row
):
    looks = 0

    class CountingReader:
        def __init__(self, lines, **arguments):
            self.reader = csv.reader(self.count(lines), **arguments)

        def count(self, lines):
            nonlocal looks
            for line in lines:
                looks += 1
                yield line

        def __getattr__(self, name):
            return getattr(self.reader, name)

        def __iter__(self):
            return self.reader

    monkeypatch.setattr(records, "csv", csv_with(CountingReader))

    upload("lms_lead_id,first_name\n" + f"{row}\n" * 40_000 + "B,Bob\n")

    assert looks < 50 * 40_000


def csv_with(reader):
    """The csv module with another reader."""
    changed = type(csv)("csv")
    changed.__dict__.update(csv.__dict__, reader=reader)
    return changed


def test_line_breaks_in_quotes_hold_wherever_the_file_is_cut_to_be_read(load):
    note = "first line\n" + "second, " * 20 + '\r\nthe ""third""'
    rows = "".join(f'L{n},"{note}{n}"\n' for n in range(8000))

    job = load("lms_lead_id,note\n" + rows)

    assert counts(job) == (8000, 0, 0, 0)
    texts = [found["note"] for found in attributes()]
    assert texts == [note.replace('""', '"') + str(n) for n in range(8000)]


def test_a_value_of_64_kilobytes_comes_in_and_is_found_by_its_end(load):
    text = "x" * 65_530 + " needle"

    load(f'lms_lead_id,note\nA,"{text}"\nB,short\n')

    found = Customer.objects.get(attributes__note__endswith="needle")
    assert found.attributes["note"] == text


def test_a_line_without_end_is_refused_and_never_held_in_memory(upload):
    with pytest.raises(DomainError, match="its line ends are missing"):
        upload(b"lms_lead_id,first_name\nA," + b"x" * 9_000_000)


def test_blank_and_short_rows_are_counted_and_refuse_nothing(load, command):
    content = "lms_lead_id,first_name,last_name\n\nA,Ann,Lee\n , ,\n\nB\n,,\nC,Cy\n"

    job = load(content)
    report = command("import_customers", content)

    assert counts(job) == (3, 0, 0, 0)
    assert (job.report["blank_rows"], job.report["short_rows"]) == (4, 2)
    assert "blank rows 4\nshort rows 2\n" in report


def test_names_of_columns_that_repeat_are_told_apart_by_their_place(load, command):
    content = "lms_lead_id,Email,email,EMAIL,email (2)\nA,a@example.org,b,c,d\n"

    job = load(content)
    report = command("import_customers", content)

    assert [column["name"] for column in job.columns] == [
        "lms_lead_id", "Email", "email (3)", "EMAIL (4)", "email (2)",
    ]  # fmt: skip
    assert Customer.objects.get().email == "a@example.org"
    assert attributes() == [{"email (3)": "b", "EMAIL (4)": "c", "email (2)": "d"}]
    note = "Another column has this name too; this one is called “email (3)”."
    assert f"email (3): {note}" in report


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('"Where do\nyou  live?"', "Where do you live?"),
        ("\ufeffcity", "city"),
        ("ci\u200bty", "city"),
        ("ci\x00ty\x07", "ci ty"),
        ("q" * 300, "q" * 254 + "…"),
    ],
)
def test_odd_names_of_columns_are_made_usable(load, header, name):
    load(f"lms_lead_id,{header}\nA,Rome\n")

    assert AttributeDefinition.objects.get().name == name
    assert attributes() == [{name: "Rome"}]


def test_thousands_of_columns_are_refused_with_their_number(upload):
    with pytest.raises(DomainError, match=r"5,000 columns; 200 are allowed"):
        upload(",".join(f"c{n}" for n in range(5000)) + "\n1\n")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\r\n%PDF-1.4\n1,2\n", "a PDF document"),
        (b"{\\rtf1\\ansi hello}", "a text document"),
        (b'[{"lms_lead_id": "A"}]', "JSON"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel workbook"),
        (b"PAR1\x15\x04", "a Parquet file"),
        (b"<table><tr><td>", "a web page"),
    ],
)
def test_what_is_no_table_is_refused_by_its_content(upload, content, what):
    with pytest.raises(DomainError, match=f"This is not a CSV file but {what}"):
        upload(content, file_name="leads.csv")
