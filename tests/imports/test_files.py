import codecs
import io
import zipfile

import openpyxl
import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile

from customers.models import Customer
from imports.errors import UnknownEncodingError
from imports.models import ImportJob
from imports.services import create_job
from marketing_os.lib.errors import DomainError
from tests.imports.conftest import counts, refusals

pytestmark = pytest.mark.django_db

ROWS = "lms_lead_id,first_name\nA,Zoë\nB,Bob\n"


def names():
    return list(Customer.objects.order_by("id").values_list("first_name", flat=True))


@pytest.mark.parametrize(
    "content",
    [
        ROWS.encode(),
        codecs.BOM_UTF8 + ROWS.encode(),
        ROWS.encode("utf-16"),
        codecs.BOM_UTF16_BE + ROWS.encode("utf-16-be"),
        ROWS.replace("\n", "\r\n").encode(),
        ROWS.replace("\n", "\r").encode(),
        ROWS.replace(",", ";").encode(),
        ROWS.replace(",", "\t").encode(),
        ROWS.replace(",", "|").encode(),
        ROWS.replace("\n", "\n\n,\n").encode(),
        ROWS.replace("lms_lead_id,first_name", " LMS Lead ID , First Name ").encode(),
        *(
            ROWS.replace("lms_lead_id", header).encode()
            for header in ("Lead No", "lead-id", "LEAD NO.")
        ),
        ROWS.rstrip().encode(),
        '"lms_lead_id","first_name"\n"A","Zoë"\n"B","Bob"'.encode(),
    ],
)
def test_encodings_delimiters_and_line_ends_are_found(load, content):
    load(content)

    assert names() == ["Zoë", "Bob"]


def test_another_encoding_must_be_named(load, upload):
    content = ROWS.encode("cp1252")

    with pytest.raises(UnknownEncodingError, match="Say which encoding it has"):
        upload(content)
    load(content, encoding="cp1252")

    assert names() == ["Zoë", "Bob"]


def test_rows_that_are_not_utf8_are_refused_when_utf8_was_named(load):
    job = load(b"lms_lead_id,first_name\nA,Zo\xeb\nB,\xed\xa0\x80\nC,Cy\n", encoding="utf-8")  # fmt: skip

    assert [line for line, *_ in refusals(job)] == [2, 3]
    assert names() == ["Cy"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b" \r\n\r\n", "The file is empty."),
        (codecs.BOM_UTF8, "The file is empty."),
        (b"a,b\n", "The file has a header but no rows."),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "This is not a CSV file but a picture."),
        (b"%PDF-1.7\n%", "This is not a CSV file but a PDF document."),
        (b"MZ" + bytes(5000), "This is not a CSV file: it holds binary data."),
        (b"<!DOCTYPE html><p>", "This is not a CSV file but a web page"),
        (b",".join(b"c%d" % n for n in range(201)) + b"\n1\n", "The file has 201"),
        (b'"a,b\n1,2\n', "The header cannot be read."),
    ],
)
def test_what_cannot_be_read_is_said_and_leaves_nothing(upload, content, sentence):
    with pytest.raises(DomainError) as refusal:
        upload(content)

    assert sentence in str(refusal.value)
    assert not ImportJob.objects.exists()
    assert not [file for _, files in _walk("") for file in files]


def _walk(folder):
    if not default_storage.exists(folder or "."):
        return
    folders, files = default_storage.listdir(folder)
    yield folder, files
    for name in folders:
        yield from _walk(f"{folder}/{name}".strip("/"))


def test_an_unknown_encoding_is_refused(upload):
    with pytest.raises(DomainError, match="There is no encoding called “klingon”"):
        upload(ROWS, encoding="klingon")


def test_quoted_cells_may_span_lines(load):
    job = load('lms_lead_id,note\nA,"one\r\ntwo, \\. ""three""\n\\.\n"\nB,x\nC,"\n')

    notes = [c.attributes.get("note") for c in Customer.objects.order_by("id")]
    assert notes == ['one\r\ntwo, \\. "three"\n\\.', "x"]
    assert [line for line, *_ in refusals(job)] == [7]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('B,"open', "never closed"),
        ('B,"a"b', "never closed, or stands inside"),
        ("B,x,y", "This row has 3 cells where the header has 2."),
        ("B,a\0b", "This row holds a NUL character."),
        ("B," + "x" * 100_001, "A cell is longer than 100,000 characters."),
        ('B,"' + "x" * 140_000 + '"', "A cell is longer than 100,000 characters."),
    ],
)
def test_a_broken_row_is_refused_alone(load, row, reason):
    job = load(f"lms_lead_id,first_name\nA,Ada\n{row}\nC,Cy\nD,Di\n")

    assert names() == ["Ada", "Cy", "Di"]
    [(line, _, told)] = refusals(job)
    assert (line, reason in told) == (3, True)


def test_a_quote_left_open_takes_only_its_own_row(load):
    job = load('lms_lead_id,first_name\nA,"Ada\nB,Bob\nC,"Cy"\nD,Di\n')

    assert names() == ["Bob", "Cy", "Di"]
    assert [line for line, *_ in refusals(job)] == [2]


def test_rows_may_lack_cells_at_their_end(load):
    job = load("lms_lead_id,first_name,last_name\nA,Ada\nB,Bob,\nC,Cy,Cole,,\n")

    assert counts(job) == (3, 0, 0, 0)


def test_a_workbook_is_read_as_its_first_sheet(load):
    book = openpyxl.Workbook()
    for row in (["lms_lead_id", "age", "vip", "born"], ["A", 30.0, True, None]):
        book.active.append(row)
    book.active["D2"] = __import__("datetime").date(2000, 2, 29)
    file = io.BytesIO()
    book.save(file)

    load(file.getvalue(), file_name="leads.xlsx")

    assert Customer.objects.get().attributes == {"age": 30, "vip": True, "born": "2000-02-29"}  # fmt: skip


def test_a_workbook_that_swells_is_refused(upload):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"")
        archive.writestr("xl/worksheets/sheet1.xml", bytes(50_000_000))

    with pytest.raises(DomainError, match="The workbook is too large"):
        upload(file.getvalue())


@pytest.mark.parametrize("made", [SimpleUploadedFile, TemporaryUploadedFile])
def test_a_browsers_upload_is_read_like_any_file(made):
    file = (
        made("leads.csv", ROWS.encode())
        if made is SimpleUploadedFile
        else made("leads.csv", "text/csv", 0, None)
    )
    if made is TemporaryUploadedFile:
        file.write(ROWS.encode())

    job = create_job("customers", file, file_name=file.name, source="admin")

    assert (job.rows_total, job.delimiter, job.file_name) == (2, ",", "leads.csv")


def test_columns_without_a_name_are_left_out_and_told(upload):
    job = upload("lms_lead_id,,x,\nA,,1,2\n")

    notes = [(c["name"], c["mapping"], c["note"]) for c in job.columns]
    assert notes == [
        ("lms_lead_id", "lms_lead_id", ""),
        ("column 2", "", "This column has no name and is empty."),
        ("x", "attribute:x:numeric", ""),
        ("column 4", "", "This column has no name."),
    ]


def test_the_same_file_again_is_noticed(load, upload):
    first = load(ROWS)

    assert upload(ROWS).report == {"same_file_as": first.pk}
