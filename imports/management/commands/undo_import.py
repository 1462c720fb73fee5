import argparse
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from imports.models import ImportJob, ImportUndo
from imports.services import confirm_undo, request_undo, work_on_undo
from marketing_os.lib.errors import DomainError

_CONFLICTS_SHOWN = 10
_SLICE_SECONDS = 2.0


class Command(BaseCommand):
    help = "Undo an import as a whole: remove what it added, put back what it changed."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        add(
            "id", type=int, metavar="ID", help="The import's number, as in its address."
        )
        add("--dry-run", action="store_true", help="Look and report, undo nothing.")
        add("--skip-touched", action="store_true",
            help="Leave what changed after the import, and undo the rest.")  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        job = ImportJob.objects.filter(pk=options["id"]).first()
        if job is None:
            raise CommandError(f"There is no import {options['id']}.")
        try:
            undo = self._finished(job, request_undo(job))
            self._report_conflicts(undo)
            if not options["dry_run"]:
                skip = options["skip_touched"]
                undo = self._finished(job, confirm_undo(job, skip_touched=skip))
        except DomainError as error:
            raise CommandError(str(error)) from error
        self._report(undo)

    def _finished(self, job: ImportJob, undo: ImportUndo) -> ImportUndo:
        """Work on the undo, or wait for the worker that is at it."""
        while undo.state in (ImportUndo.State.CHECKING, ImportUndo.State.UNDOING):
            before = undo.done
            work_on_undo(job, seconds=_SLICE_SECONDS)
            undo.refresh_from_db()
            if undo.done == before:
                time.sleep(0.2)
            self.stderr.write(f"{undo.done:,} of {undo.total:,} changes")
        if undo.state == ImportUndo.State.FAILED:
            raise DomainError(undo.error)
        return undo

    def _report_conflicts(self, undo: ImportUndo) -> None:
        for found in undo.conflicts.order_by("line", "id")[:_CONFLICTS_SHOWN]:
            what = found.reason or (
                f"{found.field} was imported as “{found.imported}” and is now"
                f" “{found.now}”."
            )
            self.stdout.write(f"Line {found.line}, {found.who}: {what}")

    def _report(self, undo: ImportUndo) -> None:
        counts = {
            "removed": undo.removed_count,
            "put back": undo.restored_count,
            "changed since": undo.touched_count,
            "gone already": undo.gone_count,
        }
        said = ", ".join(f"{word} {count:,}" for word, count in counts.items())
        ended = "" if undo.state == ImportUndo.State.DONE else "; nothing undone"
        self.stdout.write(said + ended)
