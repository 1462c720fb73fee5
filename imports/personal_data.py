"""What imports keep about a customer, and forget when they are erased.

Uploaded files are searched one by one, before the rest is forgotten in one transaction;
what was uploaded meanwhile is searched within that. It comes before the customer's row
is locked: a batch of an import locks its job first, and then customers.
"""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone

from imports.models import ImportChange, ImportConflict, ImportJob, ImportReject
from imports.services.cleaning import OVER, TO_DELETE, delete_marked_files
from imports.services.naming import lines_naming
from imports.services.staging import drop_stage
from marketing_os.lib.personal_data import Person, Searched, described
from marketing_os.lib.registry import registry

_APP = "imports"
STOPPED = (
    "Cancelled, and the file deleted, because a customer whom it names was erased."
    " Import the file again without that customer."
)


def describe_person(person: Person) -> dict[str, Any]:
    """List what imports changed about a customer, refused, or still hold in files."""
    files = _files(person)
    return {
        "import_changes": described(ImportChange.objects.filter(owner_id=person.pk)),
        "import_conflicts": described(
            ImportConflict.objects.filter(owner_id=person.pk)
        ),
        "import_rejects": described(_rejects(person.marks, files)),
        "import_files": [
            {"import": job.pk, "file": job.file_name, "lines": lines}
            for job, lines in files
        ],
    }


@transaction.atomic
def forget_person(person: Person) -> None:
    """Forget values of changes and rejects, and delete every file that names them.

    An import that is not over yet would bring the person back, so it is cancelled.
    """
    files = _files(person)
    rejects = list(_rejects(person.marks, files).values_list("pk", flat=True))
    ImportReject.objects.filter(pk__in=rejects).update(value="")
    ImportChange.objects.filter(owner_id=person.pk).delete()
    ImportConflict.objects.filter(owner_id=person.pk).delete()
    for job, _lines in files:
        _forget_file(job)
    transaction.on_commit(delete_marked_files)


def search_further(person: Person) -> Searched | None:
    """Look whether the next file names a person."""
    before = person.searched.get(_APP, Searched())
    job = _kept_files().filter(pk__gt=before.place).first()
    if job is None:
        return None
    is_named = bool(person.marks and lines_naming(job, person.marks))
    return Searched(job.pk, (*before.found, job.pk) if is_named else before.found)


def _kept_files() -> QuerySet[ImportJob]:
    return ImportJob.objects.exclude(file="").order_by("id")


def _files(person: Person) -> list[tuple[ImportJob, list[int]]]:
    """List the files that name a person, with their lines."""
    searched = person.searched.get(_APP, Searched())
    kept = _kept_files().filter(Q(pk__gt=searched.place) | Q(pk__in=searched.found))
    found = ((job, lines_naming(job, person.marks)) for job in kept if person.marks)
    return [(job, lines) for job, lines in found if lines]


def _forget_file(job: ImportJob) -> None:
    # A running batch holds this row until it is committed; then its lease is gone.
    job = ImportJob.objects.select_for_update().get(pk=job.pk)
    if job.status not in (*OVER, ImportJob.Status.UNDOING):
        job.status, job.error = ImportJob.Status.CANCELLED, STOPPED
        job.lease_token, job.finished_at = None, timezone.now()
    job.preview = {**job.preview, "changes": []} if job.preview else {}
    job.columns = [_without_cells(column) for column in job.columns]
    drop_stage(job)
    job.report = job.report | {TO_DELETE: job.file.name}
    job.file = ""
    job.save()


def _without_cells(column: dict[str, Any]) -> dict[str, Any]:
    """Take the shown cells of a file out of what is known about a column of it."""
    types = column.get("types") or {}
    note = column.get("note", "")
    if types:
        nearly = [one | {"values": []} for one in types.get("nearly", [])]
        dates = types.get("dates") or {}
        note = "" if note == dates.get("question") else note  # it quotes a cell
        dates = dates | {"lines": [], "question": ""}
        types = types | {"nearly": nearly, "dates": dates}
    return column | {"sample": [], "types": types, "note": note}


def _rejects(
    marks: Sequence[str], files: list[tuple[ImportJob, list[int]]]
) -> QuerySet[ImportReject]:
    named = Q(pk=None)
    for job, lines in files:
        named |= Q(job=job, line__in=lines)
    for mark in marks:
        named |= Q(lower_value__contains=mark) if "@" in mark else Q(lower_value=mark)
    return ImportReject.objects.annotate(lower_value=Lower("value")).filter(named)


registry.exporters[_APP] = describe_person
registry.erasers[_APP] = forget_person
registry.searches[_APP] = search_further
