"""Whatever bytes come: a sentence or a report, and every row accounted for."""

import codecs
import contextlib
import csv
import encodings.aliases
import io
import random

import pytest

from imports.models import ImportJob
from imports.services import create_job, run_job, set_mapping
from imports.services.checking import check_job
from imports.services.jobs import confirm_job
from imports.services.packed import open_table
from imports.services.records import Record, read_records
from imports.services.sources import HashingReader
from marketing_os.lib.errors import DomainError
from tests.imports.conftest import counts

pytestmark = pytest.mark.django_db

SEEDS = range(30)
SPICE = [
    b'"', b'""', b",", b";", b"\t", b"\n", b"\r", b"\r\n", b"\0", b"\\", b"\\.", b"'",
    b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xc3", b"__null__", b"NaN", b"1e99",
    b"9" * 40, b"%s", b"{}", b"[1,", b"sep=;\n", b"=1+1", b" ", b"\xc2\xa0", b"\x1a",
    b"0000-00-00", b"31/02/2026", b"99999", b"2026-13-45T99:99", b"\x85", b"\xe2\x80\xa8",
]  # fmt: skip
KINDS = ("age", "born", "seen", "vip", "tags", "note")


def table(dice):
    """A table of sixty customers, each row of which names its number."""
    header = ["lms_lead_id", "email", "mobile", "timezone", "created_date", *KINDS]
    rows = [
        [
            f"L{n}", f"l{n}@example.org", "+442079460018", "Europe/Paris", "2026-01-31",
            str(n), "2000-02-29", "2026-01-31 10:00", "yes", "a;b", '"one\ntwo, three"',
        ]
        for n in range(60)
    ]  # fmt: skip
    delimiter = dice.choice([",", ";", "\t", "|"])
    ending = dice.choice(["\n", "\r\n", "\r"])
    text = ending.join(delimiter.join(row) for row in [header, *rows])
    return text.encode(dice.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16"]))


def spoiled(content, dice):
    """Bytes with some put in, some taken out and some changed."""
    data = bytearray(content)
    for _ in range(dice.randint(1, 12)):
        place = dice.randrange(len(data) + 1)
        match dice.randrange(4):
            case 0:
                data[place:place] = dice.choice(SPICE)
            case 1:
                del data[place : place + dice.choice([1, 1, 2, 30])]
            case 2:
                data[place : place + 1] = dice.choice(SPICE)
            case _:
                data[place:place] = data[place : place + 200]
    return bytes(data)


def import_whatever(content, **arguments):
    """Import a file to its end, or return the sentence that refuses it."""
    with contextlib.closing(io.BytesIO(content)) as file:
        try:
            job = create_job(
                "customers", file, file_name="f.csv", source="command", **arguments
            )
            set_mapping(job, job.mapping, {"date_order": "dmy"})
            check_job(job)
            run_job(confirm_job(job))
        except DomainError as refusal:
            return str(refusal)
    return job


def is_a_sentence(job):
    return isinstance(job, str) and job.endswith((".", "…"))


def is_whole(job):
    """Tell that every row of the file is counted."""
    is_done = isinstance(job, ImportJob) and job.status == ImportJob.Status.DONE
    return is_done and sum(counts(job)) == job.rows_total


@pytest.mark.parametrize("seed", SEEDS)
def test_a_spoiled_table_is_refused_with_a_sentence_or_every_row_is_counted(seed):
    dice = random.Random(seed)

    job = import_whatever(spoiled(table(dice), dice), encoding=dice.choice(["", "utf-8"]))  # fmt: skip

    assert is_a_sentence(job) or is_whole(job)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_bytes_are_refused_with_a_sentence(seed):
    dice = random.Random(seed)
    content = dice.randbytes(dice.choice([1, 3, 50, 5000]))
    head = dice.choice([b"", b"lms_lead_id,x\n", b"\x1f\x8b", b"PK\x03\x04", codecs.BOM_UTF16_LE])  # fmt: skip

    job = import_whatever(head + content, encoding=dice.choice(["", "utf-8", "cp1252"]))

    assert is_a_sentence(job) or is_whole(job)


def test_every_encoding_that_python_knows_is_read_or_refused():
    content = b"lms_lead_id,first_name\nA,Ada\n"
    jobs = {
        name: import_whatever(content, encoding=name)
        for name in sorted(set(encodings.aliases.aliases.values()))
    }

    wrong = [n for n, job in jobs.items() if not (is_a_sentence(job) or is_whole(job))]
    assert wrong == []
    assert is_whole(jobs["utf_8"])
    assert is_whole(jobs["cp1252"])
    assert is_a_sentence(jobs["zlib_codec"])


ROWS = 400


def stray_quotes(seed):
    """The text of a table of which every row has a mark, with quotes strewn in."""
    dice = random.Random(seed)
    lines = ["id,text,number", *(f"<{n}>,some text,{n}" for n in range(ROWS))]
    for _ in range(dice.randint(1, 40)):
        place = dice.randrange(1, len(lines))
        line = lines[place]
        where = dice.choice([line.find(","), len(line), 0])
        stray = dice.choice(['"', '"x', ',"', ',"",', '""'])
        lines[place] = line[:where] + stray + line[where:]
    return "\n".join(lines)


def lost(records):
    """The rows whose mark stands in no cell, and whose line is not refused either."""
    kept = "\n".join(",".join(record.cells) for record in records)
    refused = {record.line for record in records if record.problem}
    return [n for n in range(ROWS) if f"<{n}>" not in kept and n + 2 not in refused]


def read_by_the_product(text):
    file, dialect = open_table(io.BytesIO(text.encode()), delimiter=",")
    return list(read_records(HashingReader(file), dialect))


def read_and_skip_what_is_broken(text):
    reader = csv.reader(io.StringIO(text), strict=True)
    records = []
    while True:
        line = reader.line_num + 1
        try:
            records.append(Record(line, next(reader)))
        except StopIteration:
            return records
        except csv.Error:
            records.append(Record(line, [], "broken"))


def test_stray_quotes_lose_no_row():
    for seed in range(100):
        assert lost(read_by_the_product(stray_quotes(seed))) == []


def test_a_reader_that_skips_what_is_broken_would_lose_rows():
    tables = [stray_quotes(seed) for seed in range(100)]

    assert any(lost(read_and_skip_what_is_broken(table)) for table in tables)
