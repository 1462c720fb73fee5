"""Signs of life that the worker and the clock leave in the database."""

from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now

from marketing_os.lib.models import Heartbeat

WORKER = "worker"
BEAT = "beat"


def record_heartbeat(name: str) -> None:
    """Note that the part called `name` is alive now, by the database's clock."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, beat_at=Now())],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["beat_at"],
    )


def heartbeat_ages() -> dict[str, float]:
    """Return, for each part that ever showed life, how many seconds ago that was."""
    age = ExpressionWrapper(Now() - F("beat_at"), output_field=DurationField())
    return {
        name: max(0.0, found.total_seconds())
        for name, found in Heartbeat.objects.annotate(age=age).values_list(
            "name", "age"
        )
    }
