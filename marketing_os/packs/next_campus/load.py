"""Puts Next Campus into the database: leads, and what its staff made for them."""

from marketing_os.packs.loading import (
    Say,
    define,
    import_file,
    load_automations,
    load_segments,
    load_templates,
    moment_of,
)
from marketing_os.packs.next_campus import content, files
from marketing_os.packs.next_campus.leads import make_leads

FIRST_LEAD = "NC-00001"


def load(say: Say, *, with_people: bool = True) -> None:
    """Load what is missing of the demo; a second call adds nothing."""
    define(files.ATTRIBUTES)
    if with_people:
        _load_leads(say)
    load_templates(content.LETTERS, say)
    load_segments(content.GROUPS, say)
    load_automations(content.PLANS, say)


def _load_leads(say: Say) -> None:
    leads = list(make_leads(moment_of(FIRST_LEAD)))
    for target, file, mapping in (
        ("customers", files.customers_csv(leads), files.CUSTOMER_MAPPING),
        ("funnel_events", files.events_csv(leads), files.EVENT_MAPPING),
        ("activities", files.activities_csv(leads), files.ACTIVITY_MAPPING),
        ("tags", files.tags_csv(leads), files.TAG_MAPPING),
    ):
        import_file("next-campus", target, file, mapping, say)
