"""Conditions on the messages that a customer got, and what people did with them."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from psycopg import sql

from messaging.models import Delivery, MessageTemplate
from segments.conditions.catalogue import Catalogue
from segments.conditions.entry import BIGGEST_ID, Entry
from segments.conditions.kinds.shapes import (
    ID,
    WINDOW,
    Window,
    choice,
    in_window,
    read_window,
    window_words,
)
from segments.conditions.moments import Clock, Moment
from segments.conditions.predicate import Predicate, both, exists
from segments.conditions.tree import Leaf

EVENTS: dict[str, Any] = {
    "received": gettext_lazy("who received"),
    "not_received": gettext_lazy("who did not receive"),
    "opened": gettext_lazy("who opened"),
    "not_opened": gettext_lazy("who received and did not open"),
    "clicked": gettext_lazy("who clicked in"),
    "not_clicked": gettext_lazy("who received and did not click in"),
}
CHANNELS = dict(MessageTemplate.Channel.choices)
_STATE = Delivery.State
_ARRIVED = (_STATE.ACCEPTED, _STATE.DELIVERED, _STATE.COMPLAINED)
# Who clicked has opened, also where the pictures that tell so were not loaded.
_KINDS = {"opened": ("opened", "clicked"), "clicked": ("clicked",)}


def _literals(values: tuple[str, ...]) -> sql.Composable:
    return sql.SQL(", ").join(sql.Literal(str(value)) for value in values)


@dataclass(frozen=True, kw_only=True)
class MessageCondition(Leaf):
    """What became of messages in a window, of a template or channel or of all.

    The window is that of the receipt; for "opened" and "clicked" that of the deed.
    Opens and clicks of machines do not count. "not_opened" finds who received such
    messages and opened none of them.
    """

    type: ClassVar[str] = "message"
    keys: ClassVar[dict[str, object]] = {
        "event": choice(EVENTS),
        "template": ID,
        "channel": choice(CHANNELS),
        "window": WINDOW,
    }
    required: ClassVar[tuple[str, ...]] = ("event",)

    event: str
    template: MessageTemplate | None
    channel: str
    window: Window

    @classmethod
    def read(cls, entry: Entry, catalogue: Catalogue) -> Self:
        template = None
        if entry.has("template"):
            pk = entry.whole("template", least=1, most=BIGGEST_ID)
            template = catalogue.template(pk)
            if template is None:
                raise entry.refuse("template", _("This template does not exist."))
        return cls(
            path=entry.path,
            event=entry.choice("event", EVENTS),
            template=template,
            channel=entry.choice("channel", CHANNELS) if entry.has("channel") else "",
            window=read_window(entry),
        )

    def _tests(self) -> list[sql.Composable]:
        tests: list[sql.Composable] = [sql.SQL("d.customer_id = c.id")]
        if self.channel:
            tests.append(sql.SQL("d.channel = {}").format(sql.Literal(self.channel)))
        if self.template is not None:
            tests.append(
                sql.SQL(
                    "d.dispatch_id IN"
                    " (SELECT id FROM dispatches WHERE template_id = {})"
                ).format(sql.Literal(self.template.pk))
            )
        return tests

    def _received(self, clock: Clock) -> list[sql.Composable]:
        when = Moment(sql.SQL("d.accepted_at"), ("d", "customer_id"))
        tests = [
            *self._tests(),
            sql.SQL("d.state IN ({})").format(_literals(_ARRIVED)),
            sql.SQL("d.accepted_at IS NOT NULL"),
        ]
        if self.window is not None:
            tests.append(in_window(self.window, when, clock))
        return tests

    def _deeds(self, event: str) -> sql.Composable:
        return sql.SQL(
            "SELECT FROM delivery_events v WHERE v.delivery_id = d.id"
            " AND v.is_human AND v.kind IN ({})"
        ).format(_literals(_KINDS[event]))

    def predicate(self, clock: Clock) -> Predicate:
        received = self._from_deliveries(*self._received(clock))
        if self.event == "received":
            return exists(received)
        if self.event == "not_received":
            return exists(received).negated
        if self.event in _KINDS:
            return exists(self._done(clock))
        event = self.event.removeprefix("not_")
        deed = sql.SQL("EXISTS ({})").format(self._deeds(event))
        done = self._from_deliveries(*self._received(clock), deed)
        none_of_them = exists(done).negated.sql
        return Predicate(both(exists(received).sql, none_of_them), is_certain=True)

    def _done(self, clock: Clock) -> sql.Composable:
        when = Moment(sql.SQL("v.occurred_at"), ("d", "customer_id"))
        tests = [*self._tests()]
        if self.window is not None:
            tests.append(in_window(self.window, when, clock))
        return sql.SQL(
            "SELECT FROM delivery_events v JOIN deliveries d ON d.id = v.delivery_id"
            " WHERE v.is_human AND v.kind IN ({}) AND {}"
        ).format(_literals(_KINDS[self.event]), sql.SQL(" AND ").join(tests))

    def _from_deliveries(self, *tests: sql.Composable) -> sql.Composable:
        return sql.SQL("SELECT FROM deliveries d WHERE {}").format(
            sql.SQL(" AND ").join(tests)
        )

    def seen(self, clock: Clock) -> sql.Composable:
        return sql.SQL(
            "(SELECT jsonb_build_object('received', count(*),"
            " 'opened', count(*) FILTER (WHERE EXISTS ({opened})),"
            " 'clicked', count(*) FILTER (WHERE EXISTS ({clicked})))"
            " FROM deliveries d WHERE {tests})"
        ).format(
            opened=self._deeds("opened"),
            clicked=self._deeds("clicked"),
            tests=sql.SQL(" AND ").join(self._received(clock)),
        )

    def words(self) -> str:
        what = _("a message")
        if self.template is not None:
            what = _("“%s”") % self.template.name
        if self.channel:
            what = _("%(what)s by %(channel)s") % {
                "what": what,
                "channel": CHANNELS[self.channel],
            }
        return f"{EVENTS[self.event]} {what}{window_words(self.window)}"
