"""Files within files: gzip, archives, workbooks."""

import datetime as dt
import gzip
import io
import zipfile

import openpyxl
import pytest
from openpyxl.styles import Font

from customers.models import Customer
from imports.models import ImportJob
from imports.services import packed
from marketing_os.lib.errors import DomainError

pytestmark = pytest.mark.django_db

ROWS = b"lms_lead_id,first_name\nA,Ada\nB,Bob\n"


def zipped(files, **arguments):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, **arguments) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def workbook(*rows):
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(ROWS),
        gzip.compress(ROWS[:30]) + gzip.compress(ROWS[30:]),
        zipped({"leads.csv": ROWS}),
        zipped({"__MACOSX/._leads.csv": b"x", "folder/": b"", "folder/leads.csv": ROWS}),
        gzip.compress(workbook(["lms_lead_id", "first_name"], ["A", "Ada"], ["B", "Bob"])),
    ],
    ids=["gzip", "two gzips in one", "zip", "zip of a Mac", "gzip of a workbook"],
)  # fmt: skip
def test_a_packed_file_is_read_like_the_file_in_it(load, content):
    job = load(content, file_name="leads.csv.gz")

    assert job.file_name == "leads.csv.gz"
    assert set(Customer.objects.values_list("first_name", flat=True)) == {"Ada", "Bob"}


def test_a_file_that_comes_again_packed_is_the_same_file(load, upload):
    first = load(ROWS)

    assert upload(gzip.compress(ROWS)).report == {"same_file_as": first.pk}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (gzip.compress(ROWS)[:-12], "damaged or locked"),
        (b"\x1f\x8b" + b"nothing", "damaged or locked"),
        (b"PK\x03\x04" + b"nothing", "damaged or locked"),
        (gzip.compress(gzip.compress(ROWS)), "a compressed file inside another"),
        (zipped({"a.csv": ROWS, "b.csv": ROWS}), "holds 2 files; send one"),
        (zipped({"folder/": b""}), "holds 0 files"),
        (zipped({"word/document.xml": b"<a/>", "x.xml": b"<b/>"}), "holds 2 files"),
        (gzip.compress(bytes(50_000_000)), "too large when it is unpacked"),
        (zipped({"a.csv": bytes(50_000_000)}), "too large when it is unpacked"),
        (gzip.compress(b""), "The file is empty."),
    ],
    ids=[
        "gzip cut off",
        "gzip damaged",
        "zip damaged",
        "gzip in gzip",
        "two files",
        "no file",
        "a document",
        "gzip that swells",
        "zip that swells",
        "nothing in it",
    ],
)
def test_an_archive_that_cannot_be_read_is_refused_with_a_sentence(
    upload, content, sentence
):
    with pytest.raises(DomainError) as refusal:
        upload(content)

    assert sentence in str(refusal.value)
    assert not ImportJob.objects.exists()


def test_a_file_that_swells_past_the_limit_is_refused(upload, monkeypatch):
    monkeypatch.setattr(packed, "MAX_UNPACKED", 1000)
    rows = b"".join(b"L%d,Ann\n" % number for number in range(500))

    with pytest.raises(DomainError, match="too large when it is unpacked"):
        upload(gzip.compress(b"lms_lead_id,first_name\n" + rows))


def test_dates_and_times_of_a_workbook_are_what_its_cells_show(load):
    load(
        workbook(
            ["lms_lead_id", "born", "seen", "score", "code"],
            ["A", dt.date(2000, 2, 29), dt.datetime(2026, 1, 31, 14, 30), 2.5, "007"],  # noqa: DTZ001
            ["B", dt.date(1999, 12, 31), None, 3.0, None],
        )
    )

    assert Customer.objects.get(lms_lead_id="A").attributes == {
        "born": "2000-02-29",
        "seen": "2026-01-31T14:30:00Z",
        "score": 2.5,
        "code": "007",
    }


def test_a_sheet_is_as_wide_as_its_header_however_wide_it_was_coloured(load):
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in ([None], ["lms_lead_id", "x", "y"], ["A", 1], [], ["B", None, 2]):
        book.active.append(row)
    book.active.cell(2, 16_000).font = Font(bold=True)
    book.active.cell(900, 3).font = Font(bold=True)
    book.save(out)

    job = load(out.getvalue(), file_name="leads.xlsx")

    assert [column["name"] for column in job.columns] == ["lms_lead_id", "x", "y"]
    assert (job.rows_total, "short_rows" in job.report) == (2, False)


def test_a_workbook_without_a_sheet_of_cells_is_refused(upload):
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.create_chartsheet("Chart")
    del book["Sheet"]
    book.save(out)

    with pytest.raises(DomainError, match="has no cells"):
        upload(out.getvalue(), file_name="chart.xlsx")
