"""What the `import_*` commands share; each names its target and its help."""

import argparse
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from imports.models import ImportJob
from imports.services import (
    can_be_undone,
    cancel_job,
    check_job,
    confirm_job,
    count_rejects,
    create_job,
    named_mapping,
    run_job,
    set_mapping,
    suggest_mapping,
    use_mapping,
    work_on_undo,
    write_rejects,
)
from imports.services.mapping import normal_name
from imports.targets import get_target
from imports.words import describe, missing_fields
from marketing_os.lib.errors import DomainError

_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}
_REJECTS_SHOWN = 10
_VALUES_SHOWN = 3
_BAR = 30
_SLICE_SECONDS = 2.0
_FINISHED = (
    ImportJob.Status.DONE,
    ImportJob.Status.FAILED,
    ImportJob.Status.CANCELLED,
)
_MAP_HELP = """
--map COLUMN=FIELD says what a column becomes, and may be given many times. FIELD is one
of the fields above, or
  attribute:NAME:TYPE        an attribute (activities: property:NAME:TYPE); TYPE is numeric,
                             string, date, timestamp, boolean or array, and is judged over
                             the whole column when left out
  consent:CHANNEL            consent: a no withdraws it, a yes changes nothing, because an
                             import never raises consent; the column is also kept as an
                             attribute, unless :only is added
  consent:CHANNEL:inverted   the same for a column where yes means no, such as
                             --map "Do Not Email=consent:email:inverted"
  (nothing)                  leave the column out: --map COLUMN=
Columns that are not mapped are recognised by their names; other columns of customers
become attributes (a header such as age:numeric says the type), of activities properties.
An empty cell keeps what is there, __null__ clears it.

It ends with 0 when the file was imported, also if rows of it were refused
(--all-or-nothing refuses the whole file then), and with 1 and a sentence otherwise.
"""


class ImportCommand(BaseCommand):
    """Imports a file into one target: check, report, run, report."""

    target = ""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        fields = ", ".join(field.name for field in get_target(self.target).fields)
        kwargs["epilog"] = f"Fields: {fields}.\n{_MAP_HELP}"
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        add("file", type=Path, metavar="FILE",
            help="A CSV, TSV or .xlsx file, also as .gz or alone in a .zip.")  # fmt: skip
        add("--map", action="append", default=[], metavar="COLUMN=FIELD")
        add("--mapping", default="", metavar="NAME",
            help="A saved mapping; --map and the other options go above it.")  # fmt: skip
        add("--missing", action="append", default=[], metavar="WORD",
            help="A word that means an empty cell; may be given many times.")  # fmt: skip
        add("--dry-run", action="store_true", help="Check and report, write nothing.")
        add("--rejects", type=Path, metavar="FILE", help="Write refused rows as CSV.")
        add(
            "--encoding", default="", help="Such as cp1252; default: UTF-8 or its mark."
        )
        add("--delimiter", default="", help="One character, or tab; default: found.")
        add("--date-order", choices=("dmy", "mdy"), default="",
            help="How dates such as 01/02/2026 are meant.")  # fmt: skip
        add("--decimal-comma", action="store_true", help="1.234,5 is a number.")
        add("--timezone", default="", help="Zone of times without one.")
        add("--all-or-nothing", action="store_true", help="Refuse all if a row is.")
        add("--may-start-workflows", action="store_true",
            help="Let these rows start workflows; without it they are history.")  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        try:
            job = self._create(options)
            self._say_same_file(job)
            mapping, chosen = self._mapping(job, options)
            set_mapping(job, mapping, chosen)
            self._say(f"Checking {job.rows_total:,} rows …")
            check_job(job)
            if not options["dry_run"]:
                confirm_job(job)
                self._run(job)
        except DomainError as error:
            raise CommandError(str(error)) from error
        self._report(job, options, time.monotonic() - began)
        if options["dry_run"]:
            cancel_job(job)

    def _create(self, options: Mapping[str, Any]) -> ImportJob:
        path: Path = options["file"]
        delimiter = options["delimiter"]
        self._say(f"Reading {path.name} …")
        try:
            with path.open("rb") as file:
                return create_job(
                    self.target,
                    file,
                    file_name=path.name,
                    source=ImportJob.Source.COMMAND,
                    encoding=options["encoding"],
                    delimiter=_DELIMITERS.get(delimiter, delimiter),
                )
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error

    def _say_same_file(self, job: ImportJob) -> None:
        if same := ImportJob.objects.filter(pk=job.report.get("same_file_as")).first():
            when = timezone.localtime(same.finished_at)
            self._say(f"The very same file was imported on {when:%Y-%m-%d at %H:%M}.")

    def _options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Keep of the options that say how cells are read those that were given."""
        said = {
            "missing": options["missing"],
            "date_order": options["date_order"],
            "decimal_comma": options["decimal_comma"],
            "timezone": options["timezone"],
            "all_or_nothing": options["all_or_nothing"],
            "dry_run": options["dry_run"],
            "may_start_workflows": options["may_start_workflows"],
        }
        return {name: value for name, value in said.items() if value}

    def _mapping(
        self, job: ImportJob, options: Mapping[str, Any]
    ) -> tuple[dict[str, str], dict[str, Any]]:
        """Lay what was said over the saved mapping, or over what is suggested."""
        given = dict(_split(text, job) for text in options["map"])
        chosen = self._options(options)
        if options["mapping"]:
            use_mapping(job, named_mapping(self.target, options["mapping"]))
            kept = {k: v for k, v in job.options.items() if k != "encoding_declared"}
            suggested, chosen = dict(job.mapping), kept | chosen
        else:
            suggested = suggest_mapping(job, chosen)
        target = get_target(self.target)
        for name, text in suggested.items():
            if text in given.values() and name not in given:
                suggested[name] = f"{target.extra}:{name}" if target.extra else ""
        return suggested | given, chosen

    def _run(self, job: ImportJob) -> None:
        """Work on the job, or watch the worker that took it, until it is finished."""
        try:
            while job.status in (ImportJob.Status.QUEUED, ImportJob.Status.RUNNING):
                run_job(job, seconds=_SLICE_SECONDS)
                self._show_progress(job)
                if job.lease_token is not None:
                    time.sleep(0.5)
        except KeyboardInterrupt:
            cancel_job(job)
            raise
        while job.status == ImportJob.Status.UNDOING:
            self._say("Taking back what had come in …")
            work_on_undo(job, seconds=_SLICE_SECONDS)
        if job.status != ImportJob.Status.DONE:
            raise DomainError(job.error or "The import was cancelled.")

    def _show_progress(self, job: ImportJob) -> None:
        """Draw a bar that grows in place, or in a log one line after the other."""
        part = job.rows_done / max(job.rows_total, 1)
        bar = "#" * int(part * _BAR) + "." * (_BAR - int(part * _BAR))
        is_over = job.status in _FINISHED
        text = f"[{bar}] {part:4.0%} {job.rows_done:,} of {job.rows_total:,} rows"
        in_place = self.stderr.isatty() and not is_over
        start = "\r" if self.stderr.isatty() else ""
        self.stderr.write(start + text, ending="" if in_place else "\n")

    def _report(
        self, job: ImportJob, options: Mapping[str, Any], seconds: float
    ) -> None:
        counts = _counts(job, preview=options["dry_run"])
        rate = job.rows_total / max(seconds, 0.001)
        self.stdout.write(
            f"{job.file_name}: {job.rows_total:,} rows in {seconds:.1f} s"
            f" ({rate:,.0f} rows/s){', nothing written' if options['dry_run'] else ''}"
        )
        self.stdout.write(
            ", ".join(f"{word} {count:,}" for word, count in counts.items())
        )
        for name, count in job.report.items():
            if name != "same_file_as" and isinstance(count, int):
                self.stdout.write(f"{name.replace('_', ' ')} {count:,}")
        if options["dry_run"]:
            self._report_plan(job)
        for words in missing_fields(job):
            self.stdout.write(words)
        self._report_columns(job)
        self._report_rejects(job, options["rejects"])
        if can_be_undone(job):
            self.stdout.write(f"It can be undone: manage.py undo_import {job.pk}")

    def _report_plan(self, job: ImportJob) -> None:
        """Tell what each column would become, what its type would break, what starts."""
        target = get_target(job.target)
        for column in job.columns:
            if what := job.mapping.get(column["name"]):
                self.stdout.write(f"{column['name']} → {describe(target, what)}")
            for near in column["types"].get("nearly", []):
                self.stdout.write(
                    f"  {near['breaks']:,} of {column['types']['filled']:,} values are"
                    f" not {near['type']}: "
                    + ", ".join(
                        f"{value['value']} (line {value['line']})"
                        for value in near["values"][:_VALUES_SHOWN]
                    )
                )
        if would_start := job.preview["would_start"]:
            self.stdout.write(f"events that workflows wait for {would_start:,}")

    def _report_columns(self, job: ImportJob) -> None:
        for column in job.columns:
            note = column["note"]
            if not job.mapping.get(column["name"]):
                self.stdout.write(f"Left out: {column['name']}. {note}".rstrip())
            elif note:
                self.stdout.write(f"{column['name']}: {note}")

    def _report_rejects(self, job: ImportJob, path: Path | None) -> None:
        for kind in count_rejects(job, _REJECTS_SHOWN):
            value = f" ({kind.value[:60]})" if kind.value else ""
            column = f", {kind.column}" if kind.column else ""
            more = f" and {kind.count - 1:,} more" if kind.count > 1 else ""
            self.stdout.write(f"Line {kind.line}{more}{column}: {kind.reason}{value}")
        if path is not None:
            try:
                with path.open("w", encoding="utf-8", newline="") as file:
                    count = write_rejects(job, file)
            except OSError as error:
                raise CommandError(
                    f"The refusals cannot be written to {path}: {error.strerror}."
                ) from error
            first = "The first " if count >= settings.IMPORT_REJECTS_KEPT else ""
            self.stdout.write(f"{first}{count:,} refusals written to {path}.")

    def _say(self, text: str) -> None:
        self.stderr.write(text)


def _split(text: str, job: ImportJob) -> tuple[str, str]:
    """Split COLUMN=FIELD and find the column, whatever the case it is written in."""
    column, equals, field = text.rpartition("=")
    if not equals:
        raise CommandError(f"Write --map COLUMN=FIELD instead of “{text}”.")
    names = [known["name"] for known in job.columns]
    if column in names:
        return column, field
    alike = [name for name in names if normal_name(name) == normal_name(column)]
    if len(alike) != 1:
        raise CommandError(
            f"The file has no column “{column}”; it has {', '.join(names)}."
        )
    return alike[0], field


def _counts(job: ImportJob, *, preview: bool) -> dict[str, int]:
    words = ("created", "updated", "unchanged", "rejected")
    if preview:
        return {word: job.preview[word] for word in words}
    return {word: getattr(job, f"{word}_count") for word in words}
