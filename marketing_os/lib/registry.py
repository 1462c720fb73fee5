"""Where upper apps offer what lower apps' pages, exports and erasure must reach."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest

from marketing_os.lib.personal_data import Person, Searched


@dataclass(frozen=True)
class Panel:
    """A part of a customer's page: a template and the function that fills it.

    `context` takes the request and the customer and returns the template's context,
    or None to leave the panel out.
    """

    name: str
    title: str
    template: str
    context: Callable[[HttpRequest, Any], dict[str, Any] | None]
    order: int = 100


@dataclass(frozen=True)
class TimelineEntry:
    """One line of a customer's timeline."""

    at: Any
    icon: str
    title: str
    detail: str = ""
    url: str = ""


@dataclass(frozen=True)
class CustomerColumn:
    """A fact that stands in the list of customers and on each customer's page.

    `values` takes the ids of the customers shown and returns what to show for those
    that have something: one query, however many customers there are.
    """

    name: str
    title: str
    values: Callable[[Sequence[int]], Mapping[int, Any]]


@dataclass(frozen=True)
class Origin:
    """What asked for something, and its page."""

    title: str
    url: str = ""


@dataclass
class Registry:
    """What each app contributed; filled from `AppConfig.ready`."""

    customer_panels: list[Panel] = field(default_factory=list)
    timeline_sources: list[Callable[[Any, int], Iterable[TimelineEntry]]] = field(
        default_factory=list
    )
    customer_columns: list[CustomerColumn] = field(default_factory=list)
    # By name in the query string; each makes a django_filters.Filter.
    customer_filters: dict[str, Callable[[], Any]] = field(default_factory=dict)
    # Each lets staff know what to do: the words, the customer or None, and a key under
    # which it is asked once.
    staff_requests: list[Callable[[str, Any, str], None]] = field(default_factory=list)
    # By the kind of what asks for the segment with an ID, so that it must stay.
    segment_uses: dict[str, Callable[[int], Iterable[Origin]]] = field(
        default_factory=dict
    )
    # Each tells what else sends the template with an ID, so that it must stay.
    template_uses: list[Callable[[int], Iterable[Origin]]] = field(default_factory=list)
    # Names with values that messages may be filled in with beside the customer's.
    template_values: list[Callable[[], Iterable[tuple[str, Any]]]] = field(
        default_factory=list
    )
    # Pages of the admin that belong to no model; each makes URL patterns.
    admin_pages: list[Callable[[], list[Any]]] = field(default_factory=list)
    # By the first part of a source key, such as "automation-run:12"; takes the rest.
    origins: dict[str, Callable[[str], Origin | None]] = field(default_factory=dict)
    # Each app's `personal_data.py`: the e-mail addresses that a customer had, what the
    # app holds about them as {kind: rows}, and how it forgets them. Asked in the order
    # of INSTALLED_APPS, so that rows are locked from the lower apps to the upper ones.
    addresses: list[Callable[[Any], Iterable[str]]] = field(default_factory=list)
    exporters: dict[str, Callable[[Person], dict[str, Any]]] = field(
        default_factory=dict
    )
    erasers: dict[str, Callable[[Person], None]] = field(default_factory=dict)
    # Each looks one thing further for a person in what takes long to search, before they
    # are erased; None: that was all. By app, as in `Person.searched`.
    searches: dict[str, Callable[[Person], Searched | None]] = field(
        default_factory=dict
    )


registry = Registry()
