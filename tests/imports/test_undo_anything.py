"""Whatever stood there and whatever comes: undone, it stands there again."""

import random

import pytest

from imports.services import ingest_rows
from tests.imports.test_undo import found, state, undo

pytestmark = pytest.mark.django_db(transaction=True)

COLUMNS = {
    "lms_lead_id": ("A", "B", "C", "D", ""),
    "email": ("", "x@example.org", "y@example.org", "z@example.org", "__null__"),
    "first_name": ("", "Ada", "Alan", "__null__"),
    "created_date": ("", "2020-01-01", "2021-02-03T04:05:06.789Z"),
    "score": ("", "1", "2.5", "__null__"),
    "city": ("", "Rome", "Oslo", "__null__"),
    "stop": ("", "yes", "no"),
}
MAPPING = {
    "stop": "consent:email:inverted:only",
    "score": "attribute:score:numeric",
    "city": "attribute:city:string",
}


def table(dice):
    rows = [
        ",".join(dice.choice(cells) for cells in COLUMNS.values())
        for _ in range(dice.randint(1, 9))
    ]
    return "\n".join([",".join(COLUMNS), *rows]) + "\n"


@pytest.mark.parametrize("seed", range(15))
def test_any_import_over_any_imports_is_undone(load, settings, seed):
    dice = random.Random(seed)
    ingest_rows("customers", [{"lms_lead_id": "A", "email": "x@example.org"}], source="api")  # fmt: skip
    load(table(dice), mapping=MAPPING)
    before = state()
    settings.IMPORT_BATCH_ROWS = dice.randint(1, 5)

    job = load(table(dice), mapping=MAPPING)
    done = undo(job)

    assert found(done)[2] == 0
    assert state() == before
