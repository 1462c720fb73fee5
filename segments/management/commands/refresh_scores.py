import argparse
import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from marketing_os.lib.errors import DomainError
from segments.models import ScoreRefresh
from segments.scores.running import run_refresh
from segments.services.scores import begin_score_refresh


class Command(BaseCommand):
    help = "Compute everybody's activity level and retention risk anew."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        add("--as-of", type=_moment, metavar="TIME",
            help="Score as if it were then, such as 2026-01-31.")  # fmt: skip
        add("--horizon-days", type=_days, metavar="N",
            help="How far to look ahead, instead of what the settings say.")  # fmt: skip
        add("--request", type=int, metavar="ID", help=argparse.SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        refresh = _asked_for(options["request"]) or begin_score_refresh()
        try:
            run_refresh(
                refresh,
                as_of=options["as_of"],
                horizon_days=options["horizon_days"],
            )
        except DomainError as error:
            raise CommandError(str(error)) from error
        self._report(refresh)

    def _report(self, refresh: ScoreRefresh) -> None:
        say, figures = self.stdout.write, refresh.figures
        say(f"{refresh.customers_scored} customers were scored.")
        if refresh.method == ScoreRefresh.Method.RULE:
            say(f"By the recency rule. {refresh.note}")
        else:
            say(
                f"AUC {figures['auc']:.3f} over the last {refresh.horizon_days} days,"
                f" the recency rule's {figures['auc_recency']:.3f}."
            )
        took = sum(figures["seconds"].values())
        say(f"It took {took:.1f} seconds and {figures['megabytes']} MB.")


def _asked_for(pk: int | None) -> ScoreRefresh | None:
    if pk is None:
        return None
    found = ScoreRefresh.objects.filter(pk=pk, state=ScoreRefresh.State.RUNNING).first()
    if found is None:
        raise CommandError(f"No refresh {pk} waits for this process.")
    return found


def _moment(text: str) -> dt.datetime:
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no date such as 2026-01-31.")
    return found if timezone.is_aware(found) else timezone.make_aware(found)


def _days(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 7 <= int(text) <= 730):
        raise argparse.ArgumentTypeError("the days to look ahead are from 7 to 730.")
    return int(text)
